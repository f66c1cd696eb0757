import ApusModel
package import ApusStorage
import Glibc
import Synchronization

/// A data folder of Apus, opened for reading only, also while a server runs on it.
///
/// The store is opened on a folder of its own under the temporary folder, which has copies of the log and links to the files of
/// blocks. So nothing in the data folder is locked, cut or written, whatever opening a store does.
package final class DataFolderView: Sendable {
    /// The store as it was when the view was made.
    package let storage: Storage
    /// What opening it reported as damage.
    package let damage: [StorageEvent]
    private let folder: String
    private let temporary: String

    /// A server that compacts in the same moment may remove blocks before they are opened; then everything is read again.
    private static let maximumAttempts = 5

    /// Opens a view of `folder`.
    package init(_ folder: String) throws(InterchangeError) {
        guard Folder.isFolder(folder) else { throw .unusable("there is no data folder \(folder)") }
        guard Folder.isFolder("\(folder)/blocks") || Folder.isFolder("\(folder)/wal") else {
            throw .unusable("\(folder) is no data folder of Apus: it has neither blocks nor wal")
        }
        for attempt in 1...Self.maximumAttempts {
            let temporary = try Self.makeTemporaryFolder()
            do throws(InterchangeError) {
                try Self.fill(temporary, from: folder)
                let (storage, damage) = try Self.open(temporary)
                if damage.contains(where: Self.isDamagedBlock), Self.isOutdated(temporary, folder),
                    attempt < Self.maximumAttempts
                {
                    Self.removeAll(temporary)
                    continue
                }
                self.storage = storage
                self.damage = damage
                self.folder = folder
                self.temporary = temporary
                return
            } catch {
                Self.removeAll(temporary)
                throw error
            }
        }
        throw .unusable("\(folder) changed while it was read; try again")
    }

    deinit {
        // Closing would write what nobody reads.
        Self.removeAll(temporary)
        Self.openFolders.withLock { _ = $0.remove(temporary) }
    }

    /// The damage in words that name the data folder and not the view's own.
    package var damageTexts: [String] { damage.map { $0.description.replacing(temporary, with: folder) } }

    /// The temporary folders of all views of this process.
    private static let openFolders = Mutex<Set<String>>([])

    /// Removes the temporary folders of all views, which cannot be used any more: for a process that is about to end.
    package static func abandonAll() {
        for folder in openFolders.withLock({ $0 }) { removeAll(folder) }
    }

    /// The time of the first and the last sample, in milliseconds; `nil` when there is none.
    package var times: ClosedRange<Int64>? {
        let blocks = storage.blockFacts().readable
        let head = storage.statistics
        let first = (blocks.map(\.minimumTime) + [head.headMinimumTime].compactMap { $0 }).min()
        let last = (blocks.map(\.maximumTime) + [head.headMaximumTime].compactMap { $0 }).max()
        guard let first, let last, first <= last else { return nil }
        return first...last
    }

    private static func open(_ folder: String) throws(InterchangeError) -> (Storage, [StorageEvent]) {
        let events = Events()
        do throws(StorageError) {
            let storage = try Storage(folder: folder) { events.append($0) }
            return (storage, events.all.filter { $0.severity == .error })
        } catch {
            throw .unusable(error.description)
        }
    }

    private static func isDamagedBlock(_ event: StorageEvent) -> Bool {
        if case .damagedBlock = event { return true }
        return false
    }

    // MARK: The folder of its own

    private static func makeTemporaryFolder() throws(InterchangeError) -> String {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/apus-view-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard made else { throw .file(FileError("mkdtemp", path)) }
        openFolders.withLock { _ = $0.insert(path) }
        return path
    }

    /// The head's files first, then the log, then the blocks: what leaves one of them meanwhile is in the next.
    private static func fill(_ temporary: String, from folder: String) throws(InterchangeError) {
        do throws(FileError) {
            let left: Set<String> = ["blocks", "lock", "snapshots"]
            // By name, `head` comes before `wal`.
            for name in try Folder.names(in: folder) where !left.contains(name) && !name.contains(".tmp") {
                try copy("\(folder)/\(name)", to: "\(temporary)/\(name)", depth: 0)
            }
            try Folder.make("\(temporary)/blocks")
            guard Folder.isFolder("\(folder)/blocks") else { return }
            for name in try Folder.names(in: "\(folder)/blocks") where BlockIdentifier.isValid(name) {
                try link("\(folder)/blocks/\(name)", to: "\(temporary)/blocks/\(name)")
            }
        } catch {
            throw .file(error)
        }
    }

    private static func copy(_ path: String, to target: String, depth: Int) throws(FileError) {
        if Folder.isFolder(path) {
            guard depth < 4 else { throw FileError("read", path, code: ELOOP) }
            try Folder.make(target)
            for name in try Folder.names(in: path) where !name.hasSuffix(".tmp") {
                try copy("\(path)/\(name)", to: "\(target)/\(name)", depth: depth + 1)
            }
            return
        }
        do throws(FileError) {
            let source = try MappedFile(path)
            var file = try BufferedFile(creating: target)
            let bytes = Span<UInt8>(_bytes: source.bytes)
            for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                try file.append(bytes.extracting(start..<min(bytes.count, start + 1 << 20)))
            }
            try file.flush()
        } catch {
            // A checkpoint takes the place of segments at any time.
            if error.code != ENOENT { throw error }
        }
    }

    /// Links file by file: what the view removes are its links.
    private static func link(_ block: String, to target: String) throws(FileError) {
        do throws(FileError) {
            let names = try Folder.names(in: block)
            try Folder.make(target)
            for name in names where !name.hasSuffix(".tmp") {
                let path = try absolute("\(block)/\(name)")
                guard unsafe symlink(path, "\(target)/\(name)") == 0 else { throw FileError("symlink", target) }
            }
        } catch {
            if error.code != ENOENT { throw error }
        }
    }

    private static func absolute(_ path: String) throws(FileError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw FileError("realpath", path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Whether a block that was linked is no longer there.
    private static func isOutdated(_ temporary: String, _ folder: String) -> Bool {
        let names = (try? Folder.names(in: "\(temporary)/blocks")) ?? []
        return names.contains { BlockIdentifier.isValid($0) && !Folder.isFolder("\(folder)/blocks/\($0)") }
    }

    /// Removes a folder of the view with all in it; links are removed, not followed.
    private static func removeAll(_ path: String) {
        for name in (try? Folder.names(in: path)) ?? [] {
            let entry = "\(path)/\(name)"
            var status = stat()
            if unsafe lstat(entry, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                removeAll(entry)
            } else {
                unsafe unlink(entry)
            }
        }
        unsafe rmdir(path)
    }
}

/// Collects what a store reports.
private final class Events: Sendable {
    private let events = Mutex<[StorageEvent]>([])

    func append(_ event: StorageEvent) {
        events.withLock { $0.append(event) }
    }

    var all: [StorageEvent] { events.withLock { $0 } }
}
