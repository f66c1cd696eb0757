import ApusModel

/// The sum or the mean of histograms: of a group at one step, or of a window.
enum HistogramCell: Sendable {
    case emptySum
    case emptyMean
    case sum(HistogramSum)
    case mean(HistogramMean)
    /// Histograms of both kinds of buckets met, so that there is no result.
    case incompatible

    /// Of no histograms.
    init(isAverage: Bool) {
        self = isAverage ? .emptyMean : .emptySum
    }

    /// Whether there was any histogram.
    var isEmpty: Bool {
        switch self {
        case .emptySum, .emptyMean: true
        case .sum, .mean, .incompatible: false
        }
    }

    /// Adds a histogram; once one does not fit the others there is no result.
    mutating func add(_ histogram: NativeHistogram, _ remarks: inout HistogramRemarks) {
        do throws(HistogramArithmeticError) {
            switch consume self {
            case .emptySum: self = .sum(HistogramSum(histogram))
            case .emptyMean: self = .mean(HistogramMean(histogram))
            case .sum(var total):
                // Nothing else may hold the sum while it grows, or else it would be copied.
                self = .incompatible
                try total.add(histogram)
                self = .sum(total)
            case .mean(var mean):
                self = .incompatible
                try mean.add(histogram)
                self = .mean(mean)
            case .incompatible: self = .incompatible
            }
        } catch {
            remarks.insert(.mixedSchemas)
        }
    }

    /// Adds the histograms of another cell, which come after those of this one.
    mutating func join(_ other: HistogramCell, _ remarks: inout HistogramRemarks) {
        if other.isEmpty { return }
        if isEmpty {
            self = other
            return
        }
        let own = self
        self = .incompatible
        do throws(HistogramArithmeticError) {
            switch (own, other) {
            case (.sum(var total), .sum(let otherTotal)):
                try total.join(otherTotal)
                self = .sum(total)
            case (.mean(var mean), .mean(let otherMean)):
                try mean.join(otherMean)
                self = .mean(mean)
            default: break
            }
        } catch {
            remarks.insert(.mixedSchemas)
        }
    }

    /// The result, if there is one.
    func result(_ remarks: inout HistogramRemarks) -> NativeHistogram? {
        switch self {
        case .emptySum, .emptyMean, .incompatible: return nil
        case .sum(let total):
            if total.hintsConflicted { remarks.insert(.conflictInAggregation) }
            if total.boundsWereReconciled { remarks.insert(.reconciledInAggregation) }
            return total.histogram
        case .mean(let mean):
            if mean.hintsConflicted { remarks.insert(.conflictInAggregation) }
            if mean.boundsWereReconciled { remarks.insert(.reconciledInAggregation) }
            return mean.histogram
        }
    }
}
