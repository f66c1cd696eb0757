import ApusStorage

extension Folder {
    /// The files in a folder whose names are numbers, in the order of these: segments of logs and chunks.
    static func numberedFiles(in path: String) throws(FileError) -> [(number: Int, path: String)] {
        try names(in: path).compactMap { name in
            guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(name).map { ($0, "\(path)/\(name)") }
        }.sorted { $0.number < $1.number }
    }
}
