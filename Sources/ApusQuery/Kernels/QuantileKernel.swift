import ApusModel

/// Quantiles of sets of values, and the functions over time that need windows in order of value.
enum QuantileKernel {
    /// The order in which quantiles are taken: by value, NaN first.
    @inline(__always)
    static func isOrdered(_ a: Double, before b: Double) -> Bool {
        if a.isNaN { return !b.isNaN }
        return a < b
    }

    /// The quantile of sorted values; linear between neighbours.
    ///
    /// - Returns: NaN for no values or a NaN quantile, an infinity for one outside 0…1.
    static func quantile(_ quantile: Double, ofSorted values: Span<Double>) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        let rank = quantile * Double(values.count - 1)
        let lower = rank.rounded(.down)
        let weight = rank - lower
        let lowerIndex = min(max(0, Int(lower)), values.count - 1)
        let upperIndex = min(values.count - 1, lowerIndex + 1)
        return values[lowerIndex] * (1 - weight) + values[upperIndex] * weight
    }

    /// `quantile_over_time`: `quantiles` has one per step, or one for all.
    static func overTime(_ samples: RangeSamples, quantiles: [Double], into row: inout [Double]) {
        forEachSortedWindow(samples, into: &row) { index, sorted in
            quantile(quantiles.count == 1 ? quantiles[0] : quantiles[index], ofSorted: sorted)
        }
    }

    /// `mad_over_time`: the median distance from the median; NaN where a window has a NaN.
    static func medianDistance(_ samples: RangeSamples, into row: inout [Double]) {
        var distances: [Double] = []
        forEachSortedWindow(samples, into: &row) { _, sorted in
            if sorted[0].isNaN { return .nan }
            let median = quantile(0.5, ofSorted: sorted)
            distances.removeAll(keepingCapacity: true)
            for position in 0..<sorted.count { distances.append((sorted[position] - median).magnitude) }
            distances.sort(by: isOrdered)
            return quantile(0.5, ofSorted: distances.span)
        }
    }

    /// Keeps the window's values sorted while it slides: each sample is put in and taken out once, by binary search.
    private static func forEachSortedWindow(
        _ samples: RangeSamples, into row: inout [Double], _ value: (Int, Span<Double>) -> Double
    ) {
        let values = samples.columns.values.span
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        var sorted: [Double] = []
        var start = 0
        var next = 0
        for index in 0..<firsts.count {
            let first = Int(firsts[index])
            let end = Int(ends[index])
            if end <= first {
                row[index] = Point.absent
                continue
            }
            if first >= next || end - next > (next - first) {
                // Mostly new: sorting once is cheaper than many insertions.
                sorted.removeAll(keepingCapacity: true)
                for position in first..<end { sorted.append(values[position]) }
                sorted.sort(by: isOrdered)
            } else {
                while start < first {
                    sorted.remove(at: position(of: values[start], in: sorted.span))
                    start &+= 1
                }
                while next < end {
                    sorted.insert(values[next], at: position(of: values[next], in: sorted.span))
                    next &+= 1
                }
            }
            start = first
            next = end
            row[index] = value(index, sorted.span)
        }
    }

    /// The first position whose value is not ordered before `value`.
    private static func position(of value: Double, in sorted: Span<Double>) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if isOrdered(sorted[middle], before: value) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
