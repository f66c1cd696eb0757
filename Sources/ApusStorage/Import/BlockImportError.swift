package import ApusModel

/// Why blocks from outside could not be written into a data folder.
package enum BlockImportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The data folder cannot be used.
    case folder(StorageError)
    /// The system refused to read or write.
    case file(FileError)
    /// A block that was just written cannot be opened.
    case unusableBlock(path: String, reason: String)
    /// A sample lies too far ahead of the clock.
    case tooFarAhead(time: Int64)
    /// Less of the disk is free than is kept in reserve.
    case diskNearlyFull(AppendError)
    /// The head did not take exemplars.
    case append(AppendError)
    /// The store is closed or closing.
    case closed

    package var description: String {
        switch self {
        case .folder(let error): error.description
        case .file(let error): error.description
        case .unusableBlock(let path, let reason): "the block \(path) was written and cannot be opened: \(reason)"
        case .tooFarAhead(let time):
            "a sample has the time \(TimestampText.rfc3339(time)), which is to come: retention counts back from the newest "
                + "sample and would remove what is stored; leave such samples out"
        case .diskNearlyFull(let error), .append(let error): error.description
        case .closed: "the store is closed"
        }
    }
}
