import ApusModel
import ApusPromQL

extension Evaluator {
    /// `absent(vector)`: 1 at the steps where the vector is empty.
    func absence(of argument: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let source = try vector(argument, on: grid)
        let parts = evaluation.parts(of: source.series.count)
        let presence = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var isPresent = [Bool](repeating: false, count: grid.count)
            var row = scratch.takeRow(grid.count)
            for index in parts[part] {
                try source.read(index, into: &row, scratch: &scratch)
                for step in row.values.indices where row.isPresent(at: step) { isPresent[step] = true }
            }
            scratch.giveBack(row)
            return isPresent
        }
        return absenceSource(of: argument, presence, on: grid)
    }

    /// `absent_over_time(range vector)`: 1 at the steps whose windows are all empty.
    func absenceOverTime(of argument: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let source = try windows(argument, on: grid)
        let parts = evaluation.parts(of: source.series.count)
        let presence = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var isPresent = [Bool](repeating: false, count: grid.count)
            for index in parts[part] {
                try source.read(index, scratch: &scratch)
                for step in isPresent.indices where scratch.samples.ends[step] > scratch.samples.firsts[step] {
                    isPresent[step] = true
                }
            }
            return isPresent
        }
        return absenceSource(of: argument, presence, on: grid)
    }

    private func absenceSource(of argument: Expression, _ presence: [[Bool]], on grid: StepGrid) -> any SeriesSource {
        let row = (0..<grid.count).map { step in presence.contains { $0[step] } ? Point.absent : 1 }
        return RowSource(series: [SeriesIdentity(labels: absenceLabels(argument))], rows: [Row(row)])
    }

    /// The labels that a missing series would have had: those the selector fixes by one equality.
    private func absenceLabels(_ argument: Expression) -> LabelSet {
        let matchers: [Matcher]
        switch argument.withoutParentheses {
        case .vectorSelector(let selector): matchers = selector.matchers
        case .matrixSelector(let node): matchers = node.selector.matchers
        default: return .empty
        }
        var builder = LabelSetBuilder()
        var seen: Set<String> = []
        for matcher in matchers where matcher.name != LabelSet.metricName {
            if matcher.operation == .equal, !seen.contains(matcher.name) {
                builder.set(matcher.name, to: matcher.value)
                seen.insert(matcher.name)
            } else {
                builder.remove(matcher.name)
            }
        }
        return builder.labelSet()
    }
}
