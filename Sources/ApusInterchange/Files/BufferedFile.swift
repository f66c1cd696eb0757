import ApusBytes
import ApusStorage

/// A file that is written front to back through a buffer.
struct BufferedFile {
    private static let bufferLength = 1 << 20

    private let file: SystemFile
    private var buffer = ByteWriter(capacity: bufferLength)
    private var written = 0

    /// A new file at `path`, where there must be none.
    init(creating path: String) throws(FileError) {
        file = try SystemFile(creating: path, isExclusive: true)
    }

    /// The bytes appended so far.
    var count: Int { written + buffer.count }

    /// Appends bytes.
    mutating func append(_ bytes: Span<UInt8>) throws(FileError) {
        if buffer.count + bytes.count > Self.bufferLength { try flush() }
        buffer.append(bytes)
    }

    /// Appends zeros up to a multiple of `alignment`.
    mutating func pad(to alignment: Int) throws(FileError) {
        while count % alignment != 0 { buffer.append(0) }
    }

    /// Writes what is left and waits until it has reached the disk.
    mutating func finish() throws(FileError) {
        try flush()
        try file.synchronize()
    }

    /// Writes what is left.
    mutating func flush() throws(FileError) {
        let bytes = buffer.bytes
        try file.write(bytes.span, at: written)
        written += bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}
