import ApusBytes
import ApusModel

/// The constants of a file of roll-ups and arithmetic on its buckets; the form is `docs/formats/rollups.md`.
enum RollupFormat {
    static let magic: StaticString = "APUSRUP\0"
    static let version: UInt32 = 2
    static let headerLength = 52
    static let namePrefix = "rollup-"
    /// The longest bucket, in milliseconds.
    static let longestResolution: Int64 = 86_400_000
    /// The most buckets of a chunk.
    static let maximumBuckets = 1_024
    /// The first byte of the record of a series of floats.
    static let floatKind: UInt8 = 0
    /// The first byte of the record of a series of which samples are kept.
    static let thinnedKind: UInt8 = 1
    /// A finite value beyond this could make a sum of many infinite.
    static let largestValue = 1e290
    /// Samples beyond these times are not rolled up, so that no arithmetic on them overflows.
    static let times: ClosedRange<Int64> = -(1 << 60)...(1 << 60)

    /// The parts of a chunk, in order.
    enum Part: Int, CaseIterable {
        case ends, counts, firstTimes, lastTimes, firsts, lasts, minima, maxima, sums, lost, resets, stale
    }

    /// The first byte of a part.
    enum Form: UInt8 {
        /// The values themselves.
        case plain
        /// They follow from other parts, or are zero.
        case derived
        /// The differences to what other parts let expect.
        case residual
        /// They are left out: whoever needs them reads the samples, or estimates them where these are gone.
        case omitted
    }

    /// The name of the file of a resolution.
    static func name(of resolution: Int64) -> String { namePrefix + DurationText.string(resolution) }

    /// The end of the bucket in which a time lies, in resolutions.
    @inline(__always)
    static func bucket(of time: Int64, _ resolution: Int64) -> Int64 {
        let quotient = time / resolution
        return time % resolution > 0 ? quotient &+ 1 : quotient
    }

    /// The first time from `time` on at which a bucket begins.
    static func firstStart(from time: Int64, _ resolution: Int64) -> Int64 {
        bucket(of: time &- 1, resolution) &* resolution &+ 1
    }

    /// The last time up to `time` at which a bucket ends.
    static func lastEnd(upTo time: Int64, _ resolution: Int64) -> Int64 {
        let bucket = bucket(of: time, resolution)
        return (bucket &* resolution == time ? bucket : bucket &- 1) &* resolution
    }

    /// What a minimum or maximum is that is not written.
    @inline(__always)
    static func derivedExtreme(_ first: Double, _ last: Double, isMaximum: Bool) -> Double {
        if first.isNaN { return last }
        if last.isNaN { return first }
        return (isMaximum ? last > first : last < first) ? last : first
    }

    /// What a sum is the difference to: of two values between which the others lie, for all that is known.
    @inline(__always)
    static func expectedSum(_ one: Double, _ other: Double, count: Double) -> Double { (one + other) * 0.5 * count }

    /// Whether a file is whole and of the first version: nothing but its block's samples was in it.
    static func isOutdated(_ file: MappedFile) -> Bool {
        (try? BlockFormat.check(file, magic: magic, length: 48, newest: 1)) != nil
    }

    /// The header of a file.
    struct Header {
        var seriesCount: UInt32
        var resolution: Int64
        var bucketCount: UInt64 = 0
        var tableOffset: UInt64 = 0
        /// The series of the block without samples.
        var rolledCount: UInt32 = 0
        var tableChecksum: UInt32 = 0
    }
}

extension RollupFormat.Header {
    /// The header's bytes.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: RollupFormat.headerLength)
        writer.append(RollupFormat.magic)
        writer.appendLittleEndian(RollupFormat.version)
        writer.appendLittleEndian(seriesCount)
        writer.appendLittleEndian(resolution)
        writer.appendLittleEndian(bucketCount)
        writer.appendLittleEndian(tableOffset)
        writer.appendLittleEndian(rolledCount)
        writer.appendLittleEndian(tableChecksum)
        let stated = writer.bytes
        writer.appendLittleEndian(CRC32C.checksum(stated.span))
        return writer.bytes
    }

    /// Reads the header of a file.
    init(_ file: MappedFile) throws(BlockError) {
        if RollupFormat.isOutdated(file) { throw .damaged(path: file.path, reason: "an earlier version wrote it") }
        try BlockFormat.check(
            file, magic: RollupFormat.magic, length: RollupFormat.headerLength, newest: RollupFormat.version)
        var reader = ByteReader(file.bytes)
        do throws(ByteError) {
            try reader.skip(8)
            try reader.skip(4)
            seriesCount = try reader.readLittleEndian()
            resolution = try reader.readLittleEndian()
            bucketCount = try reader.readLittleEndian()
            tableOffset = try reader.readLittleEndian()
            rolledCount = try reader.readLittleEndian()
            tableChecksum = try reader.readLittleEndian()
        } catch {
            throw .damaged(path: file.path, reason: "header: \(error)")
        }
    }
}
