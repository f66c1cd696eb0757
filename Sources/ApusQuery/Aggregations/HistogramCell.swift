import ApusModel

/// The sum or the mean of histograms: of a group at one step, or of a window.
struct HistogramCell: Sendable {
    private let isAverage: Bool
    private var sum: HistogramSum?
    private var mean: HistogramMean?
    /// Whether histograms of both kinds of buckets met, so that there is no result.
    private var isIncompatible = false
    /// Whether a float came first: the histograms that follow are not added up, and nothing is said of them.
    private var isBehindFloat = false

    /// Of no histograms.
    init(isAverage: Bool) {
        self.isAverage = isAverage
    }

    /// Whether there was no histogram.
    var isEmpty: Bool { sum == nil && mean == nil && !isBehindFloat }

    /// Adds a histogram; once one does not fit the others there is no result.
    mutating func add(_ histogram: NativeHistogram, _ remarks: inout HistogramRemarks) {
        if isIncompatible || isBehindFloat { return }
        if isEmpty {
            if isAverage { mean = HistogramMean(histogram) } else { sum = HistogramSum(histogram) }
            return
        }
        do throws(HistogramArithmeticError) {
            try sum?.add(histogram)
            try mean?.add(histogram)
        } catch {
            isIncompatible = true
            remarks.insert(.mixedSchemas)
        }
    }

    /// Leaves out histograms that follow a float.
    mutating func skip() {
        if isEmpty { isBehindFloat = true }
    }

    /// Adds the histograms of another cell, which come after those of this one.
    mutating func join(_ other: HistogramCell, _ remarks: inout HistogramRemarks) {
        if other.isEmpty { return }
        if isEmpty {
            self = other
            return
        }
        isIncompatible = isIncompatible || other.isIncompatible
        if isIncompatible || isBehindFloat { return }
        do throws(HistogramArithmeticError) {
            if let other = other.sum { try sum?.join(other) }
            if let other = other.mean { try mean?.join(other) }
        } catch {
            isIncompatible = true
            remarks.insert(.mixedSchemas)
        }
    }

    /// The result, if there is one.
    func result(_ remarks: inout HistogramRemarks) -> NativeHistogram? {
        if isIncompatible { return nil }
        if sum?.hintsConflicted ?? mean?.hintsConflicted ?? false { remarks.insert(.conflictInAggregation) }
        if sum?.boundsWereReconciled ?? mean?.boundsWereReconciled ?? false {
            remarks.insert(.reconciledInAggregation)
        }
        return sum?.histogram ?? mean?.histogram
    }
}
