import ApusBytes

/// Why a native histogram is refused.
///
/// The texts are those of Prometheus' `Validate`, which people and tests know.
package enum HistogramError: Error, Equatable, CustomStringConvertible {
    /// One of the two kinds of buckets.
    package enum Side: String, Sendable {
        /// The buckets for positive values.
        case positive
        /// The buckets for negative values.
        case negative
    }

    /// The schema is neither exponential in the supported range nor the one of custom bounds.
    case invalidSchema(Int32)
    /// A span reaches backwards; `side` is nil with custom bounds, spans count from 1.
    case negativeSpanOffset(side: Side?, span: Int, offset: Int32)
    /// Spans and populations differ in number; `side` is nil with custom bounds.
    case spansBucketsMismatch(side: Side?, needed: Int, available: Int)
    /// A population is below zero; buckets count from 1.
    case negativePopulation(side: Side, bucket: Int, population: Double)
    /// The spans need more custom bounds than there are.
    case tooFewCustomBounds(defined: Int, needed: Int)
    /// A custom bound is not above the one before.
    case customBoundsNotIncreasing(previous: Double, current: Double)
    /// The last custom bound is +Inf.
    case infiniteCustomBound
    /// A custom bound is not a number.
    case notANumberCustomBound
    /// A histogram with custom bounds has a zero bucket population.
    case customBoundsWithZeroCount
    /// A histogram with custom bounds has a zero bucket width.
    case customBoundsWithZeroThreshold
    /// A histogram with custom bounds has spans for negative values.
    case customBoundsWithNegativeSpans
    /// A histogram with custom bounds has buckets for negative values.
    case customBoundsWithNegativeBuckets
    /// A histogram with an exponential schema has custom bounds.
    case exponentialWithCustomBounds
    /// The buckets of an integer histogram hold another number of observations than its count says; with a sum that is
    /// not a number, more.
    case countMismatch(found: UInt64, count: UInt64, isSumNaN: Bool)

    package var description: String {
        switch self {
        case .invalidSchema(let schema):
            "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom "
                + "buckets, got schema \(schema)"
        case .negativeSpanOffset(let side, let span, let offset):
            "\(HistogramError.prefix(side)): span number \(span) with offset \(offset): histogram has a span whose "
                + "offset is negative"
        case .spansBucketsMismatch(let side, let needed, let available):
            "\(HistogramError.prefix(side)): spans need \(needed) buckets, have \(available) buckets: histogram spans "
                + "specify different number of buckets than provided"
        case .negativePopulation(let side, let bucket, let population):
            "\(HistogramError.prefix(side)): bucket number \(bucket) has observation count of "
                + "\(HistogramError.text(population)): histogram has a bucket whose observation count is negative"
        case .tooFewCustomBounds(let defined, let needed):
            "custom buckets: only \(defined) custom bounds defined which is insufficient to cover total span length of "
                + "\(needed): histogram custom bounds are too few"
        case .customBoundsNotIncreasing(let previous, let current):
            "custom buckets: previous bound is \(HistogramError.fixedText(previous)) and current is "
                + "\(HistogramError.fixedText(current)): histogram custom bounds must be in strictly increasing order"
        case .infiniteCustomBound:
            "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite"
        case .notANumberCustomBound: "custom buckets: histogram custom bounds must not be NaN"
        case .customBoundsWithZeroCount: "custom buckets: must have zero count of 0"
        case .customBoundsWithZeroThreshold: "custom buckets: must have zero threshold of 0"
        case .customBoundsWithNegativeSpans: "custom buckets: must not have negative spans"
        case .customBoundsWithNegativeBuckets: "custom buckets: must not have negative buckets"
        case .exponentialWithCustomBounds: "histogram with exponential schema must not have custom bounds"
        case .countMismatch(let found, let count, let isSumNaN):
            "\(found) observations found in buckets, but the Count field is \(count): histogram's observation count "
                + (isSumNaN
                    ? "should be at least the number of observations found in the buckets"
                    : "should equal the number of observations found in the buckets (in absence of NaN)")
        }
    }

    private static func prefix(_ side: Side?) -> String {
        side.map { "\($0.rawValue) side" } ?? "custom buckets"
    }

    private static func text(_ number: Double) -> String {
        var bytes: [UInt8] = []
        NumberText.append(number, .general, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// With six decimals, as `%f` writes.
    private static func fixedText(_ number: Double) -> String {
        guard number.isFinite, number.magnitude < 1e12 else { return text(number) }
        let millionths = (number.magnitude * 1e6).rounded(.toNearestOrEven)
        let (whole, fraction) = Int64(millionths).quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(fraction)
        return (number.sign == .minus ? "-" : "") + "\(whole)." + String(repeating: "0", count: 6 - digits.count)
            + digits
    }
}
