import ApusModel
import Glibc

/// How a native histogram, whose buckets need not be chosen, cuts its values.
///
/// Its buckets grow by a constant factor and exist only where there are observations, so that it is exact to a few per
/// cent whatever the values are. Scrapers take it by protocol buffers; other formats show its count and sum.
///
/// ```swift
/// let size = try registry.histogram(
///     "body_bytes", help: "Size of bodies.", native: NativeBuckets(growthFactor: 1.1))
/// let bounded = NativeBuckets(
///     zeroThreshold: 1e-6, maximumBuckets: 80, minimumResetInterval: .seconds(3_600), maximumZeroThreshold: 1e-3)
/// ```
public struct NativeBuckets: Sendable, Hashable {
    /// By how much a bucket's bound is greater than the one before, at most; above 1.
    ///
    /// The coarsest of the standard's factors that is not greater is taken: 1.1 gives 2^(1/8), which is 1.0905.
    public var growthFactor: Double
    /// Values whose absolute value is not above this one count as zero.
    public var zeroThreshold: Double
    /// The number of buckets of one series above which resolution is given up; 0 for no bound.
    ///
    /// In this order: the histogram begins anew if `minimumResetInterval` has passed since it did last; the zero bucket
    /// takes in the smallest values up to `maximumZeroThreshold`; neighbouring buckets become one.
    public var maximumBuckets: Int
    /// How long a histogram counts before it may begin anew because it has too many buckets; `nil` for never.
    public var minimumResetInterval: Duration?
    /// Up to where the zero bucket may be widened; 0 for not at all.
    public var maximumZeroThreshold: Double

    /// Buckets with the given properties.
    public init(
        growthFactor: Double = 1.1,
        zeroThreshold: Double = 0x1p-128,
        maximumBuckets: Int = 160,
        minimumResetInterval: Duration? = nil,
        maximumZeroThreshold: Double = 0
    ) {
        self.growthFactor = growthFactor
        self.zeroThreshold = zeroThreshold
        self.maximumBuckets = maximumBuckets
        self.minimumResetInterval = minimumResetInterval
        self.maximumZeroThreshold = maximumZeroThreshold
    }

    /// Whether the properties make sense.
    var isValid: Bool {
        growthFactor > 1 && growthFactor.isFinite && zeroThreshold >= 0 && zeroThreshold.isFinite
            && maximumBuckets >= 0 && maximumZeroThreshold >= 0 && maximumZeroThreshold.isFinite
    }

    /// The schema whose factor, 2^(2^−schema), is the greatest that is not above the growth factor.
    ///
    /// Source: the Go client library, which rounds in the same way.
    var schema: Int32 {
        let exact = -log2(log2(growthFactor))
        let range = NativeHistogram.exponentialSchemas
        guard exact > Double(range.lowerBound) else { return range.lowerBound }
        guard exact < Double(range.upperBound) else { return range.upperBound }
        return Int32(exact.rounded(.up))
    }
}
