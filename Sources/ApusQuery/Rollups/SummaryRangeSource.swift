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
        scratch.summaries.removeAll()
        let bounds = windows.bounds
        let isSummarised: Bool
        do throws(QueryableError) {
            isSummarised = try selection.read(
                index, from: bounds.first, through: bounds.last, fields: function.fields, into: &scratch.summaries)
        } catch {
            throw QueryError(error)
        }
        guard isSummarised else { return try exact.read(index, into: &row, scratch: &scratch) }
        try evaluation.countRead(scratch.summaries.count)
        row.clearHistograms()
        let numbers = function.evaluate(scratch.summaries, on: windows, in: &scratch.samples, into: &row.values)
        scratch.samples.countQueryable(numbers, evaluation)
        exact.remark(on: row, of: index)
    }
}

extension WindowSource {
    /// By default there are no summaries.
    func summaries() -> (any SummarySelection)? { nil }
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
