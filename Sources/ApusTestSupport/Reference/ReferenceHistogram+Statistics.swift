import Glibc

extension ReferenceHistogram {
    /// What is to be said about observations that are NaN.
    enum NaNRemark: String {
        case none
        case isNaN = "result is NaN"
        case isSkewed = "result is skewed higher"
    }

    /// Whether 0 lies in a bucket; such buckets and custom ones are interpolated linearly, the others exponentially.
    private func isLinear(_ bucket: Bucket) -> Bool {
        isCustom || (bucket.lower <= 0 && bucket.upper >= 0)
    }

    /// The buckets with the zero bucket cut to the side on which there are observations.
    private var boundedBuckets: [Bucket] {
        buckets.map { bucket in
            var bucket = bucket
            if !isCustom, bucket.lower < 0, bucket.upper > 0 {
                if negative.isEmpty, !positive.isEmpty { bucket.lower = 0 }
                if positive.isEmpty, !negative.isEmpty { bucket.upper = 0 }
            }
            return bucket
        }
    }

    /// The φ-quantile.
    func quantile(_ phi: Double) -> (value: Double, remark: NaNRemark) {
        if phi < 0 { return (-.infinity, .none) }
        if phi > 1 { return (.infinity, .none) }
        if count == 0 || phi.isNaN { return (.nan, .none) }
        let buckets = boundedBuckets
        guard !buckets.isEmpty else { return (sum.isNaN ? .nan : 0, sum.isNaN ? .isNaN : .none) }
        let total = buckets.reduce(0) { $0 + $1.population }
        let isForward = sum.isNaN || phi < 0.5
        // The rank counts from the near end, which is the more exact one.
        let rank = (isForward ? phi : 1 - phi) * count
        var reached = 0.0
        var chosen = buckets[0]
        for bucket in isForward ? buckets : buckets.reversed() {
            chosen = bucket
            reached += bucket.population
            if reached >= rank { break }
        }
        if isCustom {
            if chosen.lower == -.infinity {
                if chosen.upper <= 0 { return (chosen.upper, .none) }
                chosen.lower = 0
            } else if chosen.upper == .infinity {
                return (chosen.lower, .none)
            }
        }
        reached = min(reached, count)
        if reached < rank { return sum.isNaN ? (.nan, .isNaN) : (chosen.upper, .none) }
        let rankInBucket = isForward ? rank - (reached - chosen.population) : reached - rank
        let fraction = rankInBucket / chosen.population
        let remark = sum.isNaN && total < count ? NaNRemark.isSkewed : .none
        if isLinear(chosen) { return (chosen.lower + (chosen.upper - chosen.lower) * fraction, remark) }
        let low = Glibc.log2(chosen.lower.magnitude)
        let high = Glibc.log2(chosen.upper.magnitude)
        if chosen.lower > 0 { return (Glibc.exp2(low + (high - low) * fraction), remark) }
        return (-Glibc.exp2(high + (low - high) * (1 - fraction)), remark)
    }

    /// The part of the observations between two values.
    func fraction(from lower: Double, through upper: Double) -> Double {
        if count == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        let total = sum.isNaN ? buckets.reduce(0) { $0 + $1.population } : count
        func rank(of value: Double) -> Double {
            var rank = 0.0
            for var bucket in boundedBuckets {
                // As Prometheus has it, a custom bucket that holds or ends at 0 begins there: nothing tells it from a zero bucket.
                if isCustom, bucket.lower <= 0, bucket.upper >= 0 { bucket.lower = 0 }
                if bucket.lower >= value { break }
                if bucket.upper <= value {
                    rank += bucket.population
                } else if bucket.lower < value {
                    rank += bucket.population * share(of: bucket, below: value)
                }
            }
            return min(rank, total)
        }
        let high = upper == .infinity ? total : rank(of: upper)
        return (high - (lower == -.infinity ? 0 : rank(of: lower))) / count
    }

    /// The part of a bucket's observations that lies below a value in it.
    func share(of bucket: Bucket, below value: Double) -> Double {
        if isLinear(bucket) {
            var lower = bucket.lower
            if isCustom, lower == -.infinity {
                // The first bucket starts at 0 when its bound is positive; otherwise nothing is known of it.
                guard bucket.upper > 0 else { return 1 }
                lower = 0
            }
            if bucket.upper == .infinity { return 0 }
            return value <= lower ? 0 : (value - lower) / (bucket.upper - lower)
        }
        let low = Glibc.log2(bucket.lower.magnitude)
        let high = Glibc.log2(bucket.upper.magnitude)
        let middle = Glibc.log2(value.magnitude)
        return value > 0 ? (middle - low) / (high - low) : 1 - (middle - high) / (low - high)
    }

    /// The variance, each observation taken to lie at its bucket's mean.
    var variance: Double {
        let mean = sum / count
        var total = 0.0
        for bucket in buckets {
            let middle: Double
            if isCustom {
                middle = (bucket.upper + bucket.lower) / 2
            } else if bucket.lower <= 0 && bucket.upper >= 0 {
                middle = 0
            } else {
                middle = (bucket.upper * bucket.lower).squareRoot() * (bucket.upper < 0 ? -1 : 1)
            }
            total += bucket.population * (middle - mean) * (middle - mean)
        }
        return total / count
    }
}
