import ApusModel
import ApusPromQL
import ApusQuery
import ApusTestSupport

/// The query engine over a store in memory, as scripts drive it.
struct ScriptEngineUnderTest: ScriptEngine {
    private let store = MemoryQueryable()
    private let engine: QueryEngine

    init(features: [EngineFeatures.Feature] = []) throws {
        var limits = QueryLimits()
        for feature in features { limits.features[feature] = true }
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
                    columns.append(histogram, at: sample.timestamp)
                }
                columns.startTimestamps.append(sample.startTimestamp ?? 0)
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
                            points: [
                                ScriptSample(
                                    timestamp: sample.timestamp, value: Self.value(sample.value, sample.histogram))
                            ])
                    })
            case .matrix(let series):
                .matrix(
                    series.map { series in
                        .init(
                            labels: series.labels,
                            points: points(series.samples))
                    })
            }
        return ScriptAnswer(value, warnings: result.warnings, infos: result.infos)
    }

    private static func points(_ samples: SampleColumns) -> [ScriptSample] {
        let histograms = Dictionary(uniqueKeysWithValues: samples.histograms.map { ($0.position, $0.histogram) })
        return samples.timestamps.indices.map { index in
            ScriptSample(timestamp: samples.timestamps[index], value: value(samples.values[index], histograms[index]))
        }
    }

    private static func value(_ value: Double, _ histogram: NativeHistogram?) -> ScriptValue {
        histogram.map { .histogram($0, hasHint: true) } ?? .float(value)
    }

    private static func answer(_ error: QueryError) -> ScriptAnswer {
        if case .parse(let error) = error { return ScriptAnswer(.failure(error.message)) }
        return ScriptAnswer(.failure("\(error)"))
    }
}
