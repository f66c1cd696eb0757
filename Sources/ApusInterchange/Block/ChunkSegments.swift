import ApusBytes
import ApusModel
import ApusStorage

/// The chunk files of a Prometheus block, mapped for reading.
///
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`.
struct ChunkSegments: Sendable {
    static let magic: UInt32 = 0x85BD_40DD
    static let headerLength = 8

    private let folder: String
    private let files: [PrometheusFile]

    /// Opens the segments in a folder; their numbers count from the first file.
    init(folder: String) throws(InterchangeError) {
        self.folder = folder
        let found: [(number: Int, path: String)]
        do throws(FileError) { found = try Folder.numberedFiles(in: folder) } catch { throw .file(error) }
        var files: [PrometheusFile] = []
        for segment in found {
            let file = try PrometheusFile(segment.path, magic: Self.magic, headerLength: Self.headerLength)
            guard file.version == 1 else {
                throw .unsupported(path: file.path, reason: "chunk file version \(file.version) is not known (1 is)")
            }
            files.append(file)
        }
        self.files = files
    }

    /// The bytes of all segments.
    var byteCount: Int { files.reduce(0) { $0 + $1.count } }

    /// Appends the samples of the chunk at a reference, whose checksum is checked.
    func read(_ reference: UInt64, into columns: inout SampleColumns) throws(InterchangeError) {
        try withChunk(reference) { file, start, encoding, data throws(InterchangeError) in
            do throws(ChunkError) {
                try ChunkEncoding.decode(data, encoding: encoding, into: &columns)
            } catch {
                throw file.damaged(at: start, error.description)
            }
        }
    }

    private func withChunk(
        _ reference: UInt64,
        _ body: (PrometheusFile, _ start: Int, _ encoding: UInt8, RawSpan) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        let number = Int(reference >> 32)
        let start = Int(reference & 0xFFFF_FFFF)
        guard number < files.count else {
            throw .damaged(
                path: folder, offset: 0,
                reason: "a chunk lies in segment \(number + 1), and there are \(files.count)")
        }
        let file = files[number]
        guard start >= Self.headerLength, start < file.count else {
            throw file.damaged(at: start, "a chunk begins outside the file")
        }
        // Length, one byte of encoding, the data, four bytes of checksum.
        let checked = try file.read(start..<file.count, name: "chunk") { reader throws(ByteError) in
            let length = try reader.readCount(limit: max(0, reader.remaining - 5))
            return (start + reader.offset)..<(start + reader.offset + 1 + length)
        }
        try file.check(checked, name: "chunk")
        let bytes = file.file.bytes.extracting(checked)
        let encoding = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: 0, as: UInt8.self)
        try body(file, start, encoding, bytes.extracting(1..<bytes.byteCount))
    }
}

/// Writes the chunk files of a Prometheus block.
struct ChunkSegmentWriter {
    /// As Prometheus has it.
    private static let maximumLength = 512 << 20

    private let folder: String
    private var file: BufferedFile
    private var number: UInt64 = 0
    private let segmentLength: Int

    /// A writer of segments in `folder`, which is made.
    init(folder: String, segmentLength: Int = maximumLength) throws(FileError) {
        self.folder = folder
        self.segmentLength = segmentLength
        try Folder.make(folder)
        file = try Self.begin(folder, 0)
    }

    private static func begin(_ folder: String, _ number: UInt64) throws(FileError) -> BufferedFile {
        let digits = String(number + 1)
        let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        var file = try BufferedFile(creating: "\(folder)/\(name)")
        var header = ByteWriter()
        header.appendBigEndian(ChunkSegments.magic)
        header.append([1, 0, 0, 0])
        try file.append(header.bytes.span)
        return file
    }

    /// Appends a chunk.
    ///
    /// - Returns: its reference.
    mutating func append(_ encoding: ChunkEncoding, _ data: [UInt8]) throws(FileError) -> UInt64 {
        var writer = ByteWriter(capacity: data.count + 16)
        writer.appendVarint(UInt64(data.count))
        let start = writer.count
        writer.append(encoding.rawValue)
        writer.append(data)
        writer.appendBigEndian(CRC32C.checksum(writer.bytes.span.extracting(start..<writer.count)))
        if file.count + writer.count > segmentLength, file.count > ChunkSegments.headerLength {
            try file.finish()
            number += 1
            file = try Self.begin(folder, number)
        }
        let reference = number << 32 | UInt64(file.count)
        try file.append(writer.bytes.span)
        return reference
    }

    /// Writes what is left, to the disk.
    mutating func finish() throws(FileError) {
        try file.finish()
        try Folder.synchronize(folder)
    }
}
