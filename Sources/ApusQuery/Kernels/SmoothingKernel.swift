import ApusModel

/// `double_exponential_smoothing` (Holt's linear method).
enum SmoothingKernel {
    /// Writes the smoothed last value of each window; windows with fewer than two samples are absent.
    ///
    /// The recurrence starts anew with each window, so that every window is read whole.
    static func evaluate(
        _ samples: RangeSamples, smoothing: [Double], trend: [Double], into row: inout [Double]
    ) {
        let values = samples.columns.values.span
        for index in row.indices {
            let first = Int(samples.firsts[index])
            let end = Int(samples.ends[index])
            if end - first < 2 {
                row[index] = Point.absent
                continue
            }
            let smoothingFactor = smoothing.count == 1 ? smoothing[0] : smoothing[index]
            let trendFactor = trend.count == 1 ? trend[0] : trend[index]
            var previous = 0.0
            var level = values[first]
            var slope = values[first + 1] - values[first]
            for position in (first + 1)..<end {
                if position > first + 1 {
                    slope = trendFactor * (level - previous) + (1 - trendFactor) * slope
                }
                let next = smoothingFactor * values[position] + (1 - smoothingFactor) * (level + slope)
                previous = level
                level = next
            }
            row[index] = level
        }
    }
}
