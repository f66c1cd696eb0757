import ApusModel

/// `irate` and `idelta` of series that have histograms: the change between the last two samples of each window.
struct HistogramPairKernel {
    /// What is to be remarked.
    private(set) var remarks: HistogramRemarks = []
    private let samples: RangeSamples
    private let isRate: Bool
    private let positions: HistogramPositions
    private let starts: StartTimes

    init(_ samples: RangeSamples, isRate: Bool) {
        self.samples = samples
        self.isRate = isRate
        positions = HistogramPositions(samples.columns)
        starts = StartTimes(samples.columns)
    }

    /// Writes a value for each window.
    mutating func evaluate(into row: inout Row) {
        PairKernels.instantChange(samples, isRate: isRate, into: &row.values)
        for window in row.values.indices where row.isPresent(at: window) {
            let last = Int(samples.ends[window]) - 1
            switch (positions[last - 1] >= 0, positions[last] >= 0) {
            case (false, false): break
            case (true, true):
                if let change = change(to: last) { row.set(change, at: window) } else { row.remove(at: window) }
            default:
                remarks.insert(.mixedSamples)
                row.remove(at: window)
            }
        }
    }

    private mutating func change(to last: Int) -> NativeHistogram? {
        let before = samples.columns.histograms[positions[last - 1]].histogram
        let histogram = samples.columns.histograms[positions[last]].histogram
        let isGauge = (before.counterResetHint == .gauge, histogram.counterResetHint == .gauge)
        if isRate, isGauge.0 || isGauge.1 { remarks.insert(.notCounter) }
        if !isRate, !isGauge.0 || !isGauge.1 { remarks.insert(.notGauge) }
        var result = histogram
        let isReset = isRate && ((starts.areKnown && starts.isReset(at: last)) || histogram.detectsReset(after: before))
        if !isReset {
            do throws(HistogramArithmeticError) {
                if try result.subtract(before).boundsWereReconciled { remarks.insert(.reconciledInSubtraction) }
            } catch {
                remarks.insert(.mixedSchemas)
                return nil
            }
        }
        result.counterResetHint = .gauge
        result.compact()
        if isRate {
            let gap = samples.columns.timestamps[last] &- samples.columns.timestamps[last - 1]
            result.divide(by: Double(gap) / 1_000)
        }
        return result
    }
}
