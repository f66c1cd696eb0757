import ApusEncoding
import ApusModel

extension NativeHistogram {
    /// The greatest exponential schema that Apus keeps; finer ones, which newer files may have, are merged to it.
    private static let finestSchema: Int32 = 8
    private static let finestReservedSchema: Int32 = 52

    /// Checks a histogram that was read from a chunk or record and merges buckets that are finer than Apus keeps.
    mutating func finishReading(sample: Int) throws(ChunkError) {
        if schema > Self.finestSchema, schema <= Self.finestReservedSchema { reduceResolution(to: Self.finestSchema) }
        do throws(HistogramError) { try validate() } catch {
            throw .invalidHistogram(sample: sample, reason: error.description)
        }
        guard HistogramLayout.isStorable(self) else { throw .tooManyBuckets(UInt64(HistogramLayout.weight(self))) }
    }
}
