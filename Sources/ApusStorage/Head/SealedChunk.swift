import ApusBytes
import ApusEncoding
import ApusModel

/// Encoded samples of one series, in memory.
struct SealedChunk: Sendable {
    let minimumTime: Int64
    let maximumTime: Int64
    let count: Int32
    /// The length of the column of timestamps; the column of values is the rest.
    private let timestampLength: Int32
    private let bytes: [UInt8]

    /// Encodes samples, at least one.
    init(timestamps: Span<Int64>, values: Span<Double>, encoder: inout ColumnEncoder, writer: inout ByteWriter) {
        writer.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(timestamps, to: &writer)
        timestampLength = Int32(writer.count)
        encoder.appendValues(values, to: &writer)
        // A copy of the exact length: the writer's buffer has room to spare.
        bytes = unsafe writer.bytes.withUnsafeBufferPointer { unsafe Array($0) }
        minimumTime = timestamps[0]
        maximumTime = timestamps[timestamps.count - 1]
        count = Int32(timestamps.count)
    }

    /// Appends all samples.
    func decode(_ decoder: inout ColumnDecoder, into columns: inout SampleColumns) throws(ColumnError) {
        let all = unsafe bytes.span.bytes
        let split = Int(timestampLength)
        try decoder.decodeTimestamps(all.extracting(0..<split), count: Int(count), into: &columns.timestamps)
        try decoder.decodeValues(all.extracting(split..<all.byteCount), count: Int(count), into: &columns.values)
    }
}
