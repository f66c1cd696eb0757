/// Why a store could not be opened.
package enum StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process, or another store of this one, has the folder open.
    case locked(folder: String)
    /// The folder cannot be made, read or written; the reason is the system's.
    case folderUnusable(folder: String, reason: String)
    /// A file was written by a newer version.
    case newerFormat(path: String, version: UInt32)

    package var description: String {
        switch self {
        case .locked(let folder):
            "the data folder \(folder) is in use by another process; stop it or choose another --storage.tsdb.path"
        case .folderUnusable(let folder, let reason):
            "the data folder \(folder) cannot be used: \(reason); check that it exists, is writable and has space"
        case .newerFormat(let path, let version):
            "\(path) has format version \(version), which this version of Apus does not know; use a newer one"
        }
    }
}
