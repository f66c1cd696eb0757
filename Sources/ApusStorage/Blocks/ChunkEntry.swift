import ApusBytes

/// What the numbers of a chunk's entry are relative to.
struct ChunkPlace {
    /// In version 1 only.
    var lastTime: Int64 = 0
    /// Since version 2 the number of the column that is expected.
    var timestampOffset: Int64 = 0
    var valueEnd: Int64 = 0
}

/// Where the columns of a chunk lie, and what it spans.
///
/// The offsets are places in the groups, in version 1 offsets in the columns file.
struct ChunkEntry {
    var minimumTime: Int64
    var maximumTime: Int64
    var count: Int
    var timestampOffset: Int
    var timestampLength: Int
    var valueOffset: Int
    var valueLength: Int

    /// The time of its samples, both ends included.
    var timeRange: ClosedRange<Int64> { minimumTime...max(minimumTime, maximumTime) }

    /// Reads an entry of version 1; nothing is checked but the form of the numbers.
    init(after place: inout ChunkPlace, from reader: inout ByteReader) throws(ByteError) {
        minimumTime = place.lastTime &+ (try reader.readSignedVarint())
        maximumTime = minimumTime &+ Int64(bitPattern: try reader.readVarint())
        count = Int(truncatingIfNeeded: try reader.readVarint())
        let timestamps = place.timestampOffset &+ (try reader.readSignedVarint())
        timestampLength = Int(truncatingIfNeeded: try reader.readVarint())
        let values = place.valueEnd &+ (try reader.readSignedVarint())
        valueLength = Int(truncatingIfNeeded: try reader.readVarint())
        timestampOffset = Int(timestamps)
        valueOffset = Int(values)
        place = ChunkPlace(
            lastTime: maximumTime, timestampOffset: timestamps,
            valueEnd: values &+ Int64(valueLength) &+ Int64(BlockFormat.checksumLength))
    }

    /// An entry with the given parts.
    init(
        minimumTime: Int64, maximumTime: Int64, count: Int, timestampOffset: Int, timestampLength: Int,
        valueOffset: Int, valueLength: Int
    ) {
        self.minimumTime = minimumTime
        self.maximumTime = maximumTime
        self.count = count
        self.timestampOffset = timestampOffset
        self.timestampLength = timestampLength
        self.valueOffset = valueOffset
        self.valueLength = valueLength
    }
}
