import ApusModel

/// Why the bytes of a chunk cannot be decoded; whoever reads the file adds path and offset.
package enum ChunkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bits end at the given one, before the samples that the header promises do.
    case truncated(bit: Int)
    /// A number of more than 64 bits.
    case invalidNumber(bit: Int)
    /// A window of exclusive-or bits that is wider than a number.
    case invalidWindow(bit: Int)
    /// The encoding is none of those that are read.
    case unknownEncoding(UInt8)
    /// A time that is not after the one before.
    case timesNotAscending(sample: Int)
    /// A histogram that contradicts itself.
    case invalidHistogram(sample: Int, reason: String)
    /// More buckets than a histogram may have, or than a chunk may hold together.
    case tooManyBuckets(UInt64)
    /// A chunk without samples.
    case empty

    package var description: String {
        switch self {
        case .truncated(let bit): "the chunk ends at bit \(bit), before its last sample"
        case .invalidNumber(let bit): "a number at bit \(bit) of the chunk is too long"
        case .invalidWindow(let bit): "a window of bits at bit \(bit) of the chunk is too wide"
        case .unknownEncoding(let encoding): "encoding \(encoding) of a chunk is not known (1 to 3 are)"
        case .timesNotAscending(let sample): "the time of sample \(sample) of the chunk is not after the one before"
        case .invalidHistogram(let sample, let reason): "sample \(sample) of the chunk: \(reason)"
        case .tooManyBuckets(let count): "\(count) buckets are more than are read"
        case .empty: "a chunk without samples"
        }
    }
}
