import ApusBytes
import ApusStorage

/// The files of Prometheus' write-ahead log: the last checkpoint, then the segments after it.
struct PrometheusLog {
    /// Damage in the log.
    struct Damage: Sendable {
        var error: InterchangeError
        /// Whether nothing readable comes after it: a write that the end of the process interrupted.
        var isTornTail: Bool
    }

    private let files: [String]
    private let lastSegment: String?

    /// The log in a folder, or nothing when there is none.
    init(folder: String) throws(InterchangeError) {
        guard Folder.isFolder(folder) else {
            files = []
            lastSegment = nil
            return
        }
        do throws(FileError) {
            let names = try Folder.names(in: folder)
            let checkpoints = names.compactMap { name -> (number: Int, name: String)? in
                guard name.hasPrefix(Self.checkpointPrefix) else { return nil }
                return Int(name.dropFirst(Self.checkpointPrefix.utf8.count)).map { ($0, name) }
            }
            let checkpoint = checkpoints.max { $0.number < $1.number }
            var files: [String] = []
            if let checkpoint {
                files += try Folder.numberedFiles(in: "\(folder)/\(checkpoint.name)").map(\.path)
            }
            let segments = try Folder.numberedFiles(in: folder).filter { $0.number > checkpoint?.number ?? -1 }
            files += segments.map(\.path)
            self.files = files
            lastSegment = segments.last?.path
        } catch {
            throw .file(error)
        }
    }

    private static let checkpointPrefix = "checkpoint."

    /// The bytes of all files.
    var byteCount: Int { files.reduce(0) { $0 + Folder.length(of: $1) } }

    /// The number of files.
    var fileCount: Int { files.count }

    /// Calls `body` with every record in order, and `note` with what is damaged; both may end it by throwing.
    func forEachRecord(
        _ body: (_ record: [UInt8], _ path: String, _ offset: Int) throws(InterchangeError) -> Void,
        damage note: (Damage) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        for path in files where Folder.length(of: path) > 0 {
            let file: MappedFile
            do throws(FileError) { file = try MappedFile(path) } catch { throw .file(error) }
            var records = LogRecords(file.bytes)
            // What is torn is known only when nothing comes after it.
            var pending: [InterchangeError] = []
            while let stretch = records.next() {
                switch stretch {
                case .damage(let offset, let reason):
                    pending.append(.damaged(path: path, offset: offset, reason: reason))
                case .record(let record, let offset):
                    for error in pending { try note(Damage(error: error, isTornTail: false)) }
                    pending.removeAll()
                    try body(record, path, offset)
                }
            }
            for error in pending { try note(Damage(error: error, isTornTail: path == lastSegment)) }
        }
    }
}
