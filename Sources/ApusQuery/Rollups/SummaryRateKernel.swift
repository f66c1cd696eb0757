import ApusModel

/// `rate`, `increase` and `delta` of windows of which summaries are known.
enum SummaryRateKernel {
    /// Writes one value per window; windows with fewer than two samples are absent.
    ///
    /// - Parameter numbers: for each run the number of samples before it, and that of all.
    static func evaluate(
        _ samples: RangeSamples, _ summaries: SampleSummaries, _ numbers: [Int], _ form: RateKernel.Form,
        into row: inout [Double]
    ) {
        var resets = form.isCounter ? ResetCorrection(of: summaries) : ResetCorrection(losses: [])
        for window in row.indices {
            let (first, end) = (Int(samples.firsts[window]), Int(samples.ends[window]))
            guard end > first, numbers[end] - numbers[first] >= 2 else {
                row[window] = Point.absent
                continue
            }
            let edges = samples.window(at: window)
            var increase = summaries.lasts[end - 1] - summaries.firsts[first]
            if resets.hasAny { increase = resets.corrected(increase, from: 2 * first, through: 2 * end - 1) }
            row[window] = RateKernel.extrapolated(
                increase, form, firstValue: summaries.firsts[first], gaps: numbers[end] - numbers[first] - 1,
                times: (summaries.firstTimes[first], summaries.lastTimes[end - 1]),
                window: edges, divisor: form.isPerSecond ? Double(edges.end &- edges.start) / 1_000 : 1)
        }
    }
}

extension ResetCorrection {
    /// The resets between runs and within them: those before the run `n` at the position 2n, those within it at 2n + 1.
    fileprivate init(of summaries: SampleSummaries) {
        var losses: [(position: Int, value: Double)] = []
        for run in 0..<summaries.count {
            if run > 0, summaries.firsts[run] < summaries.lasts[run - 1] {
                losses.append((2 * run, summaries.lasts[run - 1]))
            }
            if summaries.resets[run] > 0 { losses.append((2 * run + 1, summaries.lost[run])) }
        }
        self.init(losses: losses)
    }
}
