/// A native histogram with float populations: exponential buckets, or custom bounds with schema −53.
///
/// Source: the Prometheus native histogram specification. A value; what can be done with it lives beside the parts that
/// do it (query, exposition, storage).
package struct NativeHistogram: Equatable, Sendable {
    /// A run of neighbouring buckets.
    package struct Span: Equatable, Sendable {
        /// The gap, in buckets, to the end of the span before; for the first span the index of its first bucket.
        package var offset: Int32
        /// The number of buckets in the run.
        package var length: UInt32

        /// A run of `length` buckets after a gap of `offset`.
        package init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// What is known of resets between this histogram and the one before.
    package enum CounterResetHint: UInt8, Sendable {
        /// Nothing: readers compare buckets.
        case unknown = 0
        /// The counter was reset before this histogram.
        case reset = 1
        /// The counter was not reset.
        case notReset = 2
        /// The histogram is a gauge, to which resets do not apply.
        case gauge = 3
    }

    /// The schema of histograms with custom bounds.
    package static let customBoundsSchema: Int32 = -53

    /// −4 to 8 for exponential buckets of base 2^(2^−schema), or `customBoundsSchema`.
    package var schema: Int32 = 0
    /// The half-width of the zero bucket.
    package var zeroThreshold: Double = 0
    /// The population of the zero bucket.
    package var zeroCount: Double = 0
    /// The number of observations.
    package var count: Double = 0
    /// The sum of the observed values.
    package var sum: Double = 0
    /// The runs of buckets for positive values.
    package var positiveSpans: [Span] = []
    /// The populations of those buckets, in order.
    package var positiveBuckets: [Double] = []
    /// The runs of buckets for negative values.
    package var negativeSpans: [Span] = []
    /// The populations of those buckets, in order.
    package var negativeBuckets: [Double] = []
    /// Upper bounds, ascending, without +Inf; only with `customBoundsSchema`.
    package var customBounds: [Double] = []
    /// What is known of resets before this histogram.
    package var counterResetHint: CounterResetHint = .unknown

    /// An empty histogram.
    package init() {}
}
