import ApusModel

/// Chunks of native histograms with whole populations.
///
/// Buckets are written as differences to the bucket before, and those as differences of differences over time.
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, histogram chunk data.
enum IntegerHistogramChunk {
    /// One number over time: its value and the last step.
    private struct Track {
        var value: Int64
        var step: Int64 = 0

        @_lifetime(reader: copy reader)
        mutating func read(from reader: inout ChunkBitReader) throws(ChunkError) {
            step = step &+ (try VarbitInteger.readSigned(&reader))
            value = value &+ step
        }

        mutating func append(_ next: Int64, to writer: inout ChunkBitWriter) {
            let newStep = next &- value
            VarbitInteger.appendSigned(newStep &- step, to: &writer)
            value = next
            step = newStep
        }
    }

    // MARK: Reading

    /// Appends the samples of a chunk.
    static func decode(_ data: RawSpan, into columns: inout SampleColumns) throws(ChunkError) {
        var reader = ChunkBitReader(data)
        let header = try HistogramChunkHeader(from: &reader)
        guard header.count > 0 else { return }
        var time = Track(value: try VarbitInteger.readSigned(&reader))
        var count = Track(value: Int64(bitPattern: try VarbitInteger.readUnsigned(&reader)))
        var zeroCount = Track(value: Int64(bitPattern: try VarbitInteger.readUnsigned(&reader)))
        var sum = XorWindow(try reader.readDouble())
        var positive = try readBuckets(header.layout.positiveBuckets.count, from: &reader)
        var negative = try readBuckets(header.layout.negativeBuckets.count, from: &reader)
        for index in 0..<header.count {
            if index > 0 {
                try time.read(from: &reader)
                try count.read(from: &reader)
                try zeroCount.read(from: &reader)
                try sum.read(from: &reader)
                // A staleness marker has no buckets.
                if !SpecialValue.isStaleMarker(sum.value) {
                    for bucket in positive.indices { try positive[bucket].read(from: &reader) }
                    for bucket in negative.indices { try negative[bucket].read(from: &reader) }
                }
            }
            if SpecialValue.isStaleMarker(sum.value) {
                columns.append(SpecialValue.staleMarker, at: time.value)
                continue
            }
            var histogram = header.layout
            histogram.counterResetHint = header.hint(at: index)
            histogram.count = Double(UInt64(bitPattern: count.value))
            histogram.zeroCount = Double(UInt64(bitPattern: zeroCount.value))
            histogram.sum = sum.value
            fill(&histogram.positiveBuckets, positive)
            fill(&histogram.negativeBuckets, negative)
            try histogram.finishReading(sample: index)
            columns.append(histogram, at: time.value)
        }
    }

    @_lifetime(reader: copy reader)
    private static func readBuckets(_ count: Int, from reader: inout ChunkBitReader) throws(ChunkError) -> [Track] {
        var tracks: [Track] = []
        tracks.reserveCapacity(count)
        for _ in 0..<count { tracks.append(Track(value: try VarbitInteger.readSigned(&reader))) }
        return tracks
    }

    /// Undoes the differences from bucket to bucket; a population below zero is refused by the check that follows.
    private static func fill(_ populations: inout [Double], _ tracks: [Track]) {
        var population: Int64 = 0
        for index in tracks.indices {
            population &+= tracks[index].value
            populations[index] = Double(population)
        }
    }

    // MARK: Writing

    /// Whether all populations are whole and small enough to be written as integers, bit by bit.
    static func canEncode(_ histogram: borrowing NativeHistogram) -> Bool {
        isWhole(histogram.count) && isWhole(histogram.zeroCount)
            && histogram.positiveBuckets.allSatisfy(isWhole) && histogram.negativeBuckets.allSatisfy(isWhole)
    }

    private static func isWhole(_ value: Double) -> Bool {
        value >= 0 && value <= 0x1p53 && Double(UInt64(value)).bitPattern == value.bitPattern
    }

    /// The data of a chunk of 1 to 65,535 histograms of one layout, for each of which `canEncode` holds.
    static func encode(
        _ histograms: ArraySlice<SampleColumns.PositionedHistogram>, timestamps: Span<Int64>,
        reset: HistogramChunkHeader.Reset
    ) -> [UInt8] {
        guard let first = histograms.first?.histogram else { return [] }
        var writer = ChunkBitWriter()
        HistogramChunkHeader(count: histograms.count, reset: reset, layout: first).append(to: &writer)
        VarbitInteger.appendSigned(timestamps[0], to: &writer)
        VarbitInteger.appendUnsigned(UInt64(first.count), to: &writer)
        VarbitInteger.appendUnsigned(UInt64(first.zeroCount), to: &writer)
        writer.append(first.sum)
        var time = Track(value: timestamps[0])
        var count = Track(value: Int64(first.count))
        var zeroCount = Track(value: Int64(first.zeroCount))
        var sum = XorWindow(first.sum)
        var positive = differences(first.positiveBuckets).map { Track(value: $0) }
        var negative = differences(first.negativeBuckets).map { Track(value: $0) }
        for track in positive { VarbitInteger.appendSigned(track.value, to: &writer) }
        for track in negative { VarbitInteger.appendSigned(track.value, to: &writer) }
        for (index, entry) in histograms.dropFirst().enumerated() {
            let histogram = entry.histogram
            time.append(timestamps[index + 1], to: &writer)
            count.append(Int64(histogram.count), to: &writer)
            zeroCount.append(Int64(histogram.zeroCount), to: &writer)
            sum.append(histogram.sum, to: &writer)
            for (bucket, value) in differences(histogram.positiveBuckets).enumerated() {
                positive[bucket].append(value, to: &writer)
            }
            for (bucket, value) in differences(histogram.negativeBuckets).enumerated() {
                negative[bucket].append(value, to: &writer)
            }
        }
        return writer.bytes
    }

    private static func differences(_ populations: [Double]) -> [Int64] {
        var previous: Int64 = 0
        return populations.map { population in
            let current = Int64(population)
            defer { previous = current }
            return current - previous
        }
    }
}
