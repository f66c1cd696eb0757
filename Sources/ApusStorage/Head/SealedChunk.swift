import ApusBytes
import ApusEncoding
import ApusModel

/// Encoded samples of one series, in memory until they are written to a chunk file.
struct SealedChunk: Sendable {
    let minimumTime: Int64
    let maximumTime: Int64
    let count: Int32
    /// The length of the column of timestamps; the column of values is the rest.
    let timestampLength: Int32
    let bytes: [UInt8]

    /// Encodes samples, at least one.
    init(_ samples: borrowing SampleColumns, encoder: inout ColumnEncoder, writer: inout ByteWriter) {
        writer.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(samples.timestamps.span, to: &writer)
        timestampLength = Int32(writer.count)
        if samples.histograms.isEmpty {
            encoder.appendValues(samples.values.span, to: &writer)
        } else {
            encoder.appendHistograms(samples.histograms[...], among: samples.values.span, from: 0, to: &writer)
        }
        // A copy of the exact length: the writer's buffer has room to spare.
        bytes = unsafe writer.bytes.withUnsafeBufferPointer { unsafe Array($0) }
        minimumTime = samples.timestamps[0]
        maximumTime = samples.timestamps[samples.count - 1]
        count = Int32(samples.count)
    }

    /// Appends the first `limit` samples, as far as they lie in a range of time.
    func read(
        _ scratch: inout ReadScratch, limit: Int, range: ClosedRange<Int64>, into columns: inout SampleColumns
    ) throws(ColumnError) {
        let all = unsafe bytes.span.bytes
        let split = Int(timestampLength)
        let kept = try scratch.appendTimestamps(
            all.extracting(0..<split), count: Int(count), limit: limit, range: range, to: &columns.timestamps)
        guard !kept.isEmpty else { return }
        try scratch.decoder.decodeSamples(
            all.extracting(split..<all.byteCount), count: Int(count), keeping: kept, into: &columns)
    }
}

extension StoredChunk {
    /// Appends the first `limit` samples, as far as they lie in a range of time.
    func read(
        _ file: borrowing ChunkFile, _ scratch: inout ReadScratch, limit: Int, range: ClosedRange<Int64>,
        into columns: inout SampleColumns
    ) throws(ColumnError) {
        let all = file.bytes
        let kept = try scratch.appendTimestamps(
            all.extracting(timestamps), count: count, limit: limit, range: range, to: &columns.timestamps)
        guard !kept.isEmpty else { return }
        try scratch.decoder.decodeSamples(all.extracting(values), count: count, keeping: kept, into: &columns)
    }
}
