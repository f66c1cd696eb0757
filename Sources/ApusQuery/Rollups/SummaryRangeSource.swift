import ApusModel

/// The results of a function over the windows of a range vector whose store has summaries of its samples.
///
/// Series of which there are none are evaluated as ever.
struct SummaryRangeSource: SeriesSource {
    private let exact: RangeFunctionSource
    private let selection: any SummarySelection
    private let function: SummaryFunction
    private let windows: WindowGrid
    private let evaluation: Evaluation

    /// The results of `function` on `windows`, which `exact` gives, too; `nil` when summaries do not help.
    init?(
        _ function: RangeFunction, of base: any WindowSource, exact: RangeFunctionSource, evaluation: Evaluation
    ) {
        guard let function = SummaryFunction(function), let selection = base.summaries() else { return nil }
        self.exact = exact
        self.selection = selection
        self.function = function
        self.evaluation = evaluation
        windows = base.windows
    }

    var series: [SeriesIdentity] { exact.series }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try evaluation.check()
        let bounds = windows.bounds
        if let span = selection.rolledSpan(of: index, from: bounds.first, through: bounds.last) {
            return try read(index, rolled: span, into: &row, scratch: &scratch)
        }
        let outcome = try readSummaries(index, from: bounds.first, through: bounds.last, &scratch)
        if case .none = outcome {
            if function.needsNoOther, try readThinned(index, widenedTo: 1, into: &row, scratch: &scratch) { return }
            return try exact.read(index, into: &row, scratch: &scratch)
        }
        if case .estimated = outcome, let span = exact.rolledSpan(of: index) { annotate(span) }
        row.clearHistograms()
        let numbers = function.evaluate(scratch.summaries, on: windows, in: &scratch.samples, into: &row.values)
        scratch.samples.countQueryable(numbers, evaluation)
        exact.remark(on: row, of: index)
    }

    /// Reads a series of which in a span of time only roll-ups are left whose buckets lie on edges of windows: these windows are widened
    /// to whole buckets, and what grows with their length is scaled to what was asked for.
    private func read(
        _ index: Int, rolled span: RolledSpan, into row: inout Row, scratch: inout Scratch
    ) throws(QueryError) {
        let resolution = max(1, span.resolution)
        let last = windows.window(at: max(0, windows.count - 1), widenedTo: resolution).end
        let first = windows.window(at: 0, widenedTo: resolution).start &+ 1
        let outcome = try readSummaries(index, from: first, through: last, &scratch)
        annotate(span)
        if case .none = outcome {
            let isRead =
                function.needsNoOther
                ? try readThinned(index, widenedTo: resolution, into: &row, scratch: &scratch) : false
            if !isRead { try exact.read(index, widenedTo: resolution, into: &row, scratch: &scratch) }
        } else {
            row.clearHistograms()
            let numbers = function.evaluate(
                scratch.summaries, on: windows, widenedTo: resolution, in: &scratch.samples, into: &row.values)
            scratch.samples.countQueryable(numbers, evaluation)
        }
        if function.isProportional { row.scale(windows, widenedTo: resolution) }
        // Windows behind the span have all of their samples.
        let whole = row.values.indices.filter { windows.start(at: $0) >= span.range.upperBound }
        if !whole.isEmpty {
            var samples = scratch.takeRow(row.count)
            try exact.read(index, into: &samples, scratch: &scratch)
            for window in whole {
                if let histogram = samples.histogram(at: window) {
                    row.set(histogram, at: window)
                } else {
                    row.values[window] = samples.values[window]
                }
            }
            scratch.giveBack(samples)
        }
        exact.remark(on: row, of: index)
    }

    /// Evaluates a series of native histograms by those that say what rates need.
    ///
    /// - Returns: `false` when there is more to be read of it.
    private func readThinned(
        _ index: Int, widenedTo resolution: Int64, into row: inout Row, scratch: inout Scratch
    ) throws(QueryError) -> Bool {
        let first = windows.window(at: 0, widenedTo: resolution).start &+ 1
        let last = windows.window(at: max(0, windows.count - 1), widenedTo: resolution).end
        scratch.samples.columns.removeAll()
        scratch.samples.weights.removeAll(keepingCapacity: true)
        defer { scratch.samples.weights.removeAll(keepingCapacity: true) }
        do throws(QueryableError) {
            guard
                try selection.readThinned(
                    index, from: first, through: last, into: &scratch.samples.columns,
                    weights: &scratch.samples.weights)
            else { return false }
        } catch {
            throw QueryError(error)
        }
        let columns = scratch.samples.columns
        // Beside floats it is remarked which windows have both.
        guard columns.histograms.count == columns.count, scratch.samples.weights.count == columns.count else {
            return false
        }
        try evaluation.countRead(columns.histograms.reduce(columns.count) { $0 + $1.histogram.weight })
        scratch.samples.locateWindows(windows, widenedTo: resolution)
        let samples = scratch.samples
        func number(_ window: Int) -> Int {
            let (first, end) = (Int(samples.firsts[window]), Int(samples.ends[window]))
            return end > first ? samples.number(from: first, through: end - 1) : 0
        }
        evaluation.countQueryable(samples.ends.indices.reduce(0) { $0 &+ number($1) }, number)
        if function.countsOnly {
            row.clearHistograms()
            for window in row.values.indices {
                let number = number(window)
                row.values[window] = number == 0 ? Point.absent : Double(number)
            }
        } else {
            exact.evaluate(index, into: &row, scratch: &scratch)
        }
        return true
    }

    private func readSummaries(
        _ index: Int, from start: Int64, through end: Int64, _ scratch: inout Scratch
    ) throws(QueryError) -> SummaryOutcome {
        scratch.summaries.removeAll()
        let outcome: SummaryOutcome
        do throws(QueryableError) {
            outcome = try selection.read(
                index, from: start, through: end, fields: function.fields, into: &scratch.summaries)
        } catch {
            throw QueryError(error)
        }
        if case .none = outcome { return outcome }
        try evaluation.countRead(scratch.summaries.count)
        return outcome
    }

    private func annotate(_ span: RolledSpan) { evaluation.annotate(span, at: exact.position) }
}

