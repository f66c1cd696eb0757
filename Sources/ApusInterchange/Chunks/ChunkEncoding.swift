import ApusBytes
package import ApusModel

/// The encodings of Prometheus' chunks, by their number in files.
package enum ChunkEncoding: UInt8, Sendable {
    /// Floats.
    case float = 1
    /// Native histograms with whole populations.
    case integerHistogram = 2
    /// Native histograms with float populations.
    case floatHistogram = 3

    /// Appends the samples of a chunk's data, of whatever encoding.
    ///
    /// Times ascend and are after the last that `columns` has had within this call. A histogram's staleness marker becomes the
    /// float that Apus stores for it.
    ///
    /// - Throws: `ChunkError`; what was appended before it is left in `columns`.
    package static func decode(
        _ data: RawSpan, encoding: UInt8, into columns: inout SampleColumns
    ) throws(ChunkError) {
        let first = columns.count
        switch ChunkEncoding(rawValue: encoding) {
        case .float: try FloatChunk.decode(data, into: &columns)
        case .integerHistogram: try IntegerHistogramChunk.decode(data, into: &columns)
        case .floatHistogram: try FloatHistogramChunk.decode(data, into: &columns)
        case nil: throw .unknownEncoding(encoding)
        }
        guard columns.count > first else { throw .empty }
        for index in (first + 1)..<max(first + 1, columns.count)
        where columns.timestamps[index] <= columns.timestamps[index - 1] {
            throw .timesNotAscending(sample: index - first)
        }
    }
}
