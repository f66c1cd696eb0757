import ApusBytes
import ApusModel
import ApusPromQL

extension Evaluator {
    /// An aggregation of an instant vector.
    func aggregate(_ node: Aggregation, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        switch node.operation {
        case .topk, .bottomk, .limitk, .limitRatio: return try pick(node, on: grid)
        case .countValues: return try countValues(node, on: grid)
        default: break
        }
        let quantiles: [Double]
        if node.operation == .quantile, let parameter = node.parameter {
            quantiles = try scalar(parameter, on: grid)
            remarkExtremeQuantiles(quantiles, at: parameter.withoutParentheses.range.start)
        } else {
            quantiles = []
        }
        let source = try vector(node.operand, on: grid)
        let groups = SeriesGroups(source.series, by: node.grouping, metadataNames: evaluation.metadataNames)
        try evaluation.hold(groups, seriesCount: source.series.count)
        switch node.operation {
        case .sum: return try combine(SumCell.self, node, source, groups, on: grid)
        case .avg: return try combine(MeanCell.self, node, source, groups, on: grid)
        case .count: return try combine(CountCell.self, node, source, groups, on: grid)
        case .group: return try combine(GroupCell.self, node, source, groups, on: grid)
        case .min: return try combine(MinimumCell.self, node, source, groups, on: grid)
        case .max: return try combine(MaximumCell.self, node, source, groups, on: grid)
        case .stdvar: return try combine(VarianceCell.self, node, source, groups, on: grid)
        case .stddev:
            let variance = try combine(VarianceCell.self, node, source, groups, on: grid)
            return MappedSource(floatsOf: variance, dropsName: false) { row in row.mapPresent { $0.squareRoot() } }
        case .quantile: return try groupQuantiles(quantiles, node, source, groups, on: grid)
        case .topk, .bottomk, .limitk, .limitRatio, .countValues: return RowSource.empty
        }
    }

    /// Accumulates series into cells while they stream by; nothing of the input is kept.
    private func combine<Cell: AggregationCell>(
        _: Cell.Type, _ node: Aggregation, _ source: any SeriesSource, _ groups: SeriesGroups, on grid: StepGrid
    ) throws(QueryError) -> RowSource {
        try evaluation.hold(groups.members.count * grid.count)
        let pieces = groups.pieces(seriesCount: source.series.count)
        let batches = evaluation.parts(of: pieces.count, atLeast: 1)
        let cellBytes = pieces.count * grid.count * MemoryLayout<Cell>.stride
        try evaluation.hold(bytes: cellBytes)
        defer { evaluation.release(bytes: cellBytes) }
        let position = node.operand.withoutParentheses.range.start
        let results = try evaluation.parallel(parts: batches.count) { batch, scratch throws(QueryError) in
            var cells: [GroupCells<Cell>] = []
            var row = scratch.takeRow(grid.count)
            for piece in pieces[batches[batch]] {
                var pieceCells = GroupCells<Cell>(count: grid.count)
                for member in groups.members[piece.group][piece.members] {
                    try source.read(member, into: &row, scratch: &scratch)
                    if row.hasHistograms {
                        let remarks = pieceCells.takeHistograms(&row)
                        evaluation.annotate(remarks, source.series[member].labels, at: position)
                        if Cell.histogramUse == .ignored {
                            evaluation.annotate(.ignoredInAggregation(node.operation), at: position)
                        }
                    }
                    pieceCells.accumulate(row.values)
                }
                cells.append(pieceCells)
            }
            scratch.giveBack(row)
            return cells
        }
        var rows: [Row] = []
        rows.reserveCapacity(groups.members.count)
        var current = GroupCells<Cell>(count: 0)
        var currentGroup = -1
        func finish() throws(QueryError) {
            guard currentGroup >= 0 else { return }
            let (row, remarks) = current.result
            if row.hasHistograms { try evaluation.hold(row.weight - row.count) }
            evaluation.annotate(remarks, groups.identities[currentGroup].labels, at: position)
            rows.append(row)
        }
        for (piece, cells) in zip(pieces, results.joined()) {
            if piece.group == currentGroup {
                let remarks = current.join(cells)
                let first = groups.members[piece.group][piece.members.lowerBound]
                evaluation.annotate(remarks, source.series[first].labels, at: position)
                continue
            }
            try finish()
            current = cells
            currentGroup = piece.group
        }
        try finish()
        return RowSource(series: groups.identities, rows: rows)
    }

