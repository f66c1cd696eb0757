package import ApusModel

/// The counts of a native histogram as instrumentation keeps them: whole numbers by bucket index.
///
/// Source: the Prometheus native histogram specification.
package struct NativeCounts: Sendable {
    /// A bucket with observations.
    package typealias Bucket = (index: Int32, count: UInt64)

    /// The fineness of the buckets, one of `NativeHistogram.exponentialSchemas`.
    package var schema: Int32
    /// The half-width of the zero bucket.
    package var zeroThreshold: Double
    /// The number of observations in the zero bucket.
    package var zeroCount: UInt64
    /// Buckets of positive values, ascending by index.
    package var positive: [Bucket]
    /// Buckets of negative values, ascending by the index of their absolute values.
    package var negative: [Bucket]
    /// Observations that stand for others.
    package var exemplars: [Exemplar]

    /// Counts with the given parts.
    package init(
        schema: Int32, zeroThreshold: Double, zeroCount: UInt64, positive: [Bucket], negative: [Bucket],
        exemplars: [Exemplar] = []
    ) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.positive = positive
        self.negative = negative
        self.exemplars = exemplars
    }

    /// Whether a reader could not tell these counts from those of a histogram without a native form.
    var needsMark: Bool { positive.isEmpty && negative.isEmpty && zeroCount == 0 && zeroThreshold == 0 }

    /// Buckets as runs and differences, as the wire carries them.
    ///
    /// Gaps of one or two buckets are filled, which is shorter than a new run.
    static func runs(_ buckets: [Bucket]) -> (spans: [NativeHistogram.Span], deltas: [Int64]) {
        var spans: [NativeHistogram.Span] = []
        var deltas: [Int64] = []
        var next: Int32 = 0
        var previous: UInt64 = 0
        for bucket in buckets {
            let gap = bucket.index &- next
            if spans.isEmpty || gap > 2 {
                spans.append(NativeHistogram.Span(offset: gap, length: 0))
            } else {
                for _ in 0..<max(0, gap) {
                    deltas.append(Int64(bitPattern: 0 &- previous))
                    previous = 0
                    spans[spans.count - 1].length += 1
                }
            }
            spans[spans.count - 1].length += 1
            deltas.append(Int64(bitPattern: bucket.count &- previous))
            previous = bucket.count
            next = bucket.index &+ 1
        }
        return (spans, deltas)
    }
}
