import Glibc

/// A folder whose files are read again and again: its path with a slash at the end.
struct FolderPath: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.last != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
        self.bytes = bytes
    }

    /// The folder at a relative path within this one; slashes at its ends do not count.
    func folder(_ path: String) -> FolderPath {
        FolderPath(file(path))
    }

    /// The path of a file within this folder.
    func file(_ path: String) -> String {
        text + path.drop { $0 == "/" }
    }

    /// The path as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether the folder is there.
    var exists: Bool {
        var facts = stat()
        return unsafe stat(text, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a file within it can be read.
    func canRead(_ path: String) -> Bool { unsafe access(file(path), R_OK) == 0 }

    /// The names in the folder, sorted; at most `limit` of them.
    func names(limit: Int = 65_536) throws(ExporterError) -> [String] {
        guard let folder = unsafe opendir(text) else { throw .unreadable(path: text, code: errno) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while names.count < limit, let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The names of the folders in the folder, in no order.
    ///
    /// - Parameter limit: the most that are told; links are none.
    func subfolderNames(limit: Int) throws(ExporterError) -> [String] {
        guard let folder = unsafe opendir(text) else { throw .unreadable(path: text, code: errno) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while names.count < limit, let entry = unsafe readdir(folder) {
            let type = unsafe Int32(entry.pointee.d_type)
            guard type == Int32(DT_DIR) || type == Int32(DT_UNKNOWN) else { continue }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            // Some file systems do not tell what an entry is.
            if type == Int32(DT_UNKNOWN), !self.folder(name).exists { continue }
            names.append(name)
        }
        return names
    }

    /// What a link in the folder leads to; `nil` where it is none, or not to be looked at.
    func linkTarget(_ name: String) -> String? {
        var target = [UInt8](repeating: 0, count: 256)
        let path = file(name)
        let length = unsafe target.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return length < 0 ? nil : String(decoding: target[..<length], as: UTF8.self)
    }

    /// The number of entries in the folder.
    func entryCount() throws(ExporterError) -> Int {
        guard let folder = unsafe opendir(text) else { throw .unreadable(path: text, code: errno) }
        defer { unsafe closedir(folder) }
        var count = -2
        while unsafe readdir(folder) != nil { count += 1 }
        return max(0, count)
    }
}
