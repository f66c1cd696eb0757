import ApusStorage
import Synchronization

/// Text on its way to be imported, in a file of the data folder that goes away with this value.
package final class ImportSpool: Sendable {
    private struct State {
        let file: SystemFile
        var length = 0
    }

    private let storage: Storage
    private let folder: String
    private let limit: Int
    private let state: Mutex<State>

    /// An empty file beside the blocks of `storage` that takes at most `limit` bytes.
    init(beside storage: Storage, limit: Int) throws(InterchangeError) {
        self.storage = storage
        self.limit = limit
        // What the end of the process leaves in `blocks` is removed when the store is opened.
        folder = "\(storage.folder)/blocks/upload-\(UInt64.random(in: .min ... .max)).tmp"
        do throws(FileError) {
            try Folder.make(folder)
            state = Mutex(State(file: try SystemFile(creating: "\(folder)/text")))
        } catch {
            throw .file(error)
        }
    }

    deinit {
        // What cannot be removed is removed when the store is opened.
        do throws(FileError) { try Folder.remove(folder) } catch {}
    }

    /// Adds bytes at the end; blocks on the disk.
    ///
    /// - Throws: `unusable` beyond the limit; `store(.diskNearlyFull)` before the disk is full.
    package func append(_ bytes: Span<UInt8>) throws(InterchangeError) {
        do throws(BlockImportError) { try storage.demandSpace() } catch { throw .store(error) }
        let failure: InterchangeError? = state.withLock { state in
            guard bytes.count <= limit - state.length else {
                return .unusable("the text has more than \(limit) bytes; import it in parts")
            }
            do throws(FileError) { try state.file.write(bytes, at: state.length) } catch { return .file(error) }
            state.length += bytes.count
            return nil
        }
        if let failure { throw failure }
    }

    /// The text, piece by piece; good as long as this value is there.
    func source() throws(InterchangeError) -> TextSource {
        if state.withLock({ $0.length }) == 0 { return TextSource(name: Self.name, bytes: []) }
        return try TextSource(path: "\(folder)/text", name: Self.name)
    }

    /// What the text is called in messages.
    private static let name = "body"
}