    /// `quantile`: needs all values of a group at once, so groups are done one after the other by each thread.
    private func groupQuantiles(
        _ quantiles: [Double], _ node: Aggregation, _ source: any SeriesSource, _ groups: SeriesGroups,
        on grid: StepGrid
    ) throws(QueryError) -> RowSource {
        let parts = evaluation.parts(of: groups.members.count, atLeast: 1)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var rows: [Row] = []
            for group in parts[part] {
                let members = groups.members[group]
                try evaluation.hold(members.count * grid.count)
                var memberRows: [[Double]] = []
                for member in members {
                    var row = Row(count: grid.count)
                    try source.read(member, into: &row, scratch: &scratch)
                    if row.hasHistograms {
                        evaluation.annotate(
                            .ignoredInAggregation(.quantile), at: node.operand.withoutParentheses.range.start)
                        row.dropHistograms()
                    }
                    memberRows.append(row.values)
                }
                var values: [Double] = []
                let result = (0..<grid.count).map { step in
                    values.removeAll(keepingCapacity: true)
                    for row in memberRows where Point.isPresent(row[step]) { values.append(row[step]) }
                    if values.isEmpty { return Point.absent }
                    values.sort(by: QuantileKernel.isOrdered)
                    return QuantileKernel.quantile(quantiles[step], ofSorted: values.span)
                }
                rows.append(Row(result))
                evaluation.release(members.count * grid.count)
            }
            return rows
        }
        try evaluation.hold(groups.members.count * grid.count)
        return RowSource(series: groups.identities, rows: Array(results.joined()))
    }

    /// `count_values`: how many elements of a group have each value, as one series per value.
    private func countValues(_ node: Aggregation, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard let parameter = node.parameter else { return RowSource.empty }
        let label = try string(parameter)
        guard isValidLabelName(label) else {
            throw .execution("invalid label name \(evaluation.sourceText(parameter.withoutParentheses.range))")
        }
        let source = try vector(node.operand, on: grid)
        var grouping = node.grouping
        if grouping.isWithout { grouping.labels.append(label) }
        let groups = SeriesGroups(source.series, by: grouping, metadataNames: evaluation.metadataNames)
        var table = RowTable(stepCount: grid.count)
        var scratch = Scratch()
        var row = Row(count: grid.count)
        for group in groups.members.indices {
            var counts: [CountedValue: [Double]] = [:]
            for member in groups.members[group] {
                try source.read(member, into: &row, scratch: &scratch)
                for step in row.values.indices where row.isPresent(at: step) {
                    let value = CountedValue(row, at: step)
                    if counts[value] == nil {
                        try evaluation.hold(grid.count)
                        counts[value] = [Double](repeating: 0, count: grid.count)
                    }
                    counts[value]?[step] += 1
                }
            }
            for (value, numbers) in counts {
                var builder = LabelSetBuilder(groups.identities[group].labels)
                builder.set(label, to: value.text)
                let target = table.row(for: SeriesIdentity(labels: builder.labelSet()))
                // The label may be one that tells groups apart: equal sets are counted together.
                for step in numbers.indices where numbers[step] > 0 { table.add(numbers[step], to: target, at: step) }
            }
        }
        return table.source
    }
}

/// A value as `count_values` tells values apart.
private enum CountedValue: Hashable {
    case float(bits: UInt64)
    case histogram(text: String)

    init(_ row: Row, at step: Int) {
        if let histogram = row.histogram(at: step) {
            self = .histogram(text: histogram.text)
        } else {
            let value = row.values[step]
            self = .float(bits: value.isNaN ? Double.nan.bitPattern : value.bitPattern)
        }
    }

    /// The value of the label.
    var text: String {
        switch self {
        case .float(let bits): NumberText.string(Double(bitPattern: bits), .fixed)
        case .histogram(let text): text
        }
    }
}
