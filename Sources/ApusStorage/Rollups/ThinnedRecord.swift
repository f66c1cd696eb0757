import ApusBytes
import ApusEncoding
import ApusModel

extension RollupEncoder {
    /// Appends the record of a series of which samples are kept, at least one.
    mutating func append(_ thinner: SampleThinner, to writer: inout ByteWriter) {
        let samples = thinner.samples
        var directory = ByteWriter()
        var chunks = ByteWriter()
        var count: UInt64 = 0
        var previous: Int64 = 0
        var start = 0
        var nextHistogram = 0
        while start < samples.count {
            var end = min(samples.count, start + RollupFormat.maximumBuckets)
            let histograms = BlockWriter.histograms(of: samples, from: nextHistogram, before: &end)
            let range = start..<end
            let chunkStart = chunks.count
            appendChunk(samples, thinner.weights, range, histograms, to: &chunks)
            let (first, last) = (samples.timestamps[start], samples.timestamps[end - 1])
            directory.appendVarint(UInt64(range.count))
            directory.appendSignedVarint(first &- previous)
            directory.appendVarint(UInt64(bitPattern: last &- first))
            directory.appendVarint(UInt64(chunks.count - chunkStart))
            previous = last
            count += 1
            start = end
            nextHistogram = histograms.upperBound
        }
        var record = ByteWriter()
        record.append(RollupFormat.thinnedKind)
        record.appendVarint(count)
        record.append(directory.bytes)
        record.append(chunks.bytes)
        let bytes = record.bytes
        writer.append(bytes)
        writer.appendLittleEndian(CRC32C.checksum(bytes.span))
    }

    private mutating func appendChunk(
        _ samples: borrowing SampleColumns, _ weights: [Double], _ range: Range<Int>, _ histograms: Range<Int>,
        to chunks: inout ByteWriter
    ) {
        var column = ByteWriter()
        encoder.appendTimestamps(samples.timestamps.span.extracting(range), to: &column)
        chunks.appendVarint(UInt64(column.count))
        chunks.append(column.bytes)
        column.bytes.removeAll(keepingCapacity: true)
        encoder.appendValues(weights.span.extracting(range), to: &column)
        chunks.appendVarint(UInt64(column.count))
        chunks.append(column.bytes)
        let values = samples.values.span.extracting(range)
        if histograms.isEmpty {
            encoder.appendValues(values, to: &chunks)
        } else {
            encoder.appendHistograms(samples.histograms[histograms], among: values, from: range.lowerBound, to: &chunks)
        }
    }
}

/// Samples that are left of a series, and how many each stands for.
struct ThinnedSamples {
    var samples = SampleColumns()
    /// How many samples there were behind the one before, up to and with each.
    var weights: [Double] = []

    /// None.
    init() {}

    /// What buckets tell: the first and the last sample of each, and a staleness marker behind them.
    init(_ buckets: [RollupBucket]) {
        for bucket in buckets {
            if bucket.count > 0 {
                let hasFirst = !bucket.unknown.contains(.first) && bucket.firstTime < bucket.lastTime
                if hasFirst { append(bucket.first, at: bucket.firstTime, weight: 1) }
                append(bucket.last, at: bucket.lastTime, weight: bucket.count - (hasFirst ? 1 : 0))
            }
            if let time = bucket.staleTime, time > bucket.lastTime || bucket.count == 0 {
                append(SpecialValue.staleMarker, at: time, weight: 0)
            }
        }
    }

    private mutating func append(_ value: Double, at time: Int64, weight: Double) {
        // Only what a wrong file says does not ascend.
        guard time > samples.timestamps.last ?? .min else { return }
        samples.append(value, at: time)
        weights.append(weight)
    }
}

/// Reads records of thinned samples; any input is safe.
struct ThinnedReader {
    private var decoder = ColumnDecoder()

    /// A reader with empty scratch memory.
    init() {}

    /// Appends the samples of a chunk.
    mutating func decode(
        _ bytes: RawSpan, _ entry: RollupChunk.Entry, into result: inout ThinnedSamples
    ) throws(RollupDamage) {
        let start = result.samples.count
        do {
            var reader = ByteReader(bytes)
            let timestamps = try reader.readLengthPrefixed()
            let weights = try reader.readLengthPrefixed()
            let values = try reader.readBytes(reader.remaining)
            try decoder.decodeTimestamps(timestamps, count: entry.count, into: &result.samples.timestamps)
            try decoder.decodeValues(weights, count: entry.count, into: &result.weights)
            try decoder.decodeSamples(
                values, count: entry.count, keeping: 0..<entry.count, into: &result.samples)
        } catch {
            throw RollupDamage(error)
        }
        let times = result.samples.timestamps
        guard times.count == start + entry.count, times[start] == entry.first, times.last == entry.last,
            times.indices.dropFirst().allSatisfy({ times[$0] > times[$0 - 1] })
        else { throw RollupDamage("the times of a chunk are not those that its record names") }
    }
}
