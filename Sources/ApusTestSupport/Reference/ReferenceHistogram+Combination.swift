import ApusModel

extension ReferenceHistogram {
    /// The sum of histograms in the layout that adding them one by one leads to.
    static func sum(_ histograms: [ReferenceHistogram], layout: ReferenceHistogram) -> ReferenceHistogram {
        combined(histograms, layout: layout, ReferenceArithmetic.sum)
    }

    /// The mean of histograms in the layout that adding them one by one leads to.
    static func mean(_ histograms: [ReferenceHistogram], layout: ReferenceHistogram) -> ReferenceHistogram {
        combined(histograms, layout: layout, ReferenceArithmetic.mean)
    }

    private static func combined(
        _ histograms: [ReferenceHistogram], layout: ReferenceHistogram, _ combine: ([Double]) -> Double
    ) -> ReferenceHistogram {
        let members = histograms.map { member in
            if layout.isCustom { return member.bounds == layout.bounds ? member : member.rolledUp(to: layout.bounds) }
            let widened =
                member.zeroThreshold < layout.zeroThreshold
                ? member.withZeroBucket(reaching: layout.zeroThreshold) : member
            return widened.reduced(to: layout.schema)
        }
        func buckets(_ part: (ReferenceHistogram) -> [Int: Double]) -> [Int: Double] {
            var result: [Int: Double] = [:]
            for index in Set(members.flatMap { part($0).keys }) {
                let population = combine(members.map { part($0)[index] ?? 0 })
                if population != 0 { result[index] = population }
            }
            return result
        }
        var result = layout
        result.count = combine(members.map(\.count))
        result.sum = combine(members.map(\.sum))
        result.zeroCount = combine(members.map(\.zeroCount))
        result.positive = buckets(\.positive)
        result.negative = buckets(\.negative)
        if histograms.count > 1 {
            let hints = Set(histograms.map(\.hint))
            if hints.contains(.gauge) {
                result.hint = .gauge
            } else {
                result.hint = hints.count == 1 ? histograms[0].hint : .unknown
            }
        }
        return result
    }

    // MARK: Trimming

    /// The observations on one side of a bound; the bucket that is cut is interpolated, and the sum follows from where
    /// the kept observations are taken to lie.
    func trimmed(at bound: Double, keepsBelow: Bool) -> ReferenceHistogram {
        var result = self
        var isChanged = false
        var sum = 0.0
        func kept(_ bucket: Bucket) -> Double {
            let (share, middle) = part(of: bucket, at: bound, keepsBelow: keepsBelow)
            if share < 1 { isChanged = true }
            let rest = bucket.population * share
            if rest != 0 { sum += rest * middle }
            return rest
        }
        for (index, population) in positive {
            let bucket = Bucket(lower: self.bound(index - 1), upper: self.bound(index), population: population)
            let rest = kept(bucket)
            result.positive[index] = rest == 0 ? nil : rest
        }
        for (index, population) in negative {
            let bucket = Bucket(lower: -self.bound(index), upper: -self.bound(index - 1), population: population)
            let rest = kept(bucket)
            result.negative[index] = rest == 0 ? nil : rest
        }
        if zeroCount != 0 {
            var bucket = Bucket(lower: -zeroThreshold, upper: zeroThreshold, population: zeroCount)
            if negative.isEmpty, !positive.isEmpty { bucket.lower = 0 }
            if positive.isEmpty, !negative.isEmpty { bucket.upper = 0 }
            result.zeroCount = kept(bucket)
        }
        guard isChanged else { return self }
        result.count = result.buckets.reduce(0) { $0 + $1.population }
        result.sum = sum
        return result
    }

    /// Which share of a bucket is kept, and where those observations lie on average.
    private func part(of bucket: Bucket, at bound: Double, keepsBelow: Bool) -> (share: Double, middle: Double) {
        var (lower, upper) = (bucket.lower, bucket.upper)
        if isCustom, lower == -.infinity, upper > 0, upper < .infinity { lower = 0 }
        if lower == -.infinity && upper == .infinity {
            let isKept = keepsBelow ? bound == .infinity : bound == -.infinity
            return (isKept ? 1 : 0, 0)
        }
        if upper == .infinity {
            // What is beyond the last bound lies at the bound, or at the cut.
            if keepsBelow { return (bound == .infinity ? 1 : 0, lower) }
            return (bound == .infinity ? 0 : 1, Swift.max(lower, bound))
        }
        if lower == -.infinity {
            if keepsBelow { return (bound == -.infinity ? 0 : 1, Swift.min(upper, bound)) }
            return (bound == -.infinity ? 1 : 0, upper)
        }
        func middle(_ a: Double, _ b: Double) -> Double {
            if isCustom || (a <= 0 && b >= 0) || (bucket.lower <= 0 && bucket.upper >= 0) { return (a + b) / 2 }
            return (a * b).squareRoot() * (a < 0 ? -1 : 1)
        }
        if upper <= bound { return (keepsBelow ? 1 : 0, middle(lower, upper)) }
        if lower >= bound { return (keepsBelow ? 0 : 1, middle(lower, upper)) }
        let below = share(of: bucket, below: bound)
        return keepsBelow ? (below, middle(lower, bound)) : (1 - below, middle(bound, upper))
    }
}
