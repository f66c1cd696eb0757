package import ApusBytes

/// Parts that several of Prometheus' protocol buffer messages have alike.
///
/// Source: `io/prometheus/client/metrics.proto`, `prometheus/prompb/types.proto`.
package enum MessageParts {
    /// Reads a bucket span: `io.prometheus.client.BucketSpan`, `prometheus.BucketSpan`.
    package static func bucketSpan(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(ProtobufError) -> NativeHistogram.Span {
        var span = NativeHistogram.Span(offset: 0, length: 0)
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: span.offset = Int32(truncatingIfNeeded: try reader.readZigZag(tag))
            case 2: span.length = UInt32(truncatingIfNeeded: try reader.readUnsigned(tag))
            default: try reader.skip(tag)
            }
        }
        return span
    }

    /// Finds where name and value of a label lie: `io.prometheus.client.LabelPair`, `prometheus.Label`.
    package static func label(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(ProtobufError) -> (name: Range<Int>, value: Range<Int>) {
        var label = (name: range.lowerBound..<range.lowerBound, value: range.lowerBound..<range.lowerBound)
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: label.name = try reader.readRange(tag)
            case 2: label.value = try reader.readRange(tag)
            default: try reader.skip(tag)
            }
        }
        return label
    }
}
