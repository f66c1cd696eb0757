import ApusBytes
import ApusModel
import ApusStorage

/// The chunks that the head of Prometheus has on disk, in `chunks_head`.
///
/// Source of the form: Prometheus, `tsdb/docs/format/head_chunks.md` and `tsdb/chunks/head_chunks.go`.
struct HeadChunks {
    static let magic: UInt32 = 0x0130_BC91
    static let headerLength = 8
    /// Series, two times, encoding.
    private static let chunkHeaderLength = 25
    /// Set in the encoding of chunks with samples that came out of order.
    private static let outOfOrderBit: UInt8 = 0x80

    private let files: [String]

    /// The files in a folder, or none when it is not there.
    init(folder: String) throws(InterchangeError) {
        guard Folder.isFolder(folder) else {
            files = []
            return
        }
        do throws(FileError) {
            files = try Folder.numberedFiles(in: folder).map(\.path)
        } catch {
            throw .file(error)
        }
    }

    /// The bytes of all files.
    var byteCount: Int { files.reduce(0) { $0 + Folder.length(of: $1) } }

    /// The number of files.
    var fileCount: Int { files.count }

    /// Calls `body` with the series' reference, the samples and whether they came out of order of every chunk, and `note` with
    /// what is damaged; nothing after damage is read of a file.
    ///
    /// Files are longer than what was written to them: zeros at the end are none of it. The last file ends torn where the process was
    /// killed; the log has what is missing then.
    func forEachChunk(
        _ body: (_ series: UInt64, borrowing SampleColumns, _ isOutOfOrder: Bool) throws(InterchangeError) -> Void,
        damage note: (PrometheusLog.Damage) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        var columns = SampleColumns()
        for path in files where Folder.length(of: path) > 0 {
            do throws(InterchangeError) {
                let file = try PrometheusFile(path, magic: Self.magic, headerLength: Self.headerLength)
                guard file.version == 1 else {
                    throw .unsupported(path: path, reason: "version \(file.version) of the file is not known (1 is)")
                }
                try Self.read(file, &columns, body) { error throws(InterchangeError) in
                    try note(PrometheusLog.Damage(error: error, isTornTail: path == files.last))
                }
            } catch .damaged(let path, let offset, let reason) {
                let error = InterchangeError.damaged(path: path, offset: offset, reason: reason)
                try note(PrometheusLog.Damage(error: error, isTornTail: path == files.last))
            }
        }
    }

    private static func read(
        _ file: PrometheusFile, _ columns: inout SampleColumns,
        _ body: (_ series: UInt64, borrowing SampleColumns, _ isOutOfOrder: Bool) throws(InterchangeError) -> Void,
        _ note: (InterchangeError) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        var offset = headerLength
        while offset < file.count, !isZero(file, from: offset) {
            let start = offset
            columns.removeAll()
            let series: UInt64
            let encoding: UInt8
            do throws(InterchangeError) {
                let chunk = try file.read(start..<file.count, name: "chunk") { reader throws(ByteError) in
                    let series = try reader.readBigEndian(UInt64.self)
                    try reader.skip(16)
                    let encoding = try reader.readByte()
                    let length = try reader.readCount(limit: max(0, reader.remaining - 4))
                    let data = (start + reader.offset)..<(start + reader.offset + length)
                    return (series: series, encoding: encoding, data: data)
                }
                try file.check(start..<chunk.data.upperBound, name: "chunk")
                series = chunk.series
                encoding = chunk.encoding
                offset = chunk.data.upperBound + 4
                do throws(ChunkError) {
                    try ChunkEncoding.decode(
                        file.file.bytes.extracting(chunk.data), encoding: encoding & ~outOfOrderBit, into: &columns)
                } catch {
                    throw file.damaged(at: start, error.description)
                }
            } catch .damaged(let path, let place, let reason) {
                return try note(.damaged(path: path, offset: place, reason: reason))
            }
            try body(series, columns, encoding & outOfOrderBit != 0)
        }
    }

    private static func isZero(_ file: PrometheusFile, from offset: Int) -> Bool {
        let rest = file.file.bytes.extracting(offset..<min(file.count, offset + chunkHeaderLength))
        return unsafe rest.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } }
    }
}
