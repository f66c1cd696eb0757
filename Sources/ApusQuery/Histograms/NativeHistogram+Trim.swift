package import ApusModel

extension NativeHistogram {
    /// Which observations a trim keeps.
    private enum Kept { case below, above }

    /// Only the observations up to `limit`, as the operator `</` estimates them.
    ///
    /// The bucket around the limit is interpolated: exponential ones on a logarithmic scale, custom ones and the zero
    /// bucket linearly. Of a bucket that reaches to infinity, whose distribution is unknown, nothing is kept unless all of
    /// it is. If anything was cut, count and sum are estimated anew, the sum from the middles of the buckets.
    package func trimmed(below limit: Double) -> NativeHistogram { trimmed(at: limit, keeping: .below) }

    /// Only the observations from `limit` on, as the operator `>/` estimates them; see `trimmed(below:)`.
    package func trimmed(above limit: Double) -> NativeHistogram { trimmed(at: limit, keeping: .above) }

    private func trimmed(at limit: Double, keeping kept: Kept) -> NativeHistogram {
        var result = self
        var total = (count: 0.0, sum: 0.0)
        var isCut = false
        var hasPositive = false
        var hasNegative = false
        func trim(_ bucket: Bucket, isPositive: Bool) -> Double {
            let (population, middle) = rest(of: bucket, at: limit, keeping: kept, isPositive: isPositive)
            total.count += population
            total.sum += middle * population
            if population != bucket.population { isCut = true }
            return population
        }
        var cursor = positiveCursor
        while cursor.advance() {
            let population = positiveBuckets[cursor.position]
            if population == 0 { continue }
            hasPositive = true
            result.positiveBuckets[cursor.position] = trim(
                positiveBucket(at: cursor.index, population: population), isPositive: true)
        }
        cursor = negativeCursor
        while cursor.advance() {
            let population = negativeBuckets[cursor.position]
            if population == 0 { continue }
            hasNegative = true
            result.negativeBuckets[cursor.position] = trim(
                negativeBucket(at: cursor.index, population: population), isPositive: false)
        }
        if zeroCount > 0 {
            var bucket = zeroBucket
            if hasNegative, !hasPositive { bucket.upper = 0 }
            if hasPositive, !hasNegative { bucket.lower = 0 }
            let (population, middle) = NativeHistogram.restOfZeroBucket(bucket, at: limit, keeping: kept)
            if population != zeroCount { isCut = true }
            result.zeroCount = population
            total.sum += middle * population
            total.count += population
        }
        if !isCut { return self }
        result.count = total.count
        result.sum = total.sum
        result.compact()
        return result
    }

    /// What is left of a bucket, and the value in its middle.
    private func rest(
        of bucket: Bucket, at limit: Double, keeping kept: Kept, isPositive: Bool
    ) -> (population: Double, middle: Double) {
        let isWholeKept = kept == .below ? bucket.upper <= limit : bucket.lower >= limit
        if isWholeKept {
            return (bucket.population, middle(bucket.lower, bucket.upper, isPositive: isPositive))
        }
        guard kept == .below ? bucket.lower < limit : bucket.upper > limit else { return (0, 0) }
        if bucket.lower == -.infinity || bucket.upper == .infinity {
            return NativeHistogram.restOfUnboundedBucket(bucket, at: limit, keeping: kept)
        }
        let below = bucket.population * bucket.fraction(below: limit, isPositive: isPositive, isLinear: isCustom)
        return kept == .below
            ? (below, middle(bucket.lower, limit, isPositive: isPositive))
            : (bucket.population - below, middle(limit, bucket.upper, isPositive: isPositive))
    }

    /// The value that stands for the observations between two bounds.
    private func middle(_ lower: Double, _ upper: Double, isPositive: Bool) -> Double {
        if lower.isInfinite {
            if upper.isInfinite { return 0 }
            return upper > 0 ? upper / 2 : upper
        }
        if upper.isInfinite { return lower }
        if isCustom { return (lower + upper) / 2 }
        let mean = (lower * upper).magnitude.squareRoot()
        return isPositive ? mean : -mean
    }

    /// What is left of a bucket with an infinite bound that holds the limit.
    ///
    /// A bucket from −Inf to a positive bound is taken as if it began at 0, where observations usually do.
    private static func restOfUnboundedBucket(
        _ bucket: Bucket, at limit: Double, keeping kept: Kept
    ) -> (population: Double, middle: Double) {
        let hasNaturalStart = bucket.lower == -.infinity && bucket.upper > 0 && bucket.upper != .infinity
        switch kept {
        case .below:
            if bucket.lower != -.infinity { return (0, 0) }
            if limit > 0, hasNaturalStart { return (bucket.population * limit / bucket.upper, limit / 2) }
            return bucket.upper <= 0 ? (bucket.population, limit) : (0, 0)
        case .above:
            if bucket.lower != -.infinity {
                return limit >= bucket.lower ? (bucket.population, limit) : (0, 0)
            }
            if limit >= 0, hasNaturalStart {
                return (bucket.population * (1 - limit / bucket.upper), (limit + bucket.upper) / 2)
            }
            return (0, 0)
        }
    }

    private static func restOfZeroBucket(
        _ bucket: Bucket, at limit: Double, keeping kept: Kept
    ) -> (population: Double, middle: Double) {
        let (lower, upper) = (bucket.lower, bucket.upper)
        let whole = (bucket.population, (lower + upper) / 2)
        switch kept {
        case .below:
            if limit <= lower { return (0, 0) }
            if limit >= upper { return whole }
            return (bucket.population * ((limit - lower) / (upper - lower)), (lower + limit) / 2)
        case .above:
            if limit <= lower { return whole }
            if limit >= upper { return (0, 0) }
            return (bucket.population * ((upper - limit) / (upper - lower)), (limit + upper) / 2)
        }
    }
}
