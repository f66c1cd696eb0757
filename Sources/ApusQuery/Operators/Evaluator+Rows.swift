import ApusModel
import ApusPromQL

extension Evaluator {
    /// Reads all series of a source, in parallel, and keeps their rows.
    func materialise(_ source: any SeriesSource, on grid: StepGrid) throws(QueryError) -> RowSource {
        if let rows = source as? RowSource { return rows }
        try evaluation.expectRows(series: source.series.count, steps: grid.count)
        let parts = evaluation.parts(of: source.series.count)
        let rows = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            try evaluation.hold(parts[part].count * grid.count)
            var rows: [Row] = []
            for index in parts[part] {
                var row = Row(count: grid.count)
                try source.read(index, into: &row, scratch: &scratch)
                rows.append(row)
            }
            return rows
        }
        return RowSource(series: source.series, rows: Array(rows.joined()))
    }

    /// A source in which every label set occurs once: series with equal labels become one.
    ///
    /// - Throws: when two of them have a value at the same step.
    func joiningDuplicates(_ source: any SeriesSource, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        var firsts: [LabelSet: Int] = [:]
        firsts.reserveCapacity(source.series.count)
        var hasDuplicate = false
        for (index, identity) in source.series.enumerated()
        where firsts.updateValue(index, forKey: identity.labels) != nil {
            hasDuplicate = true
            break
        }
        if !hasDuplicate { return source }
        let rows = try materialise(source, on: grid)
        var table = RowTable(stepCount: grid.count)
        for (index, identity) in rows.series.enumerated() {
            let target = table.row(for: identity)
            try table.join(rows.rows[index], into: target)
        }
        return table.source
    }
}

/// Result rows found by their labels.
struct RowTable {
    private var indices: [LabelSet: Int] = [:]
    private var series: [SeriesIdentity] = []
    private var rows: [Row] = []
    private let stepCount: Int

    init(stepCount: Int) {
        self.stepCount = stepCount
    }

    /// The position of the row of a series, made if the labels are new.
    mutating func row(for identity: SeriesIdentity) -> Int {
        if let index = indices[identity.labels] { return index }
        indices[identity.labels] = rows.count
        series.append(identity)
        rows.append(Row(count: stepCount))
        return rows.count - 1
    }

    /// Adds to a value; an absent one counts as zero.
    mutating func add(_ value: Double, to index: Int, at step: Int) {
        let old = rows[index].values[step]
        rows[index].values[step] = Point.isAbsent(old) ? value : old + value
    }

    /// Takes over the value at a step of another row.
    mutating func set(_ index: Int, at step: Int, from row: Row) { rows[index].copyPoint(of: row, at: step, to: step) }

    /// Puts the values of `row` into the row at `index`, which must have none at these steps.
    mutating func join(_ row: Row, into index: Int) throws(QueryError) {
        for step in 0..<stepCount where row.isPresent(at: step) { try join(row, at: step, into: index) }
    }

    /// Puts the value of `row` at a step into the row at `index`, which must have none there.
    mutating func join(_ row: Row, at step: Int, into index: Int) throws(QueryError) {
        guard !rows[index].isPresent(at: step) else { throw .duplicateLabelSet }
        rows[index].copyPoint(of: row, at: step, to: step)
    }

    /// The rows as a source.
    var source: RowSource { RowSource(series: series, rows: rows) }
}

extension QueryError {
    /// Two elements of a vector have the same labels.
    static let duplicateLabelSet = QueryError.execution("vector cannot contain metrics with the same labelset")
}
