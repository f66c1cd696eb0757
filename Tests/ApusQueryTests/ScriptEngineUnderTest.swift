import ApusModel
import ApusPromQL
import ApusQuery
import ApusTestSupport

/// The query engine over a store in memory, as scripts drive it.
struct ScriptEngineUnderTest: ScriptEngine {
    private let store = MemoryQueryable()
    private let engine: QueryEngine

    init(treatsTypeAndUnitAsMetadata: Bool = false) throws {
        var limits = QueryLimits()
        limits.treatsTypeAndUnitAsMetadata = treatsTypeAndUnitAsMetadata
        limits.maxAnnotations = 1_000
        engine = try QueryEngine(queryable: store, limits: limits)
    }

    func clear() {
        store.removeAll()
    }

    func load(_ series: [ScriptLoadedSeries]) {
        for one in series {
            var columns = SampleColumns()
            for sample in one.samples {
                switch sample.value {
                case .float(let value): columns.append(value, at: sample.timestamp)
                case .histogram(let histogram, _):
                    columns.histograms.append(.init(position: columns.count, histogram: histogram))
                    columns.append(.nan, at: sample.timestamp)
                }
            }
            if columns.count > 0 { store.add(columns, to: one.labels) }
        }
    }

    func evaluate(_ query: String, at time: Int64) async -> ScriptAnswer {
        do throws(QueryError) {
            return Self.answer(try await engine.instant(query, at: time))
        } catch {
            return Self.answer(error)
        }
    }

    func evaluate(_ query: String, from start: Int64, through end: Int64, step: Int64) async -> ScriptAnswer {
        do throws(QueryError) {
            return Self.answer(try await engine.range(query, from: start, through: end, step: step))
        } catch {
            return Self.answer(error)
        }
    }

    private static func answer(_ result: QueryResult) -> ScriptAnswer {
        let value: ScriptAnswer.Value =
            switch result.value {
            case .scalar(let value, _): .scalar(value)
            case .string(let text, _): .string(text)
            case .vector(let samples):
                .vector(
                    samples.map { sample in
                        .init(
                            labels: sample.labels,
                            points: [ScriptSample(timestamp: sample.timestamp, value: .float(sample.value))])
                    })
            case .matrix(let series):
                .matrix(
                    series.map { series in
                        .init(
                            labels: series.labels,
                            points: zip(series.samples.timestamps, series.samples.values).map {
                                ScriptSample(timestamp: $0.0, value: .float($0.1))
                            })
                    })
            }
        return ScriptAnswer(value, warnings: result.warnings, infos: result.infos)
    }

    private static func answer(_ error: QueryError) -> ScriptAnswer {
        if case .parse(let error) = error { return ScriptAnswer(.failure(error.message)) }
        return ScriptAnswer(.failure("\(error)"))
    }
}
