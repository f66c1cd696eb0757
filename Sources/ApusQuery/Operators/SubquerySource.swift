import ApusModel

/// A subquery: an instant vector evaluated on a grid of its own, as a range vector.
struct SubquerySource: WindowSource {
    let windows: WindowGrid
    private let base: any SeriesSource
    private let grid: StepGrid
    private let evaluation: Evaluation

    /// - Parameters:
    ///   - base: the inner vector on `grid`.
    ///   - windows: where the steps of the outer query look.
    init(_ base: any SeriesSource, on grid: StepGrid, windows: WindowGrid, evaluation: Evaluation) {
        self.base = base
        self.grid = grid
        self.windows = windows
        self.evaluation = evaluation
    }

    var series: [SeriesIdentity] { base.series }

    func read(_ index: Int, scratch: inout Scratch) throws(QueryError) {
        // The inner grid may be far finer than the outer one.
        try evaluation.hold(grid.count)
        defer { evaluation.release(grid.count) }
        var row = scratch.takeRow(grid.count)
        if grid.count > 0 { try base.read(index, into: &row, scratch: &scratch) }
        scratch.samples.columns.removeAll()
        for step in 0..<grid.count where row.isPresent(at: step) {
            if var histogram = row.histogram(at: step) {
                // What is known is of the sample before, which the steps may have left out.
                if histogram.counterResetHint != .gauge { histogram.counterResetHint = .unknown }
                scratch.samples.columns.append(histogram, at: grid.timestamp(at: step))
            } else {
                scratch.samples.columns.append(row.values[step], at: grid.timestamp(at: step))
            }
        }
        scratch.giveBack(row)
        try evaluation.countRead(scratch.samples.columns.count)
        scratch.samples.locateWindows(windows)
        scratch.samples.countQueryable(evaluation)
    }
}
