import ApusBytes
import ApusEncoding
import ApusModel

/// The memory that one thread needs to read series, kept from series to series.
///
/// The series of one scrape share their columns of timestamps: those decoded last are kept with the bytes that they were made from.
struct ReadScratch {
    private struct Entry {
        var key: [UInt8] = []
        var count = 0
        var timestamps: [Int64] = []
    }

    /// The columns that are kept; a power of two.
    private static let entryCount = 64
    /// Longer columns are seldom shared.
    private static let maximumKeyLength = 1_024

    var decoder = ColumnDecoder()
    /// Groups of columns of blocks.
    let groups = GroupMemory()
    /// Samples of the head's open buffer, while sealed ones are read.
    var open = SampleColumns()
    /// Those that were older than the newest of their series.
    var late = SampleColumns()
    /// Samples between two runs of buckets of a roll-up.
    var gap = SampleColumns()
    var rollups = RollupDecoder()
    /// Whether chunks of the head that cannot be read are passed over and noted in `damages`, instead of failing the read.
    var skipsDamage = false
    var damages: [ChunkDamage] = []
    private var entries: [Entry] = Array(repeating: Entry(), count: entryCount)
    /// A column too long to be kept.
    private var single = Entry()
    private let hash = SeededHash.perProcess

    /// Appends the timestamps of a column that lie in a range of time, of the first `limit`.
    ///
    /// - Returns: their positions.
    mutating func appendTimestamps(
        _ bytes: RawSpan, count: Int, limit: Int, range: ClosedRange<Int64>, to timestamps: inout [Int64]
    ) throws(ColumnError) -> Range<Int> {
        let isKept = bytes.byteCount <= Self.maximumKeyLength
        if !isKept {
            single.timestamps.removeAll(keepingCapacity: true)
            try decoder.decodeTimestamps(bytes, count: count, into: &single.timestamps)
            return Self.append(single.timestamps, limit: limit, range: range, to: &timestamps)
        }
        let place = Int(truncatingIfNeeded: hash.hash(bytes)) & (Self.entryCount - 1)
        if entries[place].count != count || !Self.isEqual(entries[place].key, bytes) {
            entries[place].count = 0
            entries[place].timestamps.removeAll(keepingCapacity: true)
            try decoder.decodeTimestamps(bytes, count: count, into: &entries[place].timestamps)
            entries[place].key.removeAll(keepingCapacity: true)
            unsafe bytes.withUnsafeBytes { unsafe entries[place].key.append(contentsOf: $0) }
            entries[place].count = count
        }
        return Self.append(entries[place].timestamps, limit: limit, range: range, to: &timestamps)
    }

    private static func isEqual(_ key: [UInt8], _ bytes: RawSpan) -> Bool {
        key.count == bytes.byteCount && equalBytes(key.span, Span<UInt8>(_bytes: bytes))
    }

    private static func append(
        _ all: [Int64], limit: Int, range: ClosedRange<Int64>, to timestamps: inout [Int64]
    ) -> Range<Int> {
        let end = min(all.count, limit)
        guard end > 0 else { return 0..<0 }
        let lower = all[0] >= range.lowerBound ? 0 : firstPosition(in: all, end: end) { $0 >= range.lowerBound }
        let upper =
            all[end - 1] <= range.upperBound ? end : firstPosition(in: all, end: end) { $0 > range.upperBound }
        guard lower < upper else { return 0..<0 }
        timestamps.append(contentsOf: all[lower..<upper])
        return lower..<upper
    }

    /// The first position below `end` where an ascending condition holds, or `end`.
    private static func firstPosition(in all: [Int64], end: Int, _ isReached: (Int64) -> Bool) -> Int {
        var low = 0
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if isReached(all[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
