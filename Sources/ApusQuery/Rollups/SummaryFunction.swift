import ApusModel

/// A range function whose results follow from summaries of runs of samples, each of which lies inside or outside of every window.
///
/// What the kernels for samples give is given here, too: the same numbers where only samples, their times and counts take part, and sums
/// up to rounding.
enum SummaryFunction: Sendable {
    case rate(RateKernel.Form)
    case sum
    case average
    case extreme(isMaximum: Bool)
    case count(isPresence: Bool)
    case end(isLast: Bool)
    case endTime(isLast: Bool)
    case resets

    /// The form of a range function; `nil` when it needs the samples.
    init?(_ function: RangeFunction) {
        switch function {
        case .rate(let form): self = .rate(form)
        case .sum: self = .sum
        case .average: self = .average
        case .extreme(let form) where !form.isTime: self = .extreme(isMaximum: form.isMaximum)
        case .count: self = .count(isPresence: false)
        case .presence: self = .count(isPresence: true)
        case .end(let isLast): self = .end(isLast: isLast)
        case .endTime(let isLast): self = .endTime(isLast: isLast)
        case .resets: self = .resets
        case .instantChange, .changes, .extreme, .variance, .quantile, .medianDistance, .slope, .prediction,
            .smoothing, .extendedRate, .extendedCount:
            return nil
        }
    }

    /// What it takes of each run.
    var fields: SampleSummaries.Fields {
        switch self {
        case .rate(let form):
            form.isCounter ? [.firstTimes, .firsts, .lasts, .resets] : [.firstTimes, .firsts, .lasts]
        case .sum, .average: [.sums]
        case .extreme(let isMaximum): isMaximum ? [.maxima] : [.minima]
        case .count: []
        case .end(let isLast): isLast ? [.lasts] : [.firsts]
        case .endTime(let isLast): isLast ? [] : [.firstTimes]
        case .resets: [.firsts, .lasts, .resets]
        }
    }

    /// Whether results grow with the length of the window.
    var isProportional: Bool {
        switch self {
        case .rate(let form): !form.isPerSecond
        case .sum: true
        case .count(let isPresence): !isPresence
        case .average, .extreme, .end, .endTime, .resets: false
        }
    }

    /// Whether the result is how many samples there are.
    var countsOnly: Bool {
        if case .count(isPresence: false) = self { return true }
        return false
    }

    /// Whether thinned samples tell it all of series that buckets cannot tell of.
    var needsNoOther: Bool {
        if case .rate = self { return true }
        return countsOnly
    }

    /// Evaluates all windows; `samples` is the place for them, whatever is in it.
    ///
    /// - Parameter resolution: what windows are widened to whole multiples of, where runs lie on their edges.
    /// - Returns: for each run the number of samples before it, and that of all.
    func evaluate(
        _ summaries: SampleSummaries, on windows: WindowGrid, widenedTo resolution: Int64 = 1,
        in samples: inout RangeSamples, into row: inout [Double]
    ) -> [Int] {
        let numbers = Self.runningSum(of: summaries.counts)
        samples.columns.removeAll()
        samples.columns.timestamps.append(contentsOf: summaries.lastTimes)
        samples.columns.values.append(contentsOf: values(of: summaries))
        samples.locateWindows(windows, widenedTo: resolution)
        switch self {
        case .rate(let form): SummaryRateKernel.evaluate(samples, summaries, numbers, form, into: &row)
        case .sum: MomentKernels.sum(samples, into: &row)
        case .average:
            MomentKernels.sum(samples, into: &row)
            for window in row.indices where Point.isPresent(row[window]) {
                row[window] /= Double(Self.number(in: window, of: samples, numbers))
            }
        case .extreme(let isMaximum):
            ExtremeKernel.evaluate(samples, .init(isMaximum: isMaximum, isTime: false), into: &row)
        case .count(let isPresence):
            for window in row.indices {
                let number = Self.number(in: window, of: samples, numbers)
                row[window] = number == 0 ? Point.absent : isPresence ? 1 : Double(number)
            }
        case .end(let isLast): PairKernels.end(samples, isLast: isLast, into: &row)
        case .endTime(let isLast): PairKernels.end(samples, isLast: isLast, into: &row)
        case .resets: Self.countResets(samples, summaries, into: &row)
        }
        return numbers
    }

    /// The values that the kernel looks at, one per run.
    private func values(of summaries: SampleSummaries) -> [Double] {
        switch self {
        case .rate, .count, .resets: summaries.counts
        case .sum, .average: summaries.sums
        case .extreme(let isMaximum): isMaximum ? summaries.maxima : summaries.minima
        case .end(let isLast): isLast ? summaries.lasts : summaries.firsts
        case .endTime(let isLast):
            (isLast ? summaries.lastTimes : summaries.firstTimes).map { Double($0) / 1_000 }
        }
    }

    /// For each run the sum of the counts before it, and that of all.
    private static func runningSum(of counts: [Double]) -> [Int] {
        var sums = [0]
        sums.reserveCapacity(counts.count + 1)
        var sum = 0
        for count in counts {
            // Whole numbers; what only a wrong store says counts as none.
            sum &+= count >= 0 && count < 0x1p53 ? Int(count) : 0
            sums.append(sum)
        }
        return sums
    }

    /// The number of samples in a window.
    static func number(in window: Int, of samples: RangeSamples, _ numbers: [Int]) -> Int {
        let (first, end) = (Int(samples.firsts[window]), Int(samples.ends[window]))
        return end > first ? numbers[end] - numbers[first] : 0
    }

    private static func countResets(
        _ samples: RangeSamples, _ summaries: SampleSummaries, into row: inout [Double]
    ) {
        // Up to each run, its own and those between it and the one before.
        var running: [Double] = []
        running.reserveCapacity(summaries.count)
        var total = 0.0
        for run in 0..<summaries.count {
            if run > 0, summaries.firsts[run] < summaries.lasts[run - 1] { total += 1 }
            total += summaries.resets[run]
            running.append(total)
        }
        for window in row.indices {
            let (first, end) = (Int(samples.firsts[window]), Int(samples.ends[window]))
            row[window] = end > first ? running[end - 1] - running[first] + summaries.resets[first] : Point.absent
        }
    }
}
