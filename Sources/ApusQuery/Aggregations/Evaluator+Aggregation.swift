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
        switch node.operation {
        case .sum: return try combine(SumCell.self, source, groups, on: grid)
        case .avg: return try combine(MeanCell.self, source, groups, on: grid)
        case .count: return try combine(CountCell.self, source, groups, on: grid)
        case .group: return try combine(GroupCell.self, source, groups, on: grid)
        case .min: return try combine(MinimumCell.self, source, groups, on: grid)
        case .max: return try combine(MaximumCell.self, source, groups, on: grid)
        case .stdvar: return try combine(VarianceCell.self, source, groups, on: grid)
        case .stddev:
            let variance = try combine(VarianceCell.self, source, groups, on: grid)
            return MappedSource(variance, dropsName: false) { row in row.mapPresent { $0.squareRoot() } }
        case .quantile: return try groupQuantiles(quantiles, source, groups, on: grid)
        case .topk, .bottomk, .limitk, .limitRatio, .countValues: return RowSource.empty
        }
    }

    /// Accumulates series into cells while they stream by; nothing of the input is kept.
    private func combine<Cell: AggregationCell>(
        _: Cell.Type, _ source: any SeriesSource, _ groups: SeriesGroups, on grid: StepGrid
    ) throws(QueryError) -> RowSource {
        try evaluation.hold(groups.members.count * grid.count)
        let pieces = groups.pieces(seriesCount: source.series.count)
        let batches = evaluation.parts(of: pieces.count, atLeast: 1)
        let results = try evaluation.parallel(parts: batches.count) { batch, scratch throws(QueryError) in
            var cells: [[Cell]] = []
            var row = scratch.takeRow(grid.count)
            for piece in pieces[batches[batch]] {
                var pieceCells = [Cell](repeating: Cell(), count: grid.count)
                for member in groups.members[piece.group][piece.members] {
                    try source.read(member, into: &row, scratch: &scratch)
                    Self.accumulate(row, into: &pieceCells)
                }
                cells.append(pieceCells)
            }
            scratch.giveBack(row)
            return cells
        }
        var rows: [[Double]] = []
        rows.reserveCapacity(groups.members.count)
        var current: [Cell] = []
        var currentGroup = -1
        for (piece, cells) in zip(pieces, results.joined()) {
            if piece.group == currentGroup {
                for step in cells.indices { current[step].join(cells[step]) }
                continue
            }
            if currentGroup >= 0 { rows.append(current.map(\.result)) }
            current = cells
            currentGroup = piece.group
        }
        if currentGroup >= 0 { rows.append(current.map(\.result)) }
        return RowSource(series: groups.identities, rows: rows)
    }

    private static func accumulate<Cell: AggregationCell>(_ row: [Double], into cells: inout [Cell]) {
        let values = row.span
        var cells = cells.mutableSpan
        for step in 0..<values.count {
            let value = values[step]
            if Point.isPresent(value) { cells[step].add(value) }
        }
    }

    /// `quantile`: needs all values of a group at once, so groups are done one after the other by each thread.
    private func groupQuantiles(
        _ quantiles: [Double], _ source: any SeriesSource, _ groups: SeriesGroups, on grid: StepGrid
    ) throws(QueryError) -> RowSource {
        let parts = evaluation.parts(of: groups.members.count, atLeast: 1)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var rows: [[Double]] = []
            for group in parts[part] {
                let members = groups.members[group]
                try evaluation.hold(members.count * grid.count)
                var memberRows: [[Double]] = []
                for member in members {
                    var row = [Double](repeating: Point.absent, count: grid.count)
                    try source.read(member, into: &row, scratch: &scratch)
                    memberRows.append(row)
                }
                var values: [Double] = []
                rows.append(
                    (0..<grid.count).map { step in
                        values.removeAll(keepingCapacity: true)
                        for row in memberRows where Point.isPresent(row[step]) { values.append(row[step]) }
                        if values.isEmpty { return Point.absent }
                        values.sort(by: QuantileKernel.isOrdered)
                        return QuantileKernel.quantile(quantiles[step], ofSorted: values.span)
                    })
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
        var row = [Double](repeating: Point.absent, count: grid.count)
        for group in groups.members.indices {
            var counts: [UInt64: [Double]] = [:]
            for member in groups.members[group] {
                try source.read(member, into: &row, scratch: &scratch)
                for step in row.indices where Point.isPresent(row[step]) {
                    let bits = row[step].isNaN ? Double.nan.bitPattern : row[step].bitPattern
                    if counts[bits] == nil {
                        try evaluation.hold(grid.count)
                        counts[bits] = [Double](repeating: Point.absent, count: grid.count)
                    }
                    let old = counts[bits]?[step] ?? Point.absent
                    counts[bits]?[step] = Point.isAbsent(old) ? 1 : old + 1
                }
            }
            for (bits, values) in counts {
                var builder = LabelSetBuilder(groups.identities[group].labels)
                builder.set(label, to: NumberText.string(Double(bitPattern: bits), .fixed))
                let target = table.row(for: SeriesIdentity(labels: builder.labelSet()))
                // The label may be one that tells groups apart: equal sets are counted together.
                for step in values.indices where Point.isPresent(values[step]) {
                    table.add(values[step], to: target, at: step)
                }
            }
        }
        return table.source
    }
}
