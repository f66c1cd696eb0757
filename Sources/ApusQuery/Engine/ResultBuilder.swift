import ApusModel
import ApusPromQL

/// Reads an opened query to its end and makes the answer.
struct ResultBuilder: Sendable {
    let evaluator: Evaluator
    private var evaluation: Evaluation { evaluator.evaluation }

    init(evaluator: Evaluator) {
        self.evaluator = evaluator
    }

    /// The value of an instant query.
    func instant(_ expression: Expression) throws(QueryError) -> QueryValue {
        let grid = evaluation.grid
        switch expression.valueType {
        case .scalar: return .scalar(try evaluator.scalar(expression, on: grid)[0], timestamp: grid.start)
        case .string: return .string(try evaluator.string(expression), timestamp: grid.start)
        case .rangeVector: return .matrix(try rangeVector(expression))
        case .instantVector:
            let series = try read(try evaluator.vector(expression, on: grid))
            return .vector(
                series.map { VectorSample(labels: $0.labels, value: $0.samples.values[0], timestamp: grid.start) })
        }
    }

    /// The value of a range query.
    func range(_ expression: Expression) throws(QueryError) -> QueryValue {
        let grid = evaluation.grid
        switch expression.valueType {
        case .scalar:
            let row = try evaluator.scalar(expression, on: grid)
            return .matrix([MatrixSeries(labels: .empty, samples: columns(of: row))])
        case .instantVector: return .matrix(try read(try evaluator.vector(expression, on: grid)))
        case .string, .rangeVector:
            throw .badData(
                "invalid expression type \"\(expression.valueType.rawValue)\" for range query, must be Scalar or instant"
                    + " Vector")
        }
    }

    /// The value with its series in the order of their labels.
    func sorted(_ value: QueryValue, keepsOrder: Bool) -> QueryValue {
        switch value {
        case .matrix(let series): .matrix(series.sorted { $0.labels < $1.labels })
        case .vector(let samples): keepsOrder ? value : .vector(samples.sorted { $0.labels < $1.labels })
        case .scalar, .string: value
        }
    }

    /// All series that have a value, with the names dropped that were to be dropped.
    private func read(_ source: any SeriesSource) throws(QueryError) -> [MatrixSeries] {
        let grid = evaluation.grid
        let series = source.series.map { identity in
            identity.dropsName
                ? SeriesIdentity(labels: evaluation.metadataNames.dropping(identity.labels)) : identity
        }
        let named = try evaluator.joiningDuplicates(RelabelledSource(base: source, series: series), on: grid)
        let parts = evaluation.parts(of: named.series.count)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var result: [MatrixSeries] = []
            var row = scratch.takeRow(grid.count)
            for index in parts[part] {
                try named.read(index, into: &row, scratch: &scratch)
                let samples = columns(of: row)
                if samples.count == 0 { continue }
                try evaluation.hold(samples.count)
                result.append(MatrixSeries(labels: named.series[index].labels, samples: samples))
            }
            return result
        }
        return Array(results.joined())
    }

    /// The samples of a range vector at the time of an instant query.
    private func rangeVector(_ expression: Expression) throws(QueryError) -> [MatrixSeries] {
        let source = try evaluator.windows(expression, on: evaluation.grid)
        let start = source.windows.start(at: 0)
        let end = source.windows.end(at: 0)
        let parts = evaluation.parts(of: source.series.count)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var result: [MatrixSeries] = []
            for index in parts[part] {
                try source.read(index, scratch: &scratch)
                var samples = SampleColumns()
                for (time, value) in zip(scratch.samples.columns.timestamps, scratch.samples.columns.values)
                where time > start && time <= end {
                    samples.append(value, at: time)
                }
                if samples.count == 0 { continue }
                try evaluation.hold(samples.count)
                let identity = source.series[index]
                let labels = identity.dropsName ? evaluation.metadataNames.dropping(identity.labels) : identity.labels
                result.append(MatrixSeries(labels: labels, samples: samples))
            }
            return result
        }
        return Array(results.joined())
    }

    private func columns(of row: [Double]) -> SampleColumns {
        var samples = SampleColumns()
        let count = row.count { Point.isPresent($0) }
        if count == 0 { return samples }
        samples.timestamps.reserveCapacity(count)
        samples.values.reserveCapacity(count)
        for step in row.indices where Point.isPresent(row[step]) {
            samples.append(row[step], at: evaluation.grid.timestamp(at: step))
        }
        return samples
    }
}
