import ApusBytes
import ApusModel

/// The parts of an `io.prometheus.client.Metric`; keeps its memory from metric to metric.
///
/// Source: `io/prometheus/client/metrics.proto`.
struct MetricMessage {
    /// A bucket of a classic histogram.
    struct Bucket {
        var upperBound = 0.0
        var cumulativeCount = 0.0
        /// Where its exemplar lies, if it has one.
        var exemplar: Range<Int>?
    }

    /// Where names and values of the labels lie.
    private(set) var labels: [(name: Range<Int>, value: Range<Int>)] = []
    /// Milliseconds since the epoch; 0 for none.
    private(set) var timestamp: Int64 = 0
    /// Of a counter, a gauge or an untyped metric.
    private(set) var value = 0.0
    /// Of a counter.
    private(set) var exemplar: Range<Int>?
    /// Of a summary or a histogram.
    private(set) var sampleCount = 0.0
    private(set) var sampleSum = 0.0
    private(set) var quantiles: [(quantile: Double, value: Double)] = []
    private(set) var buckets: [Bucket] = []
    /// Of a native histogram.
    private(set) var exemplars: [Range<Int>] = []

    private var native = NativeHistogram()
    private var integerCount: UInt64 = 0
    private var integerZeroCount: UInt64 = 0
    private var floatCount = 0.0
    private var floatZeroCount = 0.0
    private var positiveDeltas: [Int64] = []
    private var negativeDeltas: [Int64] = []

    /// Whether the histogram has a native form.
    ///
    /// Source: the native histogram specification: any span, or a zero bucket with a width or a population.
    var isNative: Bool {
        !native.positiveSpans.isEmpty || !native.negativeSpans.isEmpty || native.zeroThreshold > 0
            || integerZeroCount > 0 || floatZeroCount > 0
    }

    /// The native form of the histogram.
    ///
    /// - Throws: when integer populations contradict each other or the count.
    func nativeHistogram(isGauge: Bool) throws(HistogramError) -> NativeHistogram {
        var histogram = native
        histogram.sum = sampleSum
        if floatCount > 0 || floatZeroCount > 0 {
            histogram.count = floatCount
            histogram.zeroCount = floatZeroCount
        } else {
            try histogram.setPopulations(
                count: integerCount, zeroCount: integerZeroCount, positiveDeltas: positiveDeltas,
                negativeDeltas: negativeDeltas)
        }
        if isGauge { histogram.counterResetHint = .gauge }
        return histogram
    }

