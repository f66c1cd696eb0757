import ApusModel

extension RangeFunction {
    /// Evaluates all windows of a series that has histograms, alone or among floats.
    ///
    /// - Returns: what is to be remarked of them.
    func evaluateMixed(_ samples: RangeSamples, on grid: StepGrid, into row: inout Row) -> HistogramRemarks {
        switch self {
        case .count, .presence, .endTime, .changes, .resets, .extendedCount:
            return evaluate(samples, on: grid, into: &row.values)
        case .end(let isLast):
            placeEnds(samples, isLast: isLast, into: &row)
            return []
        case .instantChange(let isRate):
            var kernel = HistogramPairKernel(samples, isRate: isRate)
            kernel.evaluate(into: &row)
            return kernel.remarks
        case .rate(let form):
            var kernel = HistogramRateKernel(samples, form)
            return eitherKind(kernel.split, on: grid, into: &row) { kernel.value(window: $0) } + kernel.remarks
        case .extendedRate(let form, let extent):
            let split = SplitSamples(samples)
            var kernel = HistogramExtendedKernel(split, form, extent)
            let remarks = eitherKind(split, on: grid, into: &row) { _ in nil }
            kernel.evaluate(into: &row)
            return remarks + kernel.remarks
        case .sum, .average:
            let split = SplitSamples(samples)
            var kernel = HistogramMomentKernel(split, isAverage: isAverage)
            return eitherKind(split, on: grid, into: &row) { kernel.value(window: $0) } + kernel.remarks
        case .extreme, .variance, .quantile, .medianDistance, .slope, .prediction, .smoothing:
            return ignoringHistograms(SplitSamples(samples), on: grid, into: &row)
        }
    }

    private var isAverage: Bool {
        if case .average = self { return true }
        return false
    }

    /// Functions that histograms take no part in.
    private func ignoringHistograms(_ split: SplitSamples, on grid: StepGrid, into row: inout Row) -> HistogramRemarks {
        var remarks = evaluate(split.floats, on: grid, into: &row.values)
        for window in row.values.indices where split.hasFloats(window) && !split.histogramRange(window).isEmpty {
            remarks.insert(.ignoredInMixedRange)
        }
        return remarks
    }

    /// Functions of windows of which all samples are of one kind; windows with both have no value.
    private func eitherKind(
        _ split: SplitSamples, on grid: StepGrid, into row: inout Row,
        _ value: (Int) -> NativeHistogram?
    ) -> HistogramRemarks {
        var remarks = evaluate(split.floats, on: grid, into: &row.values)
        for window in row.values.indices where !split.histogramRange(window).isEmpty {
            if split.hasFloats(window) {
                row.remove(at: window)
                remarks.insert(.mixedSamples)
            } else if let histogram = value(window) {
                row.set(histogram, at: window)
            }
        }
        return remarks
    }

    /// `last_over_time` and `first_over_time`: the sample itself, of whichever kind it is.
    private func placeEnds(_ samples: RangeSamples, isLast: Bool, into row: inout Row) {
        let positions = HistogramPositions(samples.columns)
        for window in row.values.indices {
            let (first, end) = (Int(samples.firsts[window]), Int(samples.ends[window]))
            if end <= first {
                row.remove(at: window)
                continue
            }
            let sample = isLast ? end - 1 : first
            if positions[sample] >= 0 {
                row.set(samples.columns.histograms[positions[sample]].histogram, at: window)
            } else {
                row.set(samples.columns.values[sample], at: window)
            }
        }
    }
}

extension HistogramRemarks {
    fileprivate static func + (a: HistogramRemarks, b: HistogramRemarks) -> HistogramRemarks { a.union(b) }
}
