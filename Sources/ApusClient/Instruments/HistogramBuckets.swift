import Glibc

/// The upper bounds of a histogram's buckets, ascending; the last bucket, without bound, is always there besides.
///
/// ```swift
/// let sizes = HistogramBuckets.exponential(start: 256, factor: 4, count: 8)
/// let times: HistogramBuckets = [0.001, 0.01, 0.1, 1]
/// ```
public struct HistogramBuckets: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The bounds, as given.
    public var upperBounds: [Double]

    /// Buckets with the given upper bounds.
    public init(_ upperBounds: [Double]) {
        self.upperBounds = upperBounds
    }

    /// Buckets with the given upper bounds.
    public init(arrayLiteral upperBounds: Double...) {
        self.upperBounds = upperBounds
    }

    /// From 5 ms to 10 s: the latency of services over a network, in seconds.
    ///
    /// ```swift
    /// let times = HistogramBuckets(HistogramBuckets.latency.upperBounds + [30, 60])
    /// ```
    public static let latency: HistogramBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// `count` buckets of one width, the first of them bounded by `start`.
    ///
    /// ```swift
    /// let lengths = HistogramBuckets.linear(start: 10, width: 10, count: 20)
    /// ```
    public static func linear(start: Double, width: Double, count: Int) -> HistogramBuckets {
        HistogramBuckets((0..<max(0, count)).map { start + width * Double($0) })
    }

    /// `count` buckets, each bounded by `factor` times the bound before it, the first by `start`.
    public static func exponential(start: Double, factor: Double, count: Int) -> HistogramBuckets {
        var bound = start
        var bounds: [Double] = []
        for _ in 0..<max(0, count) {
            bounds.append(bound)
            bound *= factor
        }
        return HistogramBuckets(bounds)
    }

    /// The bounds without a trailing infinity, or `nil` when they are not ascending numbers.
    func checked() -> [Double]? {
        var bounds = upperBounds
        if bounds.last == .infinity { bounds.removeLast() }
        var previous = -Double.infinity
        for bound in bounds {
            guard bound > previous, bound.isFinite else { return nil }
            previous = bound
        }
        return bounds
    }
}
