package import ApusModel

/// An average of histograms that stays exact where the plain sum would overflow.
///
/// Like Prometheus it divides a compensated sum, and goes over to an incremental mean once the sum would be infinite.
package struct HistogramMean: Sendable {
    private var total: HistogramSum
    private var terms = 1.0
    private var isIncremental = false

    /// Whether some histogram said that its counter was reset, and another that it was not.
    package var hintsConflicted: Bool { total.hintsConflicted }
    /// Whether only the common ones of different custom bounds are left.
    package var boundsWereReconciled: Bool { total.boundsWereReconciled }

    /// An average of one histogram.
    package init(_ first: NativeHistogram) {
        total = HistogramSum(first)
    }

    /// Takes one histogram in; the average is unchanged if that is not possible.
    package mutating func add(_ histogram: NativeHistogram) throws(HistogramArithmeticError) {
        if !isIncremental {
            if !mayOverflow(with: histogram) {
                try total.add(histogram)
                terms += 1
                return
            }
            var next = total
            try next.add(histogram)
            if !next.contains(where: \.isInfinite) {
                total = next
                terms += 1
                return
            }
            total.divide(by: terms)
            isIncremental = true
        }
        let count = terms + 1
        var next = total
        next.multiply(by: terms / count)
        var share = histogram
        share.divide(by: count)
        try next.add(share)
        total = next
        terms = count
    }

    /// Takes another average in; this one is unchanged if that is not possible.
    package mutating func join(_ other: HistogramMean) throws(HistogramArithmeticError) {
        let count = terms + other.terms
        if !isIncremental, !other.isIncremental {
            var next = total
            try next.join(other.total)
            if !next.contains(where: \.isInfinite) {
                total = next
                terms = count
                return
            }
        }
        var next = mean
        next.multiply(by: terms / count)
        var share = other.mean
        share.multiply(by: other.terms / count)
        try next.join(share)
        total = next
        terms = count
        isIncremental = true
    }

    /// The average as a histogram, without empty buckets.
    package var histogram: NativeHistogram { mean.histogram }

    private var mean: HistogramSum {
        if isIncremental { return total }
        var mean = total
        mean.divide(by: terms)
        return mean
    }

    /// Whether a sum of the two could be infinite; a cheap look that spares copies.
    private func mayOverflow(with histogram: NativeHistogram) -> Bool {
        let limit = Double.greatestFiniteMagnitude / 4
        return total.contains { $0.magnitude > limit } || histogram.contains { $0.magnitude > limit }
    }
}
