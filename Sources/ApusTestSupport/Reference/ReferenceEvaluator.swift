import ApusBytes
package import ApusModel
import ApusPromQL

/// Evaluates PromQL slowly and obviously: at one time, recursively, from the definitions in the language's documentation.
///
/// It shares the parser and the matchers with the engine and nothing else, so that an agreement of both says something.
/// A range query is the instant evaluations at each of its steps, joined by labels. Not for use outside tests.
package final class ReferenceEvaluator {
    let queryable: any Queryable
    let settings: ReferenceSettings
    private var stored: [[Matcher]: [ReferenceSeries]] = [:]
    private var warnings: [String: SourceRange] = [:]
    private var infos: [String: SourceRange] = [:]
    /// The query's times; an instant query starts and ends at its time and has no step.
    private(set) var start: Int64 = 0
    private(set) var end: Int64 = 0
    private(set) var context = DurationContext(step: 0, range: 0)
    private var text: [UInt8] = []
    /// Set where the language leaves open which elements are chosen.
    var isAmbiguous = false
    /// Whether unknown hints of histograms are found out by comparing each with the one before.
    var detectsHints = false

    /// An evaluator over the series of `queryable`.
    package init(queryable: any Queryable, settings: ReferenceSettings = ReferenceSettings()) {
        self.queryable = queryable
        self.settings = settings
    }

    /// The value of a query at one time, in milliseconds since the epoch.
    package func instant(_ query: String, at time: Int64) throws(ReferenceError) -> ReferenceAnswer {
        let expression = try begin(query, from: time, through: time, step: 0)
        let value = try finished(try value(of: expression, at: time))
        return answer(value)
    }

    /// The values of a query from one time through another, `step` apart; all in milliseconds.
    package func range(
        _ query: String, from start: Int64, through end: Int64, step: Int64
    ) throws(ReferenceError) -> ReferenceAnswer {
        let expression = try begin(query, from: start, through: end, step: step)
        guard expression.valueType == .scalar || expression.valueType == .instantVector else {
            throw .badData(
                "invalid expression type \"\(expression.valueType.rawValue)\" for range query, must be Scalar or instant Vector"
            )
        }
        noteIneffectiveSorting(in: expression)
        var joined = JoinedSeries()
        var time = start
        while time <= end {
            switch try value(of: expression, at: time) {
            case .scalar(let value):
                try joined.append([ReferenceElement(labels: .empty, sample: .float(value))], at: time)
            case .vector(let elements): try joined.append(elements, at: time)
            case .string, .matrix: throw .badData("a range query of something else")
            }
            time += step
        }
        return answer(try finished(.matrix(joined.series)))
    }

    private func begin(
        _ query: String, from start: Int64, through end: Int64, step: Int64
    ) throws(ReferenceError) -> Expression {
        (self.start, self.end) = (start, end)
        context = DurationContext(step: step, range: end - start)
        text = Array(query.utf8)
        (warnings, infos, isAmbiguous, detectsHints) = ([:], [:], false, false)
        do {
            return try Parser.parse(query)
        } catch {
            throw .parse(error)
        }
    }

    private func answer(_ value: ReferenceValue) -> ReferenceAnswer {
        ReferenceAnswer(
            value: value, warnings: placed(warnings), infos: placed(infos), isAmbiguous: isAmbiguous)
    }

    // MARK: Annotations

    /// Adds a warning with the position of its cause.
    func warn(_ message: String, at range: SourceRange) {
        warnings.merge([("PromQL warning: \(message)", range)], uniquingKeysWith: Self.last)
    }

    /// Adds an info with the position of its cause.
    func inform(_ message: String, at range: SourceRange) {
        infos.merge([("PromQL info: \(message)", range)], uniquingKeysWith: Self.last)
    }

    /// Of two places that give the same annotation the one that Prometheus evaluates last, the only one that it names.
    private static func last(_ a: SourceRange, _ b: SourceRange) -> SourceRange {
        (a.end, b.start) < (b.end, a.start) ? b : a
    }

    private func placed(_ annotations: [String: SourceRange]) -> [String] {
        annotations.map { "\($0) \(position(of: $1))" }.sorted()
    }

    private func position(of range: SourceRange) -> String {
        let place = range.lineAndColumn(in: text)
        return "(\(place.line):\(place.column))"
    }

    /// ` for metric name "…"`, nothing without a name.
    func forMetric(_ labels: LabelSet) -> String {
        guard let name = labels.metricName, !name.isEmpty else { return "" }
        return " for metric name \(QuotedText.quoted(name))"
    }

    // MARK: Names at the end

    /// Drops the names that are to be dropped, and joins the series that became the same.
    private func finished(_ value: ReferenceValue) throws(ReferenceError) -> ReferenceValue {
        switch value {
        case .scalar, .string: return value
        case .vector(let elements):
            var result: [ReferenceElement] = []
            var seen: Set<LabelSet> = []
            for element in elements {
                let labels = element.dropsName ? withoutName(element.labels) : element.labels
                guard seen.insert(labels).inserted else { throw Self.sameLabels }
                result.append(ReferenceElement(labels: labels, sample: element.sample))
            }
            return .vector(result)
        case .matrix(let series):
            var points: [LabelSet: [Int64: ReferencePoint]] = [:]
            for one in series {
                let labels = one.dropsName ? withoutName(one.labels) : one.labels
                for point in one.points {
                    guard points[labels, default: [:]].updateValue(point, forKey: point.time) == nil else {
                        throw Self.sameLabels
                    }
                }
            }
            return .matrix(
                points.sorted { $0.key < $1.key }.map { labels, points in
                    ReferenceSeries(labels: labels, points: points.values.sorted { $0.time < $1.time })
                })
        }
    }

    static let sameLabels = ReferenceError.execution("vector cannot contain metrics with the same labelset")

    /// The labels without the metric's name and what counts as part of it.
    func withoutName(_ labels: LabelSet) -> LabelSet {
        LabelNames(metadataNames).dropping(labels)
    }

    /// The labels that say which metric a series belongs to.
    var metadataNames: [String] {
        settings.treatsTypeAndUnitAsMetadata
            ? [LabelSet.metricName, "__type__", "__unit__"] : [LabelSet.metricName]
    }

    // MARK: Store

    /// All series that the matchers select, with all their samples.
    func series(matching matchers: [Matcher]) throws(ReferenceError) -> [ReferenceSeries] {
        let found = try storedSeries(matching: matchers)
        return detectsHints ? found.map(Self.withDetectedHints) : found
    }

    private static func withDetectedHints(_ series: ReferenceSeries) -> ReferenceSeries {
        var result = series
        var previous: ReferenceHistogram?
        for (index, point) in series.points.enumerated() {
            guard case .histogram(var histogram) = point.sample else {
                previous = nil
                continue
            }
            let before = previous
            previous = histogram
            guard let before, histogram.hint == .unknown else { continue }
            histogram.hint = histogram.isReset(after: before) ? .reset : .notReset
            result.points[index].sample = .histogram(histogram)
        }
        return result
    }

    private func storedSeries(matching matchers: [Matcher]) throws(ReferenceError) -> [ReferenceSeries] {
        if let known = stored[matchers] { return known }
        do {
            // Halves, so that no distance between two times overflows.
            let range = (Int64.min / 2, Int64.max / 2)
            let selection = try queryable.querier(from: range.0, through: range.1).select(matchers)
            var result: [ReferenceSeries] = []
            for index in 0..<selection.count {
                var columns = SampleColumns()
                try selection.read(index, from: range.0, through: range.1, into: &columns)
                var points: [ReferencePoint] = []
                for position in 0..<columns.count {
                    let start = position < columns.startTimestamps.count ? columns.startTimestamps[position] : 0
                    points.append(
                        ReferencePoint(
                            time: columns.timestamps[position], sample: .float(columns.values[position]),
                            startTime: settings.usesStartTimes ? start : 0))
                }
                for entry in columns.histograms {
                    points[entry.position].sample = .histogram(ReferenceHistogram(entry.histogram))
                }
                result.append(ReferenceSeries(labels: selection.labels(at: index), points: points))
            }
            result.sort { $0.labels < $1.labels }
            stored[matchers] = result
            return result
        } catch {
            throw .storage("\(error)")
        }
    }
}

/// Vectors of several times, joined by labels into series.
struct JoinedSeries {
    private(set) var series: [ReferenceSeries] = []
    private var positions: [LabelSet: Int] = [:]

    /// Adds the elements of a vector at a time.
    ///
    /// - Throws: when two elements have the same labels.
    mutating func append(_ elements: [ReferenceElement], at time: Int64) throws(ReferenceError) {
        for element in elements {
            let point = ReferencePoint(time: time, sample: element.sample)
            if let position = positions[element.labels] {
                guard series[position].points.last?.time != time else { throw ReferenceEvaluator.sameLabels }
                series[position].points.append(point)
            } else {
                positions[element.labels] = series.count
                series.append(
                    ReferenceSeries(labels: element.labels, dropsName: element.dropsName, points: [point]))
            }
        }
    }
}
