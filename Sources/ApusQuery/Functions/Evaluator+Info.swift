import ApusModel
import ApusPromQL

extension Evaluator {
    /// `info(vector, {selector})`: the elements with labels of the info series that describe the same target.
    ///
    /// Source of the rules: Prometheus' documentation of `info` and its tests.
    func info(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard let argument = call.arguments.first else { return RowSource.empty }
        var given: [Matcher] = []
        if call.arguments.count > 1, case .vectorSelector(let node) = call.arguments[1].withoutParentheses {
            given = node.matchers
        }
        let selector = try InfoSelector(given)
        let base = try materialise(try vector(argument, on: grid), on: grid)
        var joiner = InfoJoiner(selector: selector, grid: grid)
        let described = base.series.indices.filter { !selector.isInfoMetric(base.series[$0].labels) }
        let identities = described.map { joiner.identity(of: base.series[$0].labels) }
        if identities.contains(where: { !$0.isEmpty }) {
            let reference = argument.timeReference
            let windows = try windowGrid(
                .fixed(milliseconds: evaluation.lookback), .fixed(milliseconds: try offset(reference.offsets)),
                reference.anchor, on: grid)
            let selection = try selection(selector.matchers(for: identities), windows)
            try addInfos(selection, windows, Set(identities), to: &joiner)
        }
        var table = RowTable(stepCount: grid.count)
        let isDescribed = Set(described)
        for (index, identity) in base.series.enumerated() {
            if isDescribed.contains(index) {
                try joiner.join(identity, base.rows[index], into: &table)
            } else {
                try table.join(base.rows[index], into: table.row(for: identity))
            }
        }
        return table.source
    }

    /// Reads the info series that describe any of the targets.
    private func addInfos(
        _ selection: any SeriesSelection, _ windows: WindowGrid, _ wanted: Set<LabelSet>, to joiner: inout InfoJoiner
    ) throws(QueryError) {
        func source(_ content: SelectorSource.Content) -> SelectorSource {
            SelectorSource(
                selection, windows: windows, content: content, marksResets: false, evaluation: evaluation)
        }
        let values = source(.value)
        let times = source(.timestamp)
        var scratch = Scratch()
        for (index, series) in values.series.enumerated() {
            let identity = joiner.identity(of: series.labels)
            guard !identity.isEmpty, wanted.contains(identity) else { continue }
            try evaluation.hold(2 * windows.count)
            var row = Row(count: windows.count)
            try values.read(index, into: &row, scratch: &scratch)
            if row.hasHistograms { throw .execution("info sample should be float") }
            try times.read(index, into: &row, scratch: &scratch)
            try joiner.addInfo(series.labels, identity, times: row.values)
        }
    }

    private func offset(_ offsets: [DurationValue]) throws(QueryError) -> Int64 {
        var total: Int64 = 0
        for value in offsets { total += try duration(value) }
        return total
    }
}

extension Expression {
    /// When the first selector of the expression is evaluated: its `@` modifier, or that of the subqueries around it, and
    /// the offsets on the way to it.
    fileprivate var timeReference: (anchor: TimeAnchor?, offsets: [DurationValue]) { firstTimeReference ?? (nil, []) }

    private var firstTimeReference: (anchor: TimeAnchor?, offsets: [DurationValue])? {
        switch self {
        case .vectorSelector(let node): return (node.anchor, node.offset.map { [$0] } ?? [])
        case .subquery(let node):
            guard let inner = node.inner.firstTimeReference else { return nil }
            if inner.anchor != nil { return inner }
            return (node.anchor, inner.offsets + (node.offset.map { [$0] } ?? []))
        default:
            for child in children {
                if let reference = child.firstTimeReference { return reference }
            }
            return nil
        }
    }
}