extension Row {
    /// Scales results over windows that were widened to what the windows themselves would give, were time even.
    fileprivate mutating func scale(_ windows: WindowGrid, widenedTo resolution: Int64) {
        for window in values.indices where isPresent(at: window) {
            let widened = windows.window(at: window, widenedTo: resolution)
            let factor = Double(windows.range) / Double(widened.end &- widened.start)
            if var histogram = histogram(at: window) {
                histogram.multiply(by: factor)
                set(histogram, at: window)
            } else {
                values[window] *= factor
            }
        }
    }
}

extension WindowSource {
    /// By default there are no summaries.
    func summaries() -> (any SummarySelection)? { nil }

    /// By default no window has to be widened.
    func read(_ index: Int, widenedTo resolution: Int64, scratch: inout Scratch) throws(QueryError) {
        try read(index, scratch: &scratch)
    }

    /// By default every sample is there.
    func rolledSpan(of index: Int) -> RolledSpan? { nil }
}

extension WindowGrid {
    /// The greatest length of which the start and end of every window are multiples, in milliseconds.
    var alignment: Int64 {
        func divisor(_ a: Int64, _ b: Int64) -> Int64 {
            var (a, b) = (a, b)
            while b != 0 { (a, b) = (b, a % b) }
            return Int64(clamping: a.magnitude)
        }
        let length = divisor(firstEnd, range)
        return count > 1 ? divisor(length, step) : length
    }
}

extension RangeSamples {
    /// Counts the samples of all windows as samples that the steps look at, when they are not read one by one.
    ///
    /// - Parameter numbers: for each run the number of samples before it, and that of all.
    fileprivate func countQueryable(_ numbers: [Int], _ evaluation: Evaluation) {
        var total = 0
        for window in ends.indices { total &+= SummaryFunction.number(in: window, of: self, numbers) }
        evaluation.countQueryable(total) { SummaryFunction.number(in: $0, of: self, numbers) }
    }
}
