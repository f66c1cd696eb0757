import ApusBytes
import ApusEncoding
import ApusModel

/// Reads records of roll-ups; any input is safe.
///
/// Keeps its scratch memory: one decoder per thread of work.
struct RollupDecoder {
    private var chunk = RollupChunk()
    private var thinned = ThinnedReader()

    /// A decoder with empty scratch memory.
    init() {}

    /// Appends the buckets of a record whose ends, in resolutions, lie in a range; those without samples are left out.
    ///
    /// - Parameter estimates: whether what was left out when the record was written is estimated, instead of giving up.
    mutating func decode(
        _ record: RawSpan, resolution: Int64, within wanted: ClosedRange<Int64>, fields: SampleSummaries.Fields,
        estimates: Bool, into summaries: inout SampleSummaries
    ) throws(RollupDamage) -> SummaryOutcome {
        if Self.isThinned(record) { return .none }
        var outcome = SummaryOutcome.exact
        try forEachChunk(of: record) { chunk, entry, bytes throws(RollupDamage) in
            if case .none = outcome { return }
            guard entry.last >= wanted.lowerBound, entry.first <= wanted.upperBound else { return }
            guard entry.isWithin(resolution) else { throw RollupDamage("a bucket is out of all time") }
            try chunk.decode(bytes, entry, fields)
            if chunk.isIncomplete(for: fields) {
                outcome = estimates ? .estimated : .none
                guard estimates else { return }
                chunk.estimate()
            }
            chunk.keepOnly(wanted)
            chunk.append(resolution: resolution, fields: fields, to: &summaries)
        }
        return outcome
    }

    /// Whether samples are kept of a series, instead of buckets.
    static func isThinned(_ record: RawSpan) -> Bool {
        if record.byteCount == 0 { return false }
        return unsafe record.unsafeLoad(fromUncheckedByteOffset: 0, as: UInt8.self) == RollupFormat.thinnedKind
    }

    /// The samples that are left of a series within a range of time and somewhat around it, whether buckets tell of it or samples were kept.
    mutating func samples(
        of record: RawSpan, resolution: Int64, around range: ClosedRange<Int64> = .min ... .max
    ) throws(RollupDamage) -> ThinnedSamples {
        let range = range.clamped(to: RollupFormat.times)
        guard Self.isThinned(record) else {
            let wanted =
                RollupFormat.bucket(
                    of: range.lowerBound, resolution)...RollupFormat.bucket(
                    of: range.upperBound, resolution)
            return ThinnedSamples(try buckets(of: record, resolution: resolution, within: wanted))
        }
        var result = ThinnedSamples()
        var reader = thinned
        try forEachChunk(of: record) { _, entry, bytes throws(RollupDamage) in
            guard entry.last >= range.lowerBound, entry.first <= range.upperBound else { return }
            try reader.decode(bytes, entry, into: &result)
        }
        thinned = reader
        return result
    }

    /// The buckets of a record whose ends, in resolutions, lie in a range, with all that is known of them; none of thinned samples.
    mutating func buckets(
        of record: RawSpan, resolution: Int64, within wanted: ClosedRange<Int64> = .min ... .max
    ) throws(RollupDamage) -> [RollupBucket] {
        var result: [RollupBucket] = []
        if Self.isThinned(record) { return result }
        try forEachChunk(of: record) { chunk, entry, bytes throws(RollupDamage) in
            guard entry.last >= wanted.lowerBound, entry.first <= wanted.upperBound else { return }
            guard entry.isWithin(resolution) else { throw RollupDamage("a bucket is out of all time") }
            try chunk.decode(bytes, entry, .all, withMarkers: true)
            let unknown = chunk.unknown
            chunk.estimate()
            chunk.forEachBucket(resolution: resolution, unknown) { bucket in
                if wanted.contains(bucket.end) { result.append(bucket) }
            }
        }
        return result
    }

    /// Reads every number of a record.
    ///
    /// - Returns: the number of its buckets, or of the samples that were kept.
    mutating func verify(_ record: RawSpan) throws(RollupDamage) -> Int {
        if Self.isThinned(record) { return try samples(of: record, resolution: 1).samples.count }
        var count = 0
        try forEachChunk(of: record) { chunk, entry, bytes throws(RollupDamage) in
            try chunk.decode(bytes, entry, .all, withMarkers: true)
            count += entry.count
        }
        return count
    }

    /// Whether the checksum of a record is right.
    static func isWhole(_ record: RawSpan) -> Bool {
        let length = record.byteCount - BlockFormat.checksumLength
        guard length > 0 else { return false }
        let stated = unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: length, as: UInt32.self)
        return CRC32C.checksum(record.extracting(0..<length)) == UInt32(littleEndian: stated)
    }

    private mutating func forEachChunk(
        of record: RawSpan,
        _ body: (inout RollupChunk, RollupChunk.Entry, RawSpan) throws(RollupDamage) -> Void
    ) throws(RollupDamage) {
        guard Self.isWhole(record) else { throw RollupDamage("checksum of a record does not match") }
        do {
            var directory = ByteReader(record.extracting(0..<(record.byteCount - BlockFormat.checksumLength)))
            let kind = try directory.readByte()
            guard kind == RollupFormat.floatKind || kind == RollupFormat.thinnedKind else {
                throw RollupDamage("a record has the kind \(kind)")
            }
            let count = try directory.readCount(limit: directory.remaining / 4)
            var place = directory
            try place.skipVarints(4 * count)
            var previous: Int64 = 0
            for number in 0..<count {
                let buckets = try directory.readCount(limit: RollupFormat.maximumBuckets)
                let first = previous &+ (try directory.readSignedVarint())
                let last = first &+ Int64(bitPattern: try directory.readVarint())
                let bytes = try place.readBytes(try directory.readCount(limit: place.remaining))
                guard RollupFormat.times.contains(first), RollupFormat.times.contains(last), first <= last,
                    number == 0 || first > previous
                else { throw RollupDamage("the chunks of a record do not follow each other") }
                previous = last
                try body(&chunk, RollupChunk.Entry(count: buckets, first: first, last: last), bytes)
            }
        } catch {
            throw RollupDamage(error)
        }
    }
}

/// Why a record of a roll-up cannot be used.
struct RollupDamage: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// Damage that another error tells of.
    init(_ error: any Error) {
        reason = (error as? RollupDamage)?.reason ?? "\(error)"
    }
}
