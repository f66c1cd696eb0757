package import ApusStorage

/// Why data could not be taken over or handed out.
package enum InterchangeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes of a file are not what they should be; the offset counts from the file's beginning.
    case damaged(path: String, offset: Int, reason: String)
    /// A file is well-formed, but of a kind or version that is not read.
    case unsupported(path: String, reason: String)
    /// A line of a text cannot be read; both count from 1.
    case malformedText(path: String, line: Int, column: Int, reason: String)
    /// The system refused to read or write.
    case file(FileError)
    /// Writing blocks failed.
    case store(BlockImportError)
    /// Stored samples could not be read.
    case unreadable(String)
    /// What was given is not what was asked for: no such folder, nothing in it, or a contradiction between options.
    case unusable(String)
    /// Something else is being done; the same may succeed later.
    case busy(String)
    /// The caller gave up.
    case cancelled

    package var description: String {
        switch self {
        case .damaged(let path, let offset, let reason):
            "\(path) is damaged at byte \(offset): \(reason); restore it from a backup, or leave it out"
        case .unsupported(let path, let reason): "\(path): \(reason)"
        case .malformedText(let path, let line, let column, let reason): "\(path):\(line):\(column): \(reason)"
        case .file(let error): error.description
        case .store(let error): error.description
        case .unreadable(let text), .unusable(let text), .busy(let text): text
        case .cancelled: "cancelled"
        }
    }
}
