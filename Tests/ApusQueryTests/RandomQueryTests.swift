import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

/// Makes expressions whose value at a time does not depend on the query's other times.
private struct QueryGenerator {
    var random: SeededGenerator

    mutating func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }

    mutating func selector() -> String {
        let offset = pick(["", "", "", " offset 1m", " offset -30s", " @ 200", " @ 100 offset 10s"])
        return pick(["a", "b", "{__name__=~\"a|b\"}", "a{x=\"1\"}", "b{y!=\"2\"}", "nothing"]) + offset
    }

    mutating func windows(_ depth: Int) -> String {
        if depth > 0, Int.random(in: 0..<4, using: &random) == 0 {
            return
                "(\(vector(depth - 1)))[\(pick(["2m", "50s"])):\(pick(["", "10s", "17s"]))]\(pick(["", " offset 20s"]))"
        }
        return pick(["a", "b", "{__name__=~\"a|b\"}"]) + "[\(pick(["1s", "40s", "1m", "5m"]))]"
            + pick(["", "", " offset 1m", " @ 150"])
    }

    mutating func scalar(_ depth: Int) -> String {
        pick(["1", "0.5", "-2", "NaN", "time()", "scalar(a{x=\"1\", y=\"1\"})", "pi()", "(2 ^ 3 % 5)"])
    }

    mutating func vector(_ depth: Int) -> String {
        guard depth > 0 else { return selector() }
        let grouping = pick(["", "by (x) ", "without (x) ", "by (x, y) ", "by () "])
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            let functions = ReferenceFunctions.names.filter { !$0.hasPrefix("ts_of") }
            return ReferenceFunctions.query(pick(functions), windows(depth - 1))
        case 1:
            let aggregation = pick(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
            return "\(aggregation) \(grouping)(\(vector(depth - 1)))"
        case 2:
            return "quantile \(grouping)(\(scalar(depth - 1)), \(vector(depth - 1)))"
        case 3:
            let operation = pick(["+", "-", "*", "/", "%", "^", "atan2", ">", "<", "==", "!= bool", ">= bool"])
            return "(\(vector(depth - 1)) \(operation) \(scalar(depth - 1)))"
        case 4:
            let operation = pick(["+", "-", "*", ">", "<= bool", "/"])
            let matching = pick(["", "on (x, y) ", "ignoring (y) ", "on (x) group_left () ", "on (y) group_right (x) "])
            return "(\(vector(depth - 1)) \(operation) \(matching)\(vector(depth - 1)))"
        case 5:
            let matching = pick(["", "on (x) ", "ignoring (y) ", "on () "])
            return "(\(vector(depth - 1)) \(pick(["and", "or", "unless"])) \(matching)\(vector(depth - 1)))"
        case 6:
            let function = pick(["abs", "-", "exp", "sgn", "hour", "timestamp", "absent", "sqrt", "+"])
            return "\(function)(\(vector(depth - 1)))"
        case 7:
            return "label_replace(\(vector(depth - 1)), \"\(pick(["x", "z", "__name__"]))\", \"v$1\", \"y\", \"(1)\")"
        default:
            return "clamp(\(vector(depth - 1)), \(scalar(depth - 1)), \(scalar(depth - 1)))"
        }
    }
}

@Suite("Random queries")
struct RandomQueryTests {
    private static func store(_ generator: inout SeededGenerator) -> MemoryQueryable {
        let store = MemoryQueryable()
        for (name, x, y) in [("a", 1, 1), ("a", 1, 2), ("a", 2, 1), ("b", 1, 1), ("b", 2, 2), ("b", 3, 1)] {
            var samples = SampleColumns()
            for index in 0..<40 where Int.random(in: 0..<6, using: &generator) > 0 {
                let value = [Double(Int.random(in: -5...20, using: &generator)), .nan, SpecialValue.staleMarker]
                samples.append(
                    value[max(0, Int.random(in: -10...2, using: &generator))],
                    at: Int64(index) * 10_000 + Int64.random(in: 0..<3_000, using: &generator))
            }
            store.add(
                samples,
                to: LabelSet([
                    Label(name: "__name__", value: name), Label(name: "x", value: "\(x)"),
                    Label(name: "y", value: "\(y)"),
                ]))
        }
        return store
    }

    private static func points(_ value: QueryValue) -> [LabelSet: [Int64: Double]] {
        switch value {
        case .vector(let samples):
            Dictionary(uniqueKeysWithValues: samples.map { ($0.labels, [$0.timestamp: $0.value]) })
        case .matrix(let series):
            Dictionary(
                uniqueKeysWithValues: series.map { series in
                    let points = zip(series.samples.timestamps, series.samples.values)
                    return (series.labels, Dictionary(uniqueKeysWithValues: points.map { ($0.0, $0.1) }))
                })
        case .scalar, .string: [:]
        }
    }

    private static func areSame(_ a: Double, _ b: Double) -> Bool {
        a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= 1e-9 * max(1, a.magnitude, b.magnitude)
    }

    @Test("a range query gives at each step what an instant query gives there", arguments: 1...10)
    func rangeEqualsInstants(seed: Int) async throws {
        var generator = QueryGenerator(random: SeededGenerator(seed: UInt64(seed)))
        let store = Self.store(&generator.random)
        let engine = try QueryEngine(queryable: store)
        var answered = 0
        for _ in 0..<60 {
            let query = generator.vector(Int.random(in: 0...3, using: &generator.random))
            let start = Int64.random(in: 0...200_000, using: &generator.random)
            let step = Int64.random(in: 1_000...60_000, using: &generator.random)
            let steps = (0..<7).map { start + Int64($0) * step }
            var instants: [LabelSet: [Int64: Double]] = [:]
            var instantError: QueryError?
            for time in steps {
                do throws(QueryError) {
                    for (labels, points) in Self.points(try await engine.instant(query, at: time).value) {
                        instants[labels, default: [:]].merge(points) { $1 }
                    }
                } catch {
                    if case .parse(let parse) = error { Issue.record("\(query): \(parse)") }
                    instantError = error
                }
            }
            do throws(QueryError) {
                let range = Self.points(
                    try await engine.range(query, from: start, through: start + 6 * step, step: step).value)
                if let instantError {
                    Issue.record("seed \(seed): \(query): only an instant query fails: \(instantError)")
                }
                answered += 1
                #expect(Set(range.keys) == Set(instants.keys), "seed \(seed): \(query)")
                for (labels, expected) in instants {
                    for time in steps {
                        let pair = (expected[time], range[labels]?[time])
                        let isSame =
                            if let a = pair.0, let b = pair.1 { Self.areSame(a, b) } else {
                                pair.0 == nil && pair.1 == nil
                            }
                        #expect(isSame, "seed \(seed): \(query) at \(time) \(labels): \(pair)")
                    }
                }
            } catch {
                if instantError == nil { Issue.record("seed \(seed): \(query): only the range query fails: \(error)") }
            }
        }
        #expect(answered > 20)
    }
}
