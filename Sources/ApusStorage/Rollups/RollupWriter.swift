import ApusBytes
import ApusModel

/// Writes the roll-up of a block in one resolution, series by series, to a temporary file beside the block's.
struct RollupWriter {
    let resolution: Int64
    /// Where the file is before it has its name.
    let temporary: String
    private let file: SystemFile
    private var header: RollupFormat.Header
    private var encoder = RollupEncoder()
    private var buckets = RollupBuckets()
    private var isRolledUp = true
    private var buffer = ByteWriter(capacity: 1 << 18)
    private var bufferOffset = RollupFormat.headerLength
    private var table = ByteWriter()

    /// A writer for a block of so many series in `folder`.
    init(folder: String, seriesCount: UInt32, resolution: Int64) throws(FileError) {
        self.resolution = resolution
        header = RollupFormat.Header(seriesCount: seriesCount, resolution: resolution)
        temporary = "\(folder)/\(RollupFormat.name(of: resolution))\(BlockFormat.temporaryEnding)"
        // One that a crash left is written over.
        file = try SystemFile(creating: temporary)
        try file.truncate(to: 0)
    }

    /// Adds samples of the current series, which follow those before.
    mutating func add(_ samples: borrowing SampleColumns) {
        if isRolledUp { isRolledUp = buckets.add(samples, resolution: resolution) }
    }

    /// Takes note that the current series is not to be rolled up.
    mutating func skipSeries() { isRolledUp = false }

    /// Ends the current series; the next begins.
    mutating func endSeries() throws(FileError) {
        table.appendLittleEndian(UInt64(bufferOffset + buffer.count))
        buckets.finish(resolution: resolution)
        if isRolledUp, buckets.count > 0 {
            encoder.append(buckets, to: &buffer)
            header.bucketCount += UInt64(buckets.count)
        }
        buckets.removeAll()
        isRolledUp = true
        if buffer.count >= 1 << 18 { try flush() }
    }

    /// Ends the file and makes it durable; it can then be renamed.
    mutating func finish() throws(FileError) {
        try flush()
        table.appendLittleEndian(UInt64(bufferOffset))
        let bytes = table.bytes
        header.tableOffset = UInt64(bufferOffset)
        header.tableChecksum = CRC32C.checksum(bytes.span)
        try file.write(bytes.span, at: bufferOffset)
        try file.write(header.encoded().span, at: 0)
        try file.synchronize()
    }

    private mutating func flush() throws(FileError) {
        let bytes = buffer.bytes
        try file.write(bytes.span, at: bufferOffset)
        bufferOffset += bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}
