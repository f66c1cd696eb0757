import ApusModel
import ApusPromQL

/// The rate family, `resets` and `changes` on windows that samples beside them take part in: `anchored`, `smoothed`.
///
/// Anchored, a window begins with the last sample at or before its start. Smoothed, its ends are interpolated between the
/// samples around them. Neither is extrapolated. The located windows must reach one lookback further than the range: at
/// their start, and when smoothed at their end, too.
///
/// Source of the rules: Prometheus' proposal PROM-52 and its tests.
enum ExtendedKernel {
    /// How the windows were located.
    struct Extent: Sendable {
        /// Whether the ends are interpolated.
        var isSmoothed: Bool
        /// By how much the located windows begin earlier, and when smoothed end later, in milliseconds.
        var margin: Int64
        /// The length of the windows proper in milliseconds.
        var range: Int64
    }

    /// `rate`, `increase` and `delta`.
    static func rate(_ samples: RangeSamples, _ form: RateKernel.Form, _ extent: Extent, into row: inout [Double]) {
        let values = samples.columns.values.span
        let timestamps = samples.columns.timestamps.span
        var resets = ResetCorrection(values, isCounter: form.isCounter)
        forEachWindow(samples, extent, into: &row) { first, last, start, end in
            let interpolatesLeft = extent.isSmoothed && timestamps[first] < start && first < last
            let interpolatesRight = extent.isSmoothed && timestamps[last] > end && first < last
            let left = interpolatesLeft ? interpolated(at: start, after: first) : values[first]
            let right = interpolatesRight ? interpolated(at: end, after: last - 1) : values[last]
            // A counter that was reset between two samples begins at zero with the first of them.
            func interpolated(at time: Int64, after sample: Int) -> Double {
                var low = values[sample]
                let high = values[sample + 1]
                if form.isCounter, high < low { low = 0 }
                let gap = timestamps[sample + 1] &- timestamps[sample]
                return low + (high - low) * (Double(time &- timestamps[sample]) / Double(gap))
            }
            var result = right - left
            if form.isCounter {
                let firstInside = timestamps[first] <= start ? first + 1 : first
                let lastInside = timestamps[last] >= end ? last - 1 : last
                if firstInside <= lastInside {
                    if values[firstInside] < left { result += left }
                    if resets.hasAny { result = resets.corrected(result, from: firstInside, through: lastInside) }
                    if right < values[lastInside] { result += values[lastInside] }
                } else if right < left {
                    result += left
                }
            }
            return form.isPerSecond ? result / (Double(extent.range) / 1_000) : result
        }
    }

    /// `resets` (`isReset`) and `changes`.
    static func count(_ samples: RangeSamples, isReset: Bool, _ extent: Extent, into row: inout [Double]) {
        let counts = PairKernels.runningCounts(samples.columns, isReset: isReset)
        forEachWindow(samples, extent, into: &row) { first, last, _, _ in Double(counts[last] - counts[first]) }
    }

    /// Calls `value` with the first and last sample that take part in a window and the window's own start and end.
    @inline(__always)
    private static func forEachWindow(
        _ samples: RangeSamples, _ extent: Extent, into row: inout [Double],
        _ value: (Int, Int, Int64, Int64) -> Double
    ) {
        for index in row.indices { row[index] = Point.absent }
        forEachWindow(samples, extent) { index, first, last, start, end in
            row[index] = value(first, last, start, end)
        }
    }

    /// Calls `body` with the index of each window that has something in it, the first and last sample that take part, and
    /// the window's own start and end.
    @inline(__always)
    static func forEachWindow(
        _ samples: RangeSamples, _ extent: Extent, _ body: (Int, Int, Int, Int64, Int64) -> Void
    ) {
        let timestamps = samples.columns.timestamps.span
        for index in samples.firsts.indices {
            let lowest = Int(samples.firsts[index])
            let past = Int(samples.ends[index])
            if past <= lowest { continue }
            let end = samples.grid.end(at: index) &- (extent.isSmoothed ? extent.margin : 0)
            let start = end &- extent.range
            var first = position(in: timestamps, lowest..<past) { $0 > start }
            if first > lowest { first -= 1 }
            first = min(first, past - 1)
            var last = past - 1
            if extent.isSmoothed { last = min(position(in: timestamps, lowest..<past) { $0 >= end }, past - 1) }
            // Only samples before the window, or only samples after it: there is nothing in it.
            if timestamps[last] <= start || timestamps[first] > end { continue }
            body(index, first, last, start, end)
        }
    }

    /// The first position whose time fulfils an ascending condition.
    @inline(__always)
    private static func position(
        in timestamps: Span<Int64>, _ range: Range<Int>, _ isReached: (Int64) -> Bool
    ) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if isReached(timestamps[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
