import ApusModel
import ApusPromQL

/// What a part of a query gives when it is evaluated by itself; a bounded look at it.
struct Probe: Sendable {
    /// So many series are read at most.
    private static let largestRead = 2_000
    /// So many label sets are kept.
    private static let largestKept = 500

    /// Series with a value at some step, among those that were read.
    var present = 0
    /// The labels of the first of them.
    var examples: [LabelSet] = []
    /// The smallest and the largest float.
    var extremes: (lowest: Double, highest: Double)?
    /// Whether any value is a native histogram.
    var hasHistograms = false
    /// Whether any value is a float.
    var hasFloats = false
    /// The most samples in one window; of range vectors only.
    var fullestWindow = 0

    /// Whether no series has a value.
    var isEmpty: Bool { present == 0 }

    /// The instant vector of an expression.
    init(vector expression: Expression, on grid: StepGrid, _ context: ReasonContext) throws(QueryError) {
        let source = try context.evaluator.vector(expression, on: grid)
        var scratch = Scratch()
        var row = scratch.takeRow(grid.count)
        for index in source.series.indices.prefix(Self.largestRead) {
            try context.check()
            try source.read(index, into: &row, scratch: &scratch)
            if take(row) { keep(source.series[index].labels) }
        }
    }

    /// The range vector of an expression.
    init(windows expression: Expression, on grid: StepGrid, _ context: ReasonContext) throws(QueryError) {
        let source = try context.evaluator.windows(expression, on: grid)
        var scratch = Scratch()
        for index in source.series.indices.prefix(Self.largestRead) {
            try context.check()
            try source.read(index, scratch: &scratch)
            let samples = scratch.samples
            let fullest = zip(samples.firsts, samples.ends).reduce(0) { max($0, Int($1.1 - $1.0)) }
            fullestWindow = max(fullestWindow, fullest)
            if !samples.columns.histograms.isEmpty { hasHistograms = true }
            if samples.columns.histograms.count < samples.columns.count { hasFloats = true }
            if fullest > 0 { keep(source.series[index].labels) }
        }
    }

    private mutating func take(_ row: Row) -> Bool {
        var isPresent = false
        for step in 0..<row.count {
            let value = row.values[step]
            if Point.isAbsent(value) { continue }
            isPresent = true
            if row.isHistogram(at: step) {
                hasHistograms = true
            } else {
                hasFloats = true
                guard !value.isNaN else { continue }
                extremes = (min(extremes?.lowest ?? value, value), max(extremes?.highest ?? value, value))
            }
        }
        return isPresent
    }

    private mutating func keep(_ labels: LabelSet) {
        present += 1
        if examples.count < Self.largestKept { examples.append(labels) }
    }
}