    /// Reads a metric of a family of the given type.
    mutating func read(_ bytes: Span<UInt8>, in range: Range<Int>, type: FamilyType) throws(ProtobufError) {
        reset()
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch (tag.field, type) {
            case (1, _): labels.append(try MessageParts.label(bytes, in: try reader.readRange(tag)))
            case (6, _): timestamp = try reader.readSigned(tag)
            case (2, .gauge), (3, .counter), (5, .untyped): try readValue(bytes, in: try reader.readRange(tag), type)
            case (4, .summary): try readSummary(bytes, in: try reader.readRange(tag))
            case (7, .histogram), (7, .gaugeHistogram): try readHistogram(bytes, in: try reader.readRange(tag))
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func reset() {
        labels.removeAll(keepingCapacity: true)
        timestamp = 0
        value = 0
        exemplar = nil
        sampleCount = 0
        sampleSum = 0
        quantiles.removeAll(keepingCapacity: true)
        buckets.removeAll(keepingCapacity: true)
        exemplars.removeAll(keepingCapacity: true)
        native = NativeHistogram()
        integerCount = 0
        integerZeroCount = 0
        floatCount = 0
        floatZeroCount = 0
        positiveDeltas.removeAll(keepingCapacity: true)
        negativeDeltas.removeAll(keepingCapacity: true)
    }

    private mutating func readValue(
        _ bytes: Span<UInt8>, in range: Range<Int>, _ type: FamilyType
    ) throws(ProtobufError) {
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch (tag.field, type) {
            case (1, _): value = try reader.readDouble(tag)
            case (2, .counter): exemplar = try reader.readRange(tag)
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func readSummary(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: sampleCount = Double(try reader.readUnsigned(tag))
            case 2: sampleSum = try reader.readDouble(tag)
            case 3:
                var quantile = (quantile: 0.0, value: 0.0)
                var inner = ProtobufReader(bytes, in: try reader.readRange(tag))
                while let tag = try inner.readTag() {
                    switch tag.field {
                    case 1: quantile.quantile = try inner.readDouble(tag)
                    case 2: quantile.value = try inner.readDouble(tag)
                    default: try inner.skip(tag)
                    }
                }
                quantiles.append(quantile)
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func readHistogram(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: integerCount = try reader.readUnsigned(tag)
            case 2: sampleSum = try reader.readDouble(tag)
            case 3: try readBucket(bytes, in: try reader.readRange(tag))
            case 4: floatCount = try reader.readDouble(tag)
            case 5: native.schema = Int32(truncatingIfNeeded: try reader.readZigZag(tag))
            case 6: native.zeroThreshold = try reader.readDouble(tag)
            case 7: integerZeroCount = try reader.readUnsigned(tag)
            case 8: floatZeroCount = try reader.readDouble(tag)
            case 9: native.negativeSpans.append(try MessageParts.bucketSpan(bytes, in: try reader.readRange(tag)))
            case 10: try reader.readZigZags(tag, into: &negativeDeltas)
            case 11: try reader.readDoubles(tag, into: &native.negativeBuckets)
            case 12: native.positiveSpans.append(try MessageParts.bucketSpan(bytes, in: try reader.readRange(tag)))
            case 13: try reader.readZigZags(tag, into: &positiveDeltas)
            case 14: try reader.readDoubles(tag, into: &native.positiveBuckets)
            case 16: exemplars.append(try reader.readRange(tag))
            default: try reader.skip(tag)
            }
        }
        sampleCount = floatCount > 0 ? floatCount : Double(integerCount)
    }

    private mutating func readBucket(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        var bucket = Bucket()
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: bucket.cumulativeCount = Double(try reader.readUnsigned(tag))
            case 2: bucket.upperBound = try reader.readDouble(tag)
            case 3: bucket.exemplar = try reader.readRange(tag)
            case 4:
                let count = try reader.readDouble(tag)
                if count > 0 { bucket.cumulativeCount = count }
            default: try reader.skip(tag)
            }
        }
        buckets.append(bucket)
    }

    /// Reads an `io.prometheus.client.Exemplar`.
    static func exemplar(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) -> Exemplar {
        var builder = LabelSetBuilder()
        var exemplar = Exemplar(labels: .empty, value: 0, timestamp: nil)
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1:
                let label = try MessageParts.label(bytes, in: try reader.readRange(tag))
                if !label.name.isEmpty {
                    builder.set(
                        String(copying: bytes.extracting(label.name)),
                        to: String(copying: bytes.extracting(label.value)))
                }
            case 2: exemplar.value = try reader.readDouble(tag)
            case 3: exemplar.timestamp = try milliseconds(bytes, in: try reader.readRange(tag))
            default: try reader.skip(tag)
            }
        }
        exemplar.labels = builder.labelSet()
        return exemplar
    }

    /// Reads a `google.protobuf.Timestamp`; one beyond the range of milliseconds becomes its end.
    private static func milliseconds(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) -> Int64 {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: seconds = try reader.readSigned(tag)
            case 2: nanoseconds = Int64(Int32(truncatingIfNeeded: try reader.readSigned(tag)))
            default: try reader.skip(tag)
            }
        }
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, exceeds) = whole.addingReportingOverflow(nanoseconds / 1_000_000)
        return overflows || exceeds ? (seconds < 0 ? -.max : .max) : sum
    }
}
