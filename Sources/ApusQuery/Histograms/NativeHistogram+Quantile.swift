package import ApusModel
import Glibc

extension NativeHistogram {
    /// What observations of NaN, which no bucket holds, do to an estimate.
    package enum NaNEffect: Sendable {
        /// There are none.
        case none
        /// The estimate is NaN, for the rank lies among them.
        case resultIsNaN
        /// The estimate is higher than it would be without them, for they count as the greatest observations.
        case resultIsSkewedHigher
    }

    /// The value below which the fraction `quantile` of the observations lies, as `histogram_quantile` estimates it.
    ///
    /// Within a bucket, exponential buckets are interpolated on a logarithmic scale, custom ones and the zero bucket
    /// linearly. The zero bucket has one side only if there are buckets on one side only. NaN without observations, −Inf
    /// and +Inf outside 0 to 1.
    package func quantile(_ quantile: Double) -> (value: Double, nanEffect: NaNEffect) {
        if quantile < 0 { return (-.infinity, .none) }
        if quantile > 1 { return (.infinity, .none) }
        if count == 0 || quantile.isNaN { return (.nan, .none) }
        // From the nearer end, but from below with observations of NaN, which count as the greatest ones.
        let isAscending = sum.isNaN || quantile < 0.5
        let rank = (isAscending ? quantile : 1 - quantile) * count
        var walk = BucketWalk(self, isDescending: !isAscending)
        var bucket = Bucket(lower: 0, upper: 0, population: 0)
        var reached = 0.0
        while let next = walk.next() {
            bucket = next
            if bucket.population == 0 { continue }
            reached += bucket.population
            if reached >= rank { break }
        }
        if isCustom {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return (bucket.upper, .none) }
                bucket.lower = 0
            } else if bucket.upper == .infinity {
                return (bucket.lower, .none)
            }
        } else if bucket.lower < 0, bucket.upper > 0 {
            limitToOneSide(&bucket)
        }
        // Rounding may have brought the populations above the count.
        if reached > count { reached = count }
        if reached < rank { return sum.isNaN ? (.nan, .resultIsNaN) : (bucket.upper, .none) }
        let rankInBucket = isAscending ? rank - (reached - bucket.population) : reached - rank
        var effect = NaNEffect.none
        if sum.isNaN {
            while let next = walk.next() { reached += next.population }
            // A NaN may also be the sum of both infinities, which are in buckets.
            if reached < count { effect = .resultIsSkewedHigher }
        }
        return (bucket.value(at: rankInBucket / bucket.population, isLinear: isCustom), effect)
    }

    /// The fraction of the observations between two values, as `histogram_fraction` estimates it, and whether
    /// observations of NaN, which are in no fraction, were excluded.
    ///
    /// The inverse of `quantile`, interpolated in the same way. NaN without observations.
    package func fraction(from lower: Double, to upper: Double) -> (value: Double, excludesNaN: Bool) {
        if count == 0 || lower.isNaN || upper.isNaN { return (.nan, false) }
        if lower >= upper { return (0, false) }
        var walk = BucketWalk(self)
        var rank = 0.0
        var total = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        while lowerRank == nil || upperRank == nil, var bucket = walk.next() {
            total += bucket.population
            let holdsZero = bucket.lower <= 0 && bucket.upper >= 0
            if holdsZero { limitToOneSide(&bucket) }
            let isLinear = isCustom || holdsZero
            if lowerRank == nil { lowerRank = bucket.rank(of: lower, after: rank, isLinear: isLinear) }
            if upperRank == nil { upperRank = bucket.rank(of: upper, after: rank, isLinear: isLinear) }
            rank += bucket.population
        }
        var excludesNaN = false
        if sum.isNaN {
            while let bucket = walk.next() { total += bucket.population }
            excludesNaN = total < count
        } else {
            total = count
        }
        let start = lowerRank.map { $0 > total ? total : $0 } ?? total
        let end = upperRank.map { $0 > total ? total : $0 } ?? total
        return ((end - start) / count, excludesNaN)
    }

    /// Makes 0 the border of a bucket around zero if the histogram has buckets on the other side only.
    private func limitToOneSide(_ bucket: inout Bucket) {
        if negativeBuckets.isEmpty, !positiveBuckets.isEmpty {
            bucket.lower = 0
        } else if positiveBuckets.isEmpty, !negativeBuckets.isEmpty {
            bucket.upper = 0
        }
    }
}

extension NativeHistogram.Bucket {
    /// The value that `fraction` of the observations of the bucket are below.
    fileprivate func value(at fraction: Double, isLinear: Bool) -> Double {
        if isLinear || (lower <= 0 && upper >= 0) { return lower + (upper - lower) * fraction }
        let logLower = log2(lower.magnitude)
        let logUpper = log2(upper.magnitude)
        if lower > 0 { return exp2(logLower + (logUpper - logLower) * fraction) }
        return -exp2(logUpper + (logLower - logUpper) * (1 - fraction))
    }

    /// The fraction of the observations of the bucket that are below `value`, which lies between its finite bounds.
    func fraction(below value: Double, isPositive: Bool, isLinear: Bool) -> Double {
        if isLinear { return (value - lower) / (upper - lower) }
        let logLower = log2(lower.magnitude)
        let logUpper = log2(upper.magnitude)
        let logValue = log2(value.magnitude)
        return isPositive
            ? (logValue - logLower) / (logUpper - logLower) : 1 - (logValue - logUpper) / (logLower - logUpper)
    }

    /// The number of observations up to `value`, with `rank` of them below the bucket; nil if it lies above the bucket.
    fileprivate func rank(of value: Double, after rank: Double, isLinear: Bool) -> Double? {
        if lower >= value { return rank }
        guard lower < value, upper > value else { return nil }
        if !isLinear { return rank + population * fraction(below: value, isPositive: value > 0, isLinear: false) }
        // Nothing is known of the distribution in a bucket without lower bound, so that all of it counts as below.
        return lower == -.infinity ? population : rank + population * (value - lower) / (upper - lower)
    }
}
