import ApusBytes
import ApusModel

/// Writes the roll-up of a block in one resolution, series by series, to a temporary file beside the block's.
struct RollupWriter {
    let resolution: Int64
    /// Where the file is before it has its name.
    let temporary: String
    private let folder: String
    private let file: SystemFile
    private var header: RollupFormat.Header
    private var encoder = RollupEncoder()
    private var buckets = RollupBuckets()
    private var thinner = SampleThinner()
    private var isRolledUp = true
    /// Whether the current series cannot be told by buckets, so that its samples are to be added once more, to be thinned.
    private(set) var needsThinning = false
    private var buffer = ByteWriter(capacity: 1 << 18)
    private var bufferOffset = RollupFormat.headerLength
    private var table = ByteWriter()

    /// A writer for the block in `folder`.
    init(folder: String, resolution: Int64) throws(FileError) {
        self.resolution = resolution
        self.folder = folder
        header = RollupFormat.Header(seriesCount: 0, resolution: resolution)
        temporary = "\(folder)/\(RollupFormat.name(of: resolution))\(BlockFormat.temporaryEnding)"
        // One that a crash left is written over.
        file = try SystemFile(creating: temporary)
        try file.truncate(to: 0)
    }

    /// Adds samples of the current series, which follow those before.
    mutating func add(_ samples: borrowing SampleColumns) {
        if isRolledUp, !needsThinning { needsThinning = !buckets.add(samples, resolution: resolution) }
    }

    /// Adds samples of the current series, which follow those before, to be thinned.
    ///
    /// - Parameter weights: how many samples each stands for, when they were thinned before.
    mutating func thin(_ samples: SampleColumns, weights: [Double] = []) {
        if isRolledUp { thinner.add(samples, weights: weights, resolution: resolution) }
    }

    /// Adds a bucket of the current series, of a resolution that divides this one, which does not end before those added.
    mutating func add(_ bucket: RollupBucket, of finer: Int64) {
        buckets.add(bucket, of: finer, resolution: resolution)
    }

    /// Takes note that the current series is not to be rolled up.
    mutating func skipSeries() { isRolledUp = false }

    /// Whether anything of the current series is to be written.
    var hasSeries: Bool { isRolledUp && !(buckets.isEmpty && thinner.isEmpty) }

    /// Ends the current series; the next begins.
    ///
    /// - Parameter isRolled: whether the block has no samples of it.
    mutating func endSeries(_ labels: LabelSet, isRolled: Bool) throws(FileError) {
        table.appendLittleEndian(UInt64(bufferOffset + buffer.count))
        header.seriesCount += 1
        if isRolled { header.rolledCount += 1 }
        buckets.finish(resolution: resolution)
        thinner.finish()
        if isRolledUp, !thinner.isEmpty {
            encoder.append(thinner, to: &buffer)
            header.bucketCount += UInt64(thinner.samples.count)
        } else if isRolledUp, buckets.count > 0 {
            let isCounter = labels.metricNameEnds(withAny: Self.counterEndings)
            encoder.append(buckets, isCounter: isCounter, to: &buffer)
            header.bucketCount += UInt64(buckets.count)
        }
        forgetSeries()
        if buffer.count >= 1 << 18 { try flush() }
    }

    /// How the metrics of counters are called, as Prometheus knows them.
    private static let counterEndings = ["_total", "_sum", "_count", "_bucket"].map { Array($0.utf8) }

    /// Forgets the current series, which is not in the block.
    mutating func forgetSeries() {
        buckets.removeAll()
        if !thinner.isEmpty { thinner.removeAll() }
        isRolledUp = true
        needsThinning = false
    }

    /// Whether no series was rolled up.
    var isEmpty: Bool { header.bucketCount == 0 }

    /// Whether there are series without samples.
    var hasRolledSeries: Bool { header.rolledCount > 0 }

    /// Ends the file and makes it durable; it can then be named.
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

    /// Gives the file its name.
    func publish() throws(FileError) {
        try Folder.rename(temporary, to: "\(folder)/\(RollupFormat.name(of: resolution))")
    }

    private mutating func flush() throws(FileError) {
        let bytes = buffer.bytes
        try file.write(bytes.span, at: bufferOffset)
        bufferOffset += bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}
