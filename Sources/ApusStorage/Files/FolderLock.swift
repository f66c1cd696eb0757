import Glibc

/// The lock that keeps a second process off a data folder; released with the last reference or the process.
final class FolderLock: Sendable {
    private let file: SystemFile

    deinit {
        // A process that is being started may hold a copy of the descriptor for a moment; unlocking does not wait for it.
        flock(file.descriptor, LOCK_UN)
    }

    /// Takes the lock of `folder`.
    init(folder: String) throws(StorageError) {
        let path = "\(folder)/lock"
        do throws(FileError) {
            file = try SystemFile(creating: path)
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .locked(folder: folder) }
            throw .folderUnusable(folder: folder, reason: FileError("lock", path).description)
        }
        // For people who look; the lock itself is the kernel's.
        let text = Array("\(getpid())\n".utf8)
        do throws(FileError) {
            try file.truncate(to: 0)
            try file.write(text.span, at: 0)
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
    }
}
