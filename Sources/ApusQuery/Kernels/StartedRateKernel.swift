import ApusModel

/// How far the increase between the first and the last sample of a window is extended to the window's edges.
///
/// The general form of what `RateKernel` does inline: it also knows windows in which the counting of the first sample
/// began, so that there was a zero at that time.
struct RateExtrapolation {
    /// Whether the zero at the first sample's start time takes part, so that the first value belongs to the increase.
    let usesStart: Bool
    private let first: Int64
    private let last: Int64
    private let count: Int
    private let windowStart: Int64
    private let windowEnd: Int64
    private let start: Int64
    private let isCounter: Bool

    /// - Parameters:
    ///   - first: the time of the first of `count` samples, `last` that of the last one.
    ///   - window: the window's start, excluded, and its end.
    ///   - start: the start time of the first sample, 0 where it is unknown.
    init(
        first: Int64, last: Int64, count: Int, window: (start: Int64, end: Int64), start: Int64, isCounter: Bool
    ) {
        self.first = first
        self.last = last
        self.count = count
        windowStart = window.start
        windowEnd = window.end
        self.start = start
        self.isCounter = isCounter
        usesStart = isCounter && start != 0 && start > windowStart && start < first
    }

    /// By what an increase, which is `increase` from `firstValue` on, is to be multiplied.
    func factor(firstValue: Double, increase: Double) -> Double {
        let between = Double(last &- first) / 1_000
        let averageGap = count > 1 ? between / Double(count - 1) : 0
        let threshold = averageGap * 1.1
        let sampled = usesStart ? Double(last &- start) / 1_000 : between
        var toStart = usesStart ? 0 : Double(first &- windowStart) / 1_000
        var toEnd = Double(windowEnd &- last) / 1_000
        if !usesStart {
            if toStart >= threshold { toStart = averageGap / 2 }
            if isCounter, increase > 0, firstValue >= 0 { toStart = min(toStart, sampled * (firstValue / increase)) }
        }
        if toEnd >= threshold { toEnd = averageGap / 2 }
        return sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled
    }
}

/// `rate` and `increase` of counters whose samples tell when their counting began.
enum StartedRateKernel {
    /// Writes one value per window; a window with a single sample has one if the counting began inside it.
    static func evaluate(
        _ samples: RangeSamples, _ form: RateKernel.Form, into row: inout [Double]
    ) -> HistogramRemarks {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let starts = StartTimes(samples.columns)
        let overlaps = starts.runningOverlaps()
        var resets = ResetCorrection(values, isCounter: form.isCounter, starts: starts)
        let divisor = form.isPerSecond ? Double(samples.grid.range) / 1_000 : 1
        var remarks: HistogramRemarks = []
        for index in row.indices {
            row[index] = Point.absent
            let first = Int(samples.firsts[index])
            let last = Int(samples.ends[index]) - 1
            if last < first { continue }
            if last > first, overlaps[last] > overlaps[first] { remarks.insert(.overlappingStart) }
            let extrapolation = RateExtrapolation(
                first: timestamps[first], last: timestamps[last], count: last - first + 1,
                window: (samples.grid.start(at: index), samples.grid.end(at: index)), start: starts[first],
                isCounter: form.isCounter)
            if last == first, !extrapolation.usesStart { continue }
            var increase = resets.corrected(values[last] - values[first], from: first, through: last)
            if extrapolation.usesStart { increase += values[first] }
            row[index] = increase * extrapolation.factor(firstValue: values[first], increase: increase) / divisor
        }
        return remarks
    }
}
