import Glibc

/// An open file; closed when the last reference goes away.
package final class SystemFile: Sendable {
    /// The path that was opened.
    package let path: String
    let descriptor: Int32

    /// Opens a file for writing and reading, made new when it is not there; `isExclusive` demands that it is not.
    package init(creating path: String, isExclusive: Bool = false) throws(FileError) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | (isExclusive ? O_EXCL : 0)
        let opened = unsafe open(path, flags, 0o644)
        guard opened >= 0 else { throw FileError("open", path) }
        descriptor = opened
        self.path = path
    }

    /// Opens an existing file or folder for reading.
    package init(reading path: String) throws(FileError) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw FileError("open", path) }
        descriptor = opened
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Writes all of `bytes` at `offset`; on a failure an unknown part of them was written.
    package func write(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
        let failure: FileError? = unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                guard let start = buffer.baseAddress else { return nil }
                let written = unsafe pwrite(descriptor, start + done, buffer.count - done, off_t(offset + done))
                if written < 0 {
                    if errno == EINTR { continue }
                    return FileError("write", path)
                }
                if written == 0 { return FileError("write", path, code: ENOSPC) }
                done += written
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// Cuts the file at `length`.
    func truncate(to length: Int) throws(FileError) {
        while ftruncate(descriptor, off_t(length)) != 0 {
            if errno != EINTR { throw FileError("truncate", path) }
        }
    }

    /// Waits until what was written has reached the disk.
    package func synchronize() throws(FileError) {
        while fsync(descriptor) != 0 {
            // Some file systems do not sync folders; what they do not offer cannot be asked of them.
            if errno == EINVAL { return }
            if errno != EINTR { throw FileError("fsync", path) }
        }
    }

    /// The length in bytes.
    package func length() throws(FileError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
        return Int(status.st_size)
    }
}
