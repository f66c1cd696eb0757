package import ApusModel
import Synchronization

/// Writes blocks with samples from outside into a data folder, or into that of a running store.
///
/// Blocks may overlap what is stored: queriers merge them. They appear together with `publish`; until then they are in folders
/// that are removed when the store is opened. What is in the log or the head is not touched.
package struct BlockImport: ~Copyable {
    /// Where the blocks go.
    private enum Destination {
        /// A folder that no store has open.
        case folder(FolderLock, BlockSet)
        /// A store that goes on working.
        case store(Storage)
    }

    /// The data folder.
    package let folder: String
    private var destination: Destination
    private let options: StorageOptions
    private let clock: any WallClock
    private var writer: BlockWriter?
    private var current = ""
    /// The identifiers of finished blocks.
    private var finished: [String] = []

    /// An import into a data folder, which is made when it is not there and locked until the import ends.
    package init(folder: String, clock: any WallClock = SystemWallClock()) throws(BlockImportError) {
        do throws(StorageError) {
            do throws(FileError) { try Folder.make(folder) } catch {
                throw .folderUnusable(folder: folder, reason: error.description)
            }
            let lock = try FolderLock(folder: folder)
            destination = .folder(lock, try BlockSet(folder: "\(folder)/blocks") { _ in })
        } catch {
            throw .folder(error)
        }
        self.folder = folder
        self.clock = clock
        options = StorageOptions()
    }

    /// An import into a store that is open.
    package init(into storage: Storage) {
        destination = .store(storage)
        folder = storage.folder
        clock = storage.clock
        options = storage.options
    }

    /// Adds a series to the current block, which begins with its first.
    ///
    /// Series come in the order of labels, samples ascend and are not further ahead of the clock than a store takes them.
    package mutating func add(_ labels: LabelSet, samples: borrowing SampleColumns) throws(BlockImportError) {
        guard let last = samples.timestamps.last else { return }
        if case .store(let storage) = destination { try storage.demandSpace() }
        guard last <= clock.now().addingReportingOverflow(options.maximumLead).partialValue else {
            throw .tooFarAhead(time: last)
        }
        do throws(FileError) {
            if writer == nil {
                current = makeIdentifier()
                // What is imported is of one time, about.
                let form = options.blockForm(newest: last, now: clock.now())
                writer = try BlockWriter(folder: temporary(current), form: form)
            }
            try writer?.add(labels: labels.run.span, samples: samples)
        } catch {
            throw .file(error)
        }
    }

    /// Ends the current block; one without samples is none.
    package mutating func endBlock() throws(BlockImportError) {
        do throws(FileError) { try writer?.finish(identifier: current, lineage: .imported) } catch {
            throw .file(error)
        }
        if writer != nil { finished.append(current) }
        writer = nil
    }

    /// Gives the finished blocks their names, so that they can be read.
    package mutating func publish() throws(BlockImportError) -> [BlockFacts] {
        var published: [BlockFacts] = []
        while let identifier = finished.first {
            published.append(try publish(identifier))
            finished.removeFirst()
        }
        return published
    }

    private func publish(_ identifier: String) throws(BlockImportError) -> BlockFacts {
        guard case .store(let storage) = destination else { return try BlockFacts(rename(identifier)) }
        return try storage.compaction.withLock { state throws(BlockImportError) in
            if state.isClosed { throw .closed }
            let block = try rename(identifier)
            storage.blocks.withLock { $0.insert(block) }
            return BlockFacts(block)
        }
    }

    private func rename(_ identifier: String) throws(BlockImportError) -> Block {
        let path = "\(folder)/blocks/\(identifier)"
        do throws(FileError) { try Folder.rename(temporary(identifier), to: path) } catch { throw .file(error) }
        do throws(BlockError) { return try Block(folder: path, identifier: identifier) } catch {
            throw .unusableBlock(path: path, reason: error.reason)
        }
    }

    /// Removes what was written and is not published.
    package mutating func discard() {
        let names = finished + (writer == nil ? [] : [current])
        writer = nil
        finished = []
        // What cannot be removed now is removed when the store is opened.
        for name in names { do throws(FileError) { try Folder.remove(temporary(name)) } catch {} }
    }

    private func temporary(_ identifier: String) -> String {
        "\(folder)/blocks/\(identifier)\(BlockFormat.temporaryEnding)"
    }

    private mutating func makeIdentifier() -> String {
        let now = clock.now()
        switch destination {
        case .store(let storage): return storage.blocks.withLock { $0.makeIdentifier(milliseconds: now) }
        case .folder(let lock, var blocks):
            let identifier = blocks.makeIdentifier(milliseconds: now)
            destination = .folder(lock, blocks)
            return identifier
        }
    }
}

extension Storage {
    /// Refuses an import when less of the disk is free than is kept in reserve.
    package func demandSpace() throws(BlockImportError) {
        do throws(AppendError) { try reserve.demandSpace() } catch { throw .diskNearlyFull(error) }
    }
}
