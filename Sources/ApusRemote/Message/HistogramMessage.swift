import ApusBytes
import ApusModel

/// Reads native histograms as remote write carries them; keeps its memory from one to the next.
///
/// Source: `prometheus.Histogram` and `io.prometheus.write.v2.Histogram`, which have the same fields.
struct HistogramMessage {
    /// Milliseconds since the epoch.
    private(set) var timestamp: Int64 = 0
    /// The histogram, or `nil` for the staleness marker, which has no buckets.
    private(set) var histogram: NativeHistogram?
    private var positiveDeltas: [Int64] = []
    private var negativeDeltas: [Int64] = []

    /// Reads the message in a part of `bytes`.
    ///
    /// - Returns: What is wrong with the histogram, if anything is; the message itself is sound.
    mutating func read(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) -> HistogramError? {
        timestamp = 0
        histogram = nil
        positiveDeltas.removeAll(keepingCapacity: true)
        negativeDeltas.removeAll(keepingCapacity: true)
        var read = NativeHistogram()
        var count: UInt64 = 0
        var zeroCount: UInt64 = 0
        var isFloat = false
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1:
                count = try reader.readUnsigned(tag)
                isFloat = false
            case 2:
                read.count = try reader.readDouble(tag)
                isFloat = true
            case 3: read.sum = try reader.readDouble(tag)
            case 4: read.schema = Int32(truncatingIfNeeded: try reader.readZigZag(tag))
            case 5: read.zeroThreshold = try reader.readDouble(tag)
            case 6: zeroCount = try reader.readUnsigned(tag)
            case 7: read.zeroCount = try reader.readDouble(tag)
            case 8: read.negativeSpans.append(try MessageParts.bucketSpan(bytes, in: try reader.readRange(tag)))
            case 9: try reader.readZigZags(tag, into: &negativeDeltas)
            case 10: try reader.readDoubles(tag, into: &read.negativeBuckets)
            case 11: read.positiveSpans.append(try MessageParts.bucketSpan(bytes, in: try reader.readRange(tag)))
            case 12: try reader.readZigZags(tag, into: &positiveDeltas)
            case 13: try reader.readDoubles(tag, into: &read.positiveBuckets)
            case 14:
                // A hint that is not known says nothing.
                let hint = UInt8(exactly: try reader.readUnsigned(tag))
                read.counterResetHint = hint.flatMap(NativeHistogram.CounterResetHint.init(rawValue:)) ?? .unknown
            case 15: timestamp = try reader.readSigned(tag)
            case 16: try reader.readDoubles(tag, into: &read.customBounds)
            default: try reader.skip(tag)
            }
        }
        if SpecialValue.isStaleMarker(read.sum) { return nil }
        do throws(HistogramError) {
            if !isFloat {
                try read.setPopulations(
                    count: count, zeroCount: zeroCount, positiveDeltas: positiveDeltas, negativeDeltas: negativeDeltas)
            }
            try Self.validateAndReduce(&read)
        } catch {
            return error
        }
        histogram = read
        return nil
    }

    private static func validateAndReduce(_ histogram: inout NativeHistogram) throws(HistogramError) {
        let schema = histogram.schema
        let finest = NativeHistogram.exponentialSchemas.upperBound
        guard schema > finest, schema <= NativeHistogram.finestReservedSchema else { return try histogram.validate() }
        // Whether spans and buckets agree does not depend on the schema, and can only be told before they are merged.
        histogram.schema = finest
        try histogram.validate()
        histogram.schema = schema
        histogram.reduceResolution(to: finest)
    }
}
