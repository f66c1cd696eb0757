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
                series.map { series in
                    VectorSample(
                        labels: series.labels, value: series.samples.values[0],
                        histogram: series.samples.histograms.first?.histogram, timestamp: grid.start)
                })
        }
    }

    /// The value of a range query.
    func range(_ expression: Expression) throws(QueryError) -> QueryValue {
        let grid = evaluation.grid
        switch expression.valueType {
        case .scalar:
            let row = try evaluator.scalar(expression, on: grid)
            return .matrix([MatrixSeries(labels: .empty, samples: columns(of: Row(row), allTimes))])
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
        case .matrix(let series): .matrix(Self.sorted(series, by: \.labels))
        case .vector(let samples): keepsOrder ? value : .vector(Self.sorted(samples, by: \.labels))
        case .scalar, .string: value
        }
    }

    /// Stores often give series in order already, which is quick to see.
    private static func sorted<Element>(_ elements: [Element], by labels: (Element) -> LabelSet) -> [Element] {
        let keys = elements.map(labels)
        if zip(keys, keys.dropFirst()).allSatisfy({ !($1 < $0) }) { return elements }
        return keys.indices.sorted { keys[$0] < keys[$1] }.map { elements[$0] }
    }

    /// All series that have a value, with the names dropped that were to be dropped.
    private func read(_ source: any SeriesSource) throws(QueryError) -> [MatrixSeries] {
        let grid = evaluation.grid
        try evaluation.refuseHugeResult(source, steps: grid.count)
        let named = try withoutDroppedNames(source)
        let parts = evaluation.parts(of: named.series.count)
        let allTimes = allTimes
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var result: [MatrixSeries] = []
            var row = scratch.takeRow(grid.count)
            for index in parts[part] {
                try named.read(index, into: &row, scratch: &scratch)
                let samples = columns(of: row, allTimes)
                if samples.count == 0 { continue }
                try evaluation.hold(samples.weight)
                result.append(MatrixSeries(labels: named.series[index].labels, samples: samples))
            }
            return result
        }
        return Array(results.joined())
    }

    /// The source with the names gone that were to be dropped, and with series joined that differed in them only.
    private func withoutDroppedNames(_ source: any SeriesSource) throws(QueryError) -> any SeriesSource {
        guard source.series.contains(where: \.dropsName) else { return source }
        let series = source.series.map { identity in
            identity.dropsName
                ? SeriesIdentity(labels: evaluation.metadataNames.dropping(identity.labels)) : identity
        }
        let named = RelabelledSource(base: source, series: series)
        // Nearly always all series are of one metric, and then none of them can have become equal.
        if evaluation.metadataNames.names.count == 1, source.series.allSatisfy(\.dropsName) {
            let name = source.series[0].labels.metricName
            if source.series.allSatisfy({ $0.labels.metricName == name }) { return named }
        }
        return try evaluator.joiningDuplicates(named, on: evaluation.grid)
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
                let samples = scratch.samples.columns.between(start, end)
                if samples.count == 0 { continue }
                try evaluation.hold(samples.weight)
                let identity = source.series[index]
                let labels = identity.dropsName ? evaluation.metadataNames.dropping(identity.labels) : identity.labels
                result.append(MatrixSeries(labels: labels, samples: samples))
            }
            return result
        }
        return Array(results.joined())
    }

    /// The present points of a row as samples.
    ///
    /// - Parameter allTimes: the time of every step, shared by the rows that have all points.
    private func columns(of row: Row, _ allTimes: [Int64]) -> SampleColumns {
        let count = Self.presentCount(row.values)
        if count == row.count, !row.hasHistograms {
            return SampleColumns(timestamps: allTimes, values: row.values)
        }
        var samples = SampleColumns()
        if count == 0 { return samples }
        samples.timestamps.reserveCapacity(count)
        samples.values.reserveCapacity(count)
        for step in row.values.indices where row.isPresent(at: step) {
            if let histogram = row.histogram(at: step) {
                samples.append(histogram, at: allTimes[step])
            } else {
                samples.append(row.values[step], at: allTimes[step])
            }
        }
        return samples
    }

    private static func presentCount(_ row: [Double]) -> Int {
        let values = row.span
        var count = 0
        for step in 0..<values.count where Point.isPresent(values[step]) { count &+= 1 }
        return count
    }

    private var allTimes: [Int64] { (0..<evaluation.grid.count).map(evaluation.grid.timestamp) }
}

extension SampleColumns {
    /// How much memory the samples count for, as a number of floats.
    fileprivate var weight: Int { histograms.reduce(count) { $0 + $1.histogram.weight } }

    /// The samples after `start` up to `end`, which is included.
    fileprivate func between(_ start: Int64, _ end: Int64) -> SampleColumns {
        var result = SampleColumns()
        var entry = 0
        for (index, time) in timestamps.enumerated() where time > start && time <= end {
            while entry < histograms.count, histograms[entry].position < index { entry += 1 }
            if entry < histograms.count, histograms[entry].position == index {
                result.append(histograms[entry].histogram, at: time)
            } else {
                result.append(values[index], at: time)
            }
        }
        return result
    }
}
