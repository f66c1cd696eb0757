/// Why blocks from outside could not be written into a data folder.
package enum BlockImportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The data folder cannot be used.
    case folder(StorageError)
    /// The system refused to read or write.
    case file(FileError)
    /// A block that was just written cannot be opened.
    case unusableBlock(path: String, reason: String)
    /// The store is closed or closing.
    case closed

    package var description: String {
        switch self {
        case .folder(let error): error.description
        case .file(let error): error.description
        case .unusableBlock(let path, let reason): "the block \(path) was written and cannot be opened: \(reason)"
        case .closed: "the store is closed"
        }
    }
}
