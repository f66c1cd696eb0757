import ApusModel
import ApusPromQL
import ApusQuery
import ApusTestSupport

/// A store with a set of series, and an engine over it.
struct RandomSubject {
    let store = MemoryQueryable()
    let engine: QueryEngine

    init(_ series: [RandomData.Series]) throws {
        for one in series { store.add(one.samples, to: one.labels) }
        var limits = QueryLimits()
        limits.maxAnnotations = 1_000
        engine = try QueryEngine(queryable: store, limits: limits)
    }
}

/// One random query on one random set of series, answered by the engine and by the reference.
struct RandomComparison {
    /// How a comparison went.
    enum Outcome {
        /// Both say the same, with or without elements.
        case same(isEmpty: Bool)
        /// Both fail for the same reason.
        case sameFailure
        /// The language leaves the choice of elements open, so that the values cannot be compared.
        case ambiguous
        /// The engine refuses the query as something that it cannot do.
        case unsupported(String)
        /// They differ.
        case different([String])
    }

    let seed: UInt64
    var series: [RandomData.Series]
    var query: RandomQuery

    /// Compares both answers; the subject holds the series of this comparison.
    func outcome(on subject: RandomSubject? = nil) async throws -> Outcome {
        let (store, engine) = try { subject in (subject.store, subject.engine) }(subject ?? RandomSubject(series))
        let reference = ReferenceEvaluator(queryable: store)
        let expected: Result<ReferenceAnswer, ReferenceError>
        do throws(ReferenceError) {
            switch query.time {
            case .instant(let time): expected = .success(try reference.instant(query.text, at: time))
            case .range(let start, let end, let step):
                expected = .success(try reference.range(query.text, from: start, through: end, step: step))
            }
        } catch {
            expected = .failure(error)
        }
        let actual: Result<QueryResult, QueryError>
        do throws(QueryError) {
            switch query.time {
            case .instant(let time): actual = .success(try await engine.instant(query.text, at: time))
            case .range(let start, let end, let step):
                actual = .success(try await engine.range(query.text, from: start, through: end, step: step))
            }
        } catch {
            actual = .failure(error)
        }
        if case .failure(let error) = actual, "\(error)".contains("not supported") { return .unsupported("\(error)") }
        if case .success(let answer) = expected, answer.isAmbiguous { return .ambiguous }
        let comparison = AnswerComparison(
            tolerance: query.text.contains("std") ? 1e-6 : 1e-9, isOrdered: query.text.hasPrefix("sort_by_label"),
            hasSubquery: query.text.contains(":"))
        let differences = comparison.differences(expected, actual)
        if !differences.isEmpty { return .different(differences) }
        switch expected {
        case .failure: return .sameFailure
        case .success(let answer): return .same(isEmpty: answer.isEmpty)
        }
    }

    private func isDifferent() async throws -> Bool {
        if case .different = try await outcome() { true } else { false }
    }

    /// The smallest comparison that still differs: fewer steps, a part of the query, fewer series, fewer samples.
    func shrunk() async throws -> RandomComparison {
        var smallest = self
        var isShrinking = true
        while isShrinking {
            isShrinking = false
            for candidate in smallest.smaller() where try await candidate.isDifferent() {
                smallest = candidate
                isShrinking = true
                break
            }
        }
        return smallest
    }

    private func smaller() -> [RandomComparison] {
        var result: [RandomComparison] = []
        if case .range(let start, let end, let step) = query.time {
            let middle = start + (end - start) / step / 2 * step
            let times: [RandomQuery.Time] = [
                .instant(start), .instant(end), .range(start: start, end: middle, step: step),
                .range(start: middle + step, end: end, step: step), .range(start: start + step, end: end, step: step),
                .range(start: start, end: end - step, step: step),
            ]
            for time in times where time != query.time && time.isForward { result.append(with(time: time)) }
        }
        if let expression = try? Parser.parse(query.text) {
            for child in expression.children where child.valueType == .instantVector || child.valueType == .scalar {
                result.append(with(text: child.description))
            }
            if case .call(let call) = expression {
                // The functions of a window can be asked about the samples themselves.
                for case .subquery(let inner) in call.arguments {
                    result.append(with(text: inner.inner.description))
                }
            }
        }
        for size in [series.count / 2, series.count / 4, 1] where size > 0 && size < series.count {
            for start in stride(from: 0, to: series.count, by: size) {
                var candidate = self
                candidate.series.removeSubrange(start..<min(series.count, start + size))
                result.append(candidate)
            }
        }
        if series.count <= 3 {
            for position in series.indices {
                let samples = series[position].samples
                for half in [0..<samples.count / 2, samples.count / 2..<samples.count] where samples.count > 1 {
                    var candidate = self
                    candidate.series[position].samples = samples.part(half)
                    result.append(candidate)
                }
            }
        }
        return result
    }

    private func with(time: RandomQuery.Time? = nil, text: String? = nil) -> RandomComparison {
        var copy = self
        if let time { copy.query.time = time }
        if let text { copy.query.text = text }
        return copy
    }

    /// The comparison as one can repeat it.
    var description: String {
        let lines = series.prefix(12).map { one in
            var histograms: [Int: NativeHistogram] = [:]
            for entry in one.samples.histograms { histograms[entry.position] = entry.histogram }
            let samples = one.samples.timestamps.indices.map { index in
                let value = one.samples.values[index]
                let text =
                    histograms[index].map { "\($0.schema)\($0.text)" }
                    ?? (SpecialValue.isStaleMarker(value) ? "stale" : "\(value)")
                return "\(one.samples.timestamps[index]):\(text)"
            }
            return "  \(one.labels) \(samples.joined(separator: " "))"
        }
        return "seed \(seed): \(query.text) at \(query.time)\n\(lines.joined(separator: "\n"))"
            + (series.count > 12 ? "\n  and \(series.count - 12) more series" : "")
    }
}

extension RandomQuery.Time {
    fileprivate var isForward: Bool {
        if case .range(let start, let end, _) = self { start <= end } else { true }
    }
}

extension ReferenceAnswer {
    /// Whether there is no element.
    fileprivate var isEmpty: Bool {
        switch value {
        case .scalar, .string: false
        case .vector(let elements): elements.isEmpty
        case .matrix(let series): series.isEmpty
        }
    }
}

extension SampleColumns {
    fileprivate func part(_ range: Range<Int>) -> SampleColumns {
        var result = SampleColumns(timestamps: Array(timestamps[range]), values: Array(values[range]))
        for entry in histograms where range.contains(entry.position) {
            result.histograms.append(
                .init(position: entry.position - range.lowerBound, histogram: entry.histogram))
        }
        return result
    }
}
