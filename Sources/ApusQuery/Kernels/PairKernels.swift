import ApusModel

/// Kernels that look at neighbouring samples or at the ends of a window.
enum PairKernels {
    /// `irate` (`isRate`) and `idelta`: the change between the last two samples of each window.
    static func instantChange(_ samples: RangeSamples, isRate: Bool, into row: inout [Double]) {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let starts = StartTimes(samples.columns)
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        var output = row.mutableSpan
        for index in 0..<firsts.count {
            let last = Int(ends[index]) &- 1
            guard last > Int(firsts[index]), timestamps[last] > timestamps[last - 1] else {
                output[index] = Point.absent
                continue
            }
            let (previous, value) = (values[last - 1], values[last])
            if isRate {
                let isReset = value < previous || (starts.areKnown && starts.isReset(at: last))
                let change = isReset ? value : value - previous
                output[index] = change / (Double(timestamps[last] &- timestamps[last - 1]) / 1_000)
            } else {
                output[index] = value - previous
            }
        }
    }

    /// `resets` (`isReset`) and `changes`: how many neighbours in each window fall, or differ.
    static func count(_ samples: RangeSamples, isReset: Bool, into row: inout [Double]) {
        let counts = runningCounts(samples.columns, isReset: isReset)
        forEachWindow(samples, into: &row) { first, end in Double(counts[end - 1] - counts[first]) }
    }

    /// For each sample how often one before it was a reset, or a change; of two kinds of samples each follows the other
    /// by both.
    static func runningCounts(_ columns: SampleColumns, isReset: Bool) -> [Int32] {
        let values = columns.values.span
        let starts = StartTimes(columns)
        let histograms = HistogramPositions(columns)
        var counts = [Int32](repeating: 0, count: max(1, values.count))
        var total: Int32 = 0
        for index in 1..<max(1, values.count) {
            let (previous, value) = (values[index - 1], values[index])
            var isEvent = isReset ? value < previous : value != previous && !(value.isNaN && previous.isNaN)
            if !histograms.isEmpty, histograms[index] >= 0 || histograms[index - 1] >= 0 {
                if histograms[index] >= 0, histograms[index - 1] >= 0 {
                    let before = columns.histograms[histograms[index - 1]].histogram
                    let histogram = columns.histograms[histograms[index]].histogram
                    isEvent = isReset ? histogram.detectsReset(after: before) : !histogram.hasSameContent(as: before)
                } else {
                    isEvent = true
                }
            }
            if isReset, !isEvent, starts.areKnown { isEvent = starts.isReset(at: index) }
            if isEvent { total &+= 1 }
            counts[index] = total
        }
        return counts
    }

    /// `last_over_time` and `first_over_time`.
    static func end(_ samples: RangeSamples, isLast: Bool, into row: inout [Double]) {
        let values = samples.columns.values
        forEachWindow(samples, into: &row) { first, end in isLast ? values[end - 1] : values[first] }
    }

    /// `ts_of_last_over_time` and `ts_of_first_over_time`, in seconds.
    static func endTime(_ samples: RangeSamples, isLast: Bool, into row: inout [Double]) {
        let timestamps = samples.columns.timestamps
        forEachWindow(samples, into: &row) { first, end in
            Double(isLast ? timestamps[end - 1] : timestamps[first]) / 1_000
        }
    }

    /// `count_over_time`; `present_over_time` gives 1 instead of the number.
    static func sampleCount(_ samples: RangeSamples, isPresence: Bool, into row: inout [Double]) {
        forEachWindow(samples, into: &row) { first, end in isPresence ? 1 : Double(end - first) }
    }

    /// Writes `value(first, end)` for each window that has samples, given as positions, and absence for the others.
    @inline(__always)
    private static func forEachWindow(
        _ samples: RangeSamples, into row: inout [Double], _ value: (Int, Int) -> Double
    ) {
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        var output = row.mutableSpan
        for index in 0..<firsts.count {
            let first = Int(firsts[index])
            let end = Int(ends[index])
            output[index] = end > first ? value(first, end) : Point.absent
        }
    }
}
