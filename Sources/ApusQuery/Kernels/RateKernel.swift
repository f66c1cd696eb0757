import ApusModel

/// The extrapolating rate family: `rate`, `increase`, `delta`.
///
/// Source of the rules: Prometheus' `extrapolatedRate` as its documentation and tests describe it.
enum RateKernel {
    /// Which member of the family.
    struct Form: Sendable {
        /// Whether the series only grows, so that a smaller value is a reset.
        var isCounter: Bool
        /// Whether the result is per second.
        var isPerSecond: Bool
    }

    /// Writes one value per window; windows with fewer than two samples are absent.
    static func evaluate(_ samples: RangeSamples, _ form: Form, into row: inout [Double]) {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        let grid = samples.grid
        let divisor = form.isPerSecond ? Double(grid.range) / 1_000 : 1
        var resets = ResetCorrection(values, isCounter: form.isCounter)
        var output = row.mutableSpan
        var windowEnd = grid.firstEnd
        for index in 0..<firsts.count {
            defer { windowEnd &+= grid.step }
            let first = Int(firsts[index])
            let last = Int(ends[index]) &- 1
            if last <= first {
                output[index] = Point.absent
                continue
            }
            var increase = values[last] - values[first]
            if resets.hasAny { increase = resets.corrected(increase, from: first, through: last) }
            output[index] = extrapolated(
                increase, form, firstValue: values[first], gaps: last &- first,
                times: (timestamps[first], timestamps[last]), window: (windowEnd &- grid.range, windowEnd),
                divisor: divisor)
        }
    }

    /// The increase between the first and the last sample of a window extended to the window's edges.
    ///
    /// - Parameters:
    ///   - gaps: one less than the number of samples.
    ///   - times: of the first and the last sample.
    ///   - window: its start, excluded, and its end.
    ///   - divisor: what the result is per, in seconds, or 1.
    @inline(__always)
    static func extrapolated(
        _ increase: Double, _ form: Form, firstValue: Double, gaps: Int, times: (first: Int64, last: Int64),
        window: (start: Int64, end: Int64), divisor: Double
    ) -> Double {
        let sampled = Double(times.last &- times.first) / 1_000
        let averageGap = sampled / Double(gaps)
        let threshold = averageGap * 1.1
        var toStart = Double(times.first &- window.start) / 1_000
        var toEnd = Double(window.end &- times.last) / 1_000
        if toStart >= threshold { toStart = averageGap / 2 }
        // A counter is never below zero: the line through its samples is not followed beyond its zero.
        // Divisions are what this costs, so the rare case is found by a product.
        if form.isCounter, increase > 0, firstValue >= 0, sampled * firstValue < toStart * increase {
            toStart = sampled * (firstValue / increase)
        }
        if toEnd >= threshold { toEnd = averageGap / 2 }
        return increase * ((sampled + toStart + toEnd) / (sampled * divisor))
    }
}

/// What resets inside a window add to a counter's increase: the sum of the values before each reset.
///
/// Few series have resets, and those have few; their values are summed for each window anew, in order, so that the result
/// does not depend on what lies outside the window. Only where a window holds many is a running sum in double-double
/// arithmetic used.
struct ResetCorrection {
    /// The positions of samples that are smaller than the one before, ascending.
    private var positions: [Int] = []
    /// The sample before each.
    private var lost: [Double] = []
    /// The running sum of `lost`, each entry without its own, exact to about 32 digits.
    private var running: [CompensatedSum] = []
    private var hasInfinity = false
    private var nextFirst = 0
    private var nextEnd = 0

    /// The resets of a counter: where its value falls.
    init(_ values: Span<Double>, isCounter: Bool) {
        // Few series have any, which a loop without a branch finds out four times as fast.
        self.init(values, isCounter: isCounter && Self.falls(values)) { _ in false }
    }

    /// Whether any value is smaller than the one before.
    private static func falls(_ values: Span<Double>) -> Bool {
        var count = 0
        var index = 1
        while index < values.count {
            // Between 1 and the count, both positions.
            count &+= unsafe values[unchecked: index] < values[unchecked: index &- 1] ? 1 : 0
            index &+= 1
        }
        return count > 0
    }

    /// What was lost at ascending positions.
    init(losses: [(position: Int, value: Double)]) {
        var sum = CompensatedSum()
        for loss in losses {
            positions.append(loss.position)
            lost.append(loss.value)
            running.append(sum)
            sum.add(loss.value)
            if loss.value.isInfinite { hasInfinity = true }
        }
        if !positions.isEmpty { running.append(sum) }
    }

    /// The resets of a counter: where its value falls or its counting began anew.
    init(_ values: Span<Double>, isCounter: Bool, starts: StartTimes) {
        self.init(values, isCounter: isCounter) { starts.isReset(at: $0) }
    }

    @inline(__always)
    private init(_ values: Span<Double>, isCounter: Bool, _ isReset: (Int) -> Bool) {
        guard isCounter, values.count > 1 else { return }
        var previous = values[0]
        var sum = CompensatedSum()
        for index in 1..<values.count {
            let value = values[index]
            if value < previous || isReset(index) {
                positions.append(index)
                lost.append(previous)
                running.append(sum)
                sum.add(previous)
                if previous.isInfinite { hasInfinity = true }
            }
            previous = value
        }
        if !positions.isEmpty { running.append(sum) }
    }

    @inline(__always)
    var hasAny: Bool { !positions.isEmpty }

    /// `increase` plus what was lost at resets after the sample at `first` up to the one at `last`.
    ///
    /// Windows must come in ascending order.
    mutating func corrected(_ increase: Double, from first: Int, through last: Int) -> Double {
        while nextFirst < positions.count && positions[nextFirst] <= first { nextFirst &+= 1 }
        while nextEnd < positions.count && positions[nextEnd] <= last { nextEnd &+= 1 }
        guard nextFirst < nextEnd else { return increase }
        if nextEnd - nextFirst > 16, !hasInfinity {
            let (low, high) = (running[nextFirst], running[nextEnd])
            return increase + ((high.sum - low.sum) + (high.compensation - low.compensation))
        }
        var result = increase
        for index in nextFirst..<nextEnd { result += lost[index] }
        return result
    }
}
