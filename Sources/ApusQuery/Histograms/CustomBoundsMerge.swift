import ApusModel

/// Adds histograms of different custom bounds up, in buckets between the bounds that all have.
///
/// No observation is split: a bucket goes as a whole into the wider one that holds it.
struct CustomBoundsMerge {
    typealias Span = NativeHistogram.Span

    /// The common bounds, ascending.
    let bounds: [Double]
    /// One per bucket, the last one ending at +Inf.
    private(set) var sums: [CompensatedSum]

    /// An empty merge over the bounds that both have.
    init(_ one: [Double], _ other: [Double]) {
        var common: [Double] = []
        var (position, otherPosition) = (0, 0)
        while position < one.count, otherPosition < other.count {
            if one[position] == other[otherPosition] {
                common.append(one[position])
                position += 1
                otherPosition += 1
            } else if one[position] < other[otherPosition] {
                position += 1
            } else {
                otherPosition += 1
            }
        }
        bounds = common
        sums = [CompensatedSum](repeating: CompensatedSum(), count: common.count + 1)
    }

    /// Adds `sign` times the buckets between `sourceBounds`, and what rounding took from them.
    mutating func add(
        _ spans: [Span], _ populations: [Double], compensations: [Double] = [], bounds sourceBounds: [Double],
        sign: Double = 1
    ) {
        var cursor = BucketCursor(spans, populationCount: populations.count)
        var target = 0
        while cursor.advance() {
            if cursor.index >= sourceBounds.count {
                target = bounds.count
            } else if cursor.index >= 0 {
                let bound = sourceBounds[cursor.index]
                while target < bounds.count, !(bounds[target] >= bound) { target += 1 }
            }
            sums[target].add(sign * populations[cursor.position])
            if cursor.position < compensations.count { sums[target].add(sign * compensations[cursor.position]) }
        }
    }

    /// The buckets that hold something, and what rounding took from them.
    func buckets() -> (spans: [Span], populations: [Double], compensations: [Double]) {
        var runs = BucketRuns(capacity: sums.count)
        var compensations: [Double] = []
        compensations.reserveCapacity(sums.count)
        for (index, sum) in sums.enumerated() where sum.sum != 0 || sum.compensation != 0 {
            runs.append(sum.sum, at: index)
            compensations.append(sum.compensation)
        }
        return (runs.spans, runs.populations, compensations)
    }
}
