import ApusModel
import ApusPromQL

/// The reference evaluator over a store in memory, as scripts drive it.
package struct ReferenceScriptEngine: ScriptEngine {
    private let store = MemoryQueryable()
    private let settings: ReferenceSettings

    /// An engine over an empty store.
    package init(settings: ReferenceSettings = ReferenceSettings()) {
        self.settings = settings
    }

    package func clear() {
        store.removeAll()
    }

    package func load(_ series: [ScriptLoadedSeries]) {
        for one in series {
            var columns = SampleColumns()
            for sample in one.samples {
                switch sample.value {
                case .float(let value): columns.append(value, at: sample.timestamp)
                case .histogram(let histogram, _): columns.append(histogram, at: sample.timestamp)
                }
                columns.startTimestamps.append(sample.startTimestamp ?? 0)
            }
            if columns.startTimestamps.allSatisfy({ $0 == 0 }) { columns.startTimestamps = [] }
            if columns.count > 0 { store.add(columns, to: one.labels) }
        }
    }

    package func evaluate(_ query: String, at time: Int64) -> ScriptAnswer {
        answer { evaluator throws(ReferenceError) in try evaluator.instant(query, at: time) }
    }

    package func evaluate(_ query: String, from start: Int64, through end: Int64, step: Int64) -> ScriptAnswer {
        answer { evaluator throws(ReferenceError) in
            try evaluator.range(query, from: start, through: end, step: step)
        }
    }

    private func answer(
        _ evaluate: (ReferenceEvaluator) throws(ReferenceError) -> ReferenceAnswer
    ) -> ScriptAnswer {
        do throws(ReferenceError) {
            let answer = try evaluate(ReferenceEvaluator(queryable: store, settings: settings))
            return ScriptAnswer(Self.value(answer.value), warnings: answer.warnings, infos: answer.infos)
        } catch {
            switch error {
            case .parse(let error): return ScriptAnswer(.failure(error.message))
            case .badData(let text), .execution(let text), .storage(let text): return ScriptAnswer(.failure(text))
            }
        }
    }

    private static func value(_ value: ReferenceValue) -> ScriptAnswer.Value {
        func sample(_ point: ReferencePoint) -> ScriptSample {
            switch point.sample {
            case .float(let value): ScriptSample(timestamp: point.time, value: .float(value))
            case .histogram(let histogram):
                ScriptSample(timestamp: point.time, value: .histogram(histogram.native, hasHint: true))
            }
        }
        switch value {
        case .scalar(let number): return .scalar(number)
        case .string(let text): return .string(text)
        case .vector(let elements):
            return .vector(
                elements.map {
                    .init(labels: $0.labels, points: [sample(ReferencePoint(time: 0, sample: $0.sample))])
                })
        case .matrix(let series):
            return .matrix(series.map { .init(labels: $0.labels, points: $0.points.map(sample)) })
        }
    }
}
