import Glibc

extension Folder {
    /// Gives a file another name, or makes a copy where the file system has no links between the two places.
    static func link(_ old: String, to new: String) throws(FileError) {
        if unsafe Glibc.link(old, new) == 0 { return }
        switch errno {
        case EXDEV, EPERM, EOPNOTSUPP, EMLINK, ENOSYS: try copy(old, to: new)
        default: throw FileError("link", old)
        }
    }

    /// Copies a file, durably.
    static func copy(_ old: String, to new: String) throws(FileError) {
        let source = try SystemFile(reading: old)
        let target = try SystemFile(creating: new, isExclusive: true)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(source.descriptor, bytes.baseAddress, bytes.count, off_t(offset))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("read", old)
            }
            if count == 0 { break }
            try target.write(buffer.span.extracting(0..<count), at: offset)
            offset += count
        }
        try target.synchronize()
    }

    /// Removes a folder with the folders and files in it, at most four deep; one that is not there is fine.
    package static func removeTree(_ path: String, depth: Int = 4) throws(FileError) {
        guard isFolder(path) else { return try removeFile(path) }
        if depth > 0 {
            for name in try names(in: path) { try removeTree("\(path)/\(name)", depth: depth - 1) }
        }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
    }
}
