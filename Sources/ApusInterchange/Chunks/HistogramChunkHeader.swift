import ApusEncoding
import ApusModel

/// What a chunk of histograms begins with: how many, what is known of resets, and the layout that all have.
///
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, histogram chunk data.
struct HistogramChunkHeader {
    /// What the flags say of the first histogram.
    enum Reset: UInt8 {
        case unknown = 0b00
        case notReset = 0b01
        case reset = 0b10
        case gauge = 0b11
    }

    /// The number of samples.
    var count: Int
    /// What is known of a reset before the first.
    var reset: Reset
    /// A histogram with the layout of all; its populations are zeros.
    var layout: NativeHistogram

    /// The hint of the histogram at a position of the chunk: within one there are no resets.
    func hint(at index: Int) -> NativeHistogram.CounterResetHint {
        switch reset {
        case .gauge: .gauge
        case .reset where index == 0: .reset
        case _ where index > 0: .notReset
        default: .unknown
        }
    }

    init(count: Int, reset: Reset, layout: NativeHistogram) {
        self.count = count
        self.reset = reset
        self.layout = layout
    }

    // MARK: Reading

    /// Reads the header; the reader then stands at the first sample.
    @_lifetime(reader: copy reader)
    init(from reader: inout ChunkBitReader) throws(ChunkError) {
        count = Int(try reader.readBits(16))
        reset = Reset(rawValue: UInt8(try reader.readBits(8) >> 6)) ?? .unknown
        layout = NativeHistogram()
        guard count > 0 else { return }
        layout.zeroThreshold = try Self.readZeroThreshold(&reader)
        let schema = try VarbitInteger.readSigned(&reader)
        guard let schema = Int32(exactly: schema) else {
            throw .invalidHistogram(sample: 0, reason: "its schema is \(schema)")
        }
        layout.schema = schema
        var bucketCount: UInt64 = 0
        layout.positiveSpans = try Self.readSpans(&reader, bucketCount: &bucketCount)
        let positiveCount = Int(bucketCount)
        layout.negativeSpans = try Self.readSpans(&reader, bucketCount: &bucketCount)
        if schema == NativeHistogram.customBoundsSchema { layout.customBounds = try Self.readBounds(&reader) }
        // Every bucket of every sample takes a bit or more, and no chunk may be larger than Apus can store.
        let populations = bucketCount &* UInt64(count)
        guard bucketCount <= UInt64(max(0, reader.remaining)),
            populations <= UInt64(ColumnLimits.maximumPopulations)
        else { throw .tooManyBuckets(populations) }
        layout.positiveBuckets = Array(repeating: 0, count: positiveCount)
        layout.negativeBuckets = Array(repeating: 0, count: Int(bucketCount) - positiveCount)
    }

    @_lifetime(reader: copy reader)
    private static func readZeroThreshold(_ reader: inout ChunkBitReader) throws(ChunkError) -> Double {
        let byte = try reader.readBits(8)
        switch byte {
        case 0: return 0
        case 255: return try reader.readDouble()
        default: return Double(sign: .plus, exponent: Int(byte) - 244, significand: 1)
        }
    }

    @_lifetime(reader: copy reader)
    private static func readSpans(
        _ reader: inout ChunkBitReader, bucketCount: inout UInt64
    ) throws(ChunkError) -> [NativeHistogram.Span] {
        let count = try VarbitInteger.readUnsigned(&reader)
        guard count <= UInt64(min(ColumnLimits.maximumBuckets, max(0, reader.remaining))) else {
            throw .tooManyBuckets(count)
        }
        var spans: [NativeHistogram.Span] = []
        for _ in 0..<count {
            let length = try VarbitInteger.readUnsigned(&reader)
            let offset = try VarbitInteger.readSigned(&reader)
            guard length <= UInt64(ColumnLimits.maximumBuckets) - bucketCount else { throw .tooManyBuckets(length) }
            guard let offset = Int32(exactly: offset) else {
                throw .invalidHistogram(sample: 0, reason: "the offset of a span is \(offset)")
            }
            bucketCount += length
            spans.append(NativeHistogram.Span(offset: offset, length: UInt32(length)))
        }
        return spans
    }

    @_lifetime(reader: copy reader)
    private static func readBounds(_ reader: inout ChunkBitReader) throws(ChunkError) -> [Double] {
        let count = try VarbitInteger.readUnsigned(&reader)
        guard count <= UInt64(min(ColumnLimits.maximumBuckets, max(0, reader.remaining))) else {
            throw .tooManyBuckets(count)
        }
        var bounds: [Double] = []
        for _ in 0..<count {
            let thousandths = try VarbitInteger.readUnsigned(&reader)
            bounds.append(thousandths == 0 ? try reader.readDouble() : Double(thousandths - 1) / 1_000)
        }
        return bounds
    }

    // MARK: Writing

    /// Writes the header.
    func append(to writer: inout ChunkBitWriter) {
        writer.append(UInt64(count), count: 16)
        writer.append(UInt64(reset.rawValue) << 6, count: 8)
        Self.appendZeroThreshold(layout.zeroThreshold, to: &writer)
        VarbitInteger.appendSigned(Int64(layout.schema), to: &writer)
        for spans in [layout.positiveSpans, layout.negativeSpans] {
            VarbitInteger.appendUnsigned(UInt64(spans.count), to: &writer)
            for span in spans {
                VarbitInteger.appendUnsigned(UInt64(span.length), to: &writer)
                VarbitInteger.appendSigned(Int64(span.offset), to: &writer)
            }
        }
        guard layout.schema == NativeHistogram.customBoundsSchema else { return }
        VarbitInteger.appendUnsigned(UInt64(layout.customBounds.count), to: &writer)
        for bound in layout.customBounds { Self.appendBound(bound, to: &writer) }
    }

    private static func appendZeroThreshold(_ threshold: Double, to writer: inout ChunkBitWriter) {
        if threshold.bitPattern == 0 {
            writer.append(0, count: 8)
        } else if threshold > 0, threshold.isNormal, threshold.significand == 1,
            (-243...10).contains(threshold.exponent)
        {
            writer.append(UInt64(Int(threshold.exponent) + 244), count: 8)
        } else {
            writer.append(255, count: 8)
            writer.append(threshold)
        }
    }

    /// Most bounds are thousandths that somebody wrote down.
    private static func appendBound(_ bound: Double, to writer: inout ChunkBitWriter) {
        let thousandths = (bound * 1_000).rounded()
        if bound >= 0, bound.sign == .plus, thousandths <= 33_554_430, thousandths / 1_000 == bound {
            VarbitInteger.appendUnsigned(UInt64(thousandths) + 1, to: &writer)
        } else {
            writer.append(false)
            writer.append(bound)
        }
    }
}
