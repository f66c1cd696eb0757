import ApusModel

/// Chunks of native histograms with float populations, each written as the bits that change.
///
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, float histogram chunk data.
enum FloatHistogramChunk {
    /// Appends the samples of a chunk.
    static func decode(_ data: RawSpan, into columns: inout SampleColumns) throws(ChunkError) {
        var reader = ChunkBitReader(data)
        let header = try HistogramChunkHeader(from: &reader)
        guard header.count > 0 else { return }
        let positiveCount = header.layout.positiveBuckets.count
        var time = try VarbitInteger.readSigned(&reader)
        var step: Int64 = 0
        var count = XorWindow(try reader.readDouble())
        var zeroCount = XorWindow(try reader.readDouble())
        var sum = XorWindow(try reader.readDouble())
        var buckets: [XorWindow] = []
        for _ in 0..<(positiveCount + header.layout.negativeBuckets.count) {
            buckets.append(XorWindow(try reader.readDouble()))
        }
        for index in 0..<header.count {
            if index > 0 {
                step = step &+ (try VarbitInteger.readSigned(&reader))
                time = time &+ step
                try count.read(from: &reader)
                try zeroCount.read(from: &reader)
                try sum.read(from: &reader)
                if !SpecialValue.isStaleMarker(sum.value) {
                    for bucket in buckets.indices { try buckets[bucket].read(from: &reader) }
                }
            }
            if SpecialValue.isStaleMarker(sum.value) {
                columns.append(SpecialValue.staleMarker, at: time)
                continue
            }
            var histogram = header.layout
            histogram.counterResetHint = header.hint(at: index)
            histogram.count = count.value
            histogram.zeroCount = zeroCount.value
            histogram.sum = sum.value
            for bucket in histogram.positiveBuckets.indices {
                histogram.positiveBuckets[bucket] = buckets[bucket].value
            }
            for bucket in histogram.negativeBuckets.indices {
                histogram.negativeBuckets[bucket] = buckets[positiveCount + bucket].value
            }
            try histogram.finishReading(sample: index)
            columns.append(histogram, at: time)
        }
    }

    /// The data of a chunk of 1 to 65,535 histograms of one layout.
    static func encode(
        _ histograms: ArraySlice<SampleColumns.PositionedHistogram>, timestamps: Span<Int64>,
        reset: HistogramChunkHeader.Reset
    ) -> [UInt8] {
        guard let first = histograms.first?.histogram else { return [] }
        var writer = ChunkBitWriter()
        HistogramChunkHeader(count: histograms.count, reset: reset, layout: first).append(to: &writer)
        VarbitInteger.appendSigned(timestamps[0], to: &writer)
        var windows = values(of: first).map { XorWindow($0) }
        for window in windows { writer.append(window.value) }
        var step: Int64 = 0
        for (index, entry) in histograms.dropFirst().enumerated() {
            let next = timestamps[index + 1] &- timestamps[index]
            VarbitInteger.appendSigned(next &- step, to: &writer)
            step = next
            for (column, value) in values(of: entry.histogram).enumerated() {
                windows[column].append(value, to: &writer)
            }
        }
        return writer.bytes
    }

    /// The numbers of a histogram in the order of the chunk.
    private static func values(of histogram: NativeHistogram) -> [Double] {
        [histogram.count, histogram.zeroCount, histogram.sum] + histogram.positiveBuckets + histogram.negativeBuckets
    }
}
