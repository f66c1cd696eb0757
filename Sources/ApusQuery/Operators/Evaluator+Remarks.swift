import ApusPromQL

extension Evaluator {
    /// Reads series that no result needs, for what is to be remarked of them.
    ///
    /// As in Prometheus an operand is evaluated whole, whatever the operator then makes of it.
    func readForRemarks(
        _ source: any SeriesSource, of expression: Expression, _ members: [Int], on grid: StepGrid
    ) throws(QueryError) {
        // Rows are of the past: all has been remarked.
        if members.isEmpty || source is RowSource || !expression.canRemarkWhenRead { return }
        let parts = evaluation.parts(of: members.count)
        _ = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var row = scratch.takeRow(grid.count)
            for member in members[parts[part]] { try source.read(member, into: &row, scratch: &scratch) }
            scratch.giveBack(row)
        }
    }

    /// Reads the series that are not among `used`, of which each stands there once at most.
    func readForRemarks(
        _ source: any SeriesSource, of expression: Expression, butNot used: [Int], on grid: StepGrid
    ) throws(QueryError) {
        if used.count == source.series.count || !expression.canRemarkWhenRead { return }
        let used = Set(used)
        try readForRemarks(source, of: expression, source.series.indices.filter { !used.contains($0) }, on: grid)
    }
}

extension Expression {
    /// Whether reading the series of the vector may annotate the query: only those of plain selectors surely do not.
    var canRemarkWhenRead: Bool {
        switch self {
        case .vectorSelector(let node): node.windowExtension != nil
        case .parenthesised(let node): node.inner.canRemarkWhenRead
        case .unary(let node): node.operand.canRemarkWhenRead
        case .call(let call):
            ElementFunction.transform(for: call.function) == nil || call.arguments.contains(where: \.canRemarkWhenRead)
        case .aggregation, .binary, .matrixSelector, .subquery: true
        case .number, .string: false
        }
    }
}
