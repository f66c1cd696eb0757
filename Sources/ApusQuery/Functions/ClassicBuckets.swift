/// The cumulative buckets of a classic histogram at one step: upper bounds ascending, the last one +Inf.
struct ClassicBuckets {
    /// How far the counts of neighbours may differ, relatively, before a decrease is a fault of the data.
    private static let tolerance = 1e-12

    private var bounds: [Double] = []
    private var counts: [Double] = []

    /// Without buckets.
    init() {}

    var isEmpty: Bool { bounds.isEmpty }

    /// Forgets the buckets.
    mutating func removeAll() {
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// Adds a bucket; bounds must come ascending, those of equal bounds are added up.
    mutating func append(bound: Double, count: Double) {
        if bounds.last == bound {
            counts[counts.count - 1] += count
        } else {
            bounds.append(bound)
            counts.append(count)
        }
    }

    /// What had to be changed to make counts ascend.
    struct Fix {
        var lowestBucket: Double
        var highestBucket: Double
        var largestDifference: Double
    }

    /// Makes the counts ascend: differences within rounding silently, others with a report.
    ///
    /// Without a last bucket of +Inf there is no quantile, and nothing is changed; without observations there is none,
    /// and nothing is reported.
    mutating func makeMonotonic() -> Fix? {
        guard bounds.last == .infinity, var previous = counts.first else { return nil }
        var fix: Fix?
        for index in counts.indices.dropFirst() {
            let count = counts[index]
            if count == previous { continue }
            if Self.isAlmostEqual(previous, count) {
                counts[index] = previous
            } else if count < previous {
                counts[index] = previous
                let difference = previous - count
                let bound = bounds[index]
                fix = Fix(
                    lowestBucket: min(fix?.lowestBucket ?? bound, bound),
                    highestBucket: max(fix?.highestBucket ?? bound, bound),
                    largestDifference: max(fix?.largestDifference ?? 0, difference))
            } else {
                previous = count
            }
        }
        return counts.last == 0 ? nil : fix
    }

    private static func isAlmostEqual(_ a: Double, _ b: Double) -> Bool {
        let sum = a.magnitude + b.magnitude
        let difference = (a - b).magnitude
        if a == 0 || b == 0 || sum < .leastNormalMagnitude { return difference < tolerance * .leastNormalMagnitude }
        return difference / min(sum, .greatestFiniteMagnitude) < tolerance
    }

    /// The quantile, interpolated linearly inside the bucket it falls into; counts must ascend.
    func quantile(_ quantile: Double) -> Double {
        if quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        guard let lastBound = bounds.last, let observations = counts.last, lastBound == .infinity, bounds.count >= 2,
            observations != 0, !observations.isNaN
        else { return .nan }
        var rank = quantile * observations
        let last = bounds.count - 1
        let bucket = counts.prefix(last).firstIndex { $0 >= rank } ?? last
        if bucket == last { return bounds[last - 1] }
        if bucket == 0, bounds[0] <= 0 { return bounds[0] }
        var start = 0.0
        var count = counts[bucket]
        if bucket > 0 {
            start = bounds[bucket - 1]
            count -= counts[bucket - 1]
            rank -= counts[bucket - 1]
        }
        return start + (bounds[bucket] - start) * (rank / count)
    }

    /// The share of observations between two values, interpolated linearly inside buckets.
    func fraction(from lower: Double, to upper: Double) -> Double {
        guard let lastBound = bounds.last, let count = counts.last, lastBound == .infinity, count != 0, !lower.isNaN,
            !upper.isNaN
        else { return .nan }
        if lower >= upper { return 0 }
        return (rank(of: upper) - rank(of: lower)) / count
    }

    /// How many observations lie at or below a value.
    private func rank(of value: Double) -> Double {
        var rank = 0.0
        var lowerBound = bounds[0] > 0 ? 0 : -Double.infinity
        for (bound, count) in zip(bounds, counts) {
            if lowerBound >= value { return rank }
            if bound > value {
                // Nothing can be interpolated in a bucket without a lower bound: all of it counts as below.
                if lowerBound.isInfinite { return count }
                return rank + (count - rank) * (value - lowerBound) / (bound - lowerBound)
            }
            rank = count
            lowerBound = bound
        }
        return rank
    }
}
