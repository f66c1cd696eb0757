import ApusModel
import ApusPromQL
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Explaining what each part of a query did")
struct ExplanationTests {
    private static func engine(_ store: any Queryable) throws -> QueryEngine {
        var limits = QueryLimits()
        limits.helperThreads = 0
        return try QueryEngine(queryable: store, limits: limits)
    }

    @Test("the tree has the figures of every node")
    func tree() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 10))
        let explanation = try await engine.explain(
            "sum by (i) (rate(m[10s])) / 2", from: 100_000, through: 109_000, step: 1_000)
        #expect(explanation.query == "sum by (i) (rate(m[10s])) / 2")
        #expect(explanation.kind == .range)
        #expect(explanation.resultSeries == 10)
        #expect(explanation.resultSamples == 100)
        #expect(explanation.reasons.isEmpty)
        let root = explanation.root
        #expect(root.type == .binaryExpr && root.label == "/" && root.id == 0)
        #expect(root.position == SourceRange(start: 0, end: 29))
        #expect(root.seriesIn == 10 && root.seriesOut == 10 && root.samplesOut == 100)
        #expect(root.children.map(\.type) == [.aggregation, .numberLiteral])
        let sum = root.children[0]
        #expect(sum.label == "sum by (i)" && sum.text == "sum by (i) (rate(m[10s]))")
        #expect(sum.seriesIn == 10 && sum.samplesIn == 100 && sum.samplesOut == 100 && sum.samplesRead == 0)
        #expect(sum.bytes > 0 && sum.nanoseconds > 0)
        let rate = sum.children[0]
        #expect(rate.type == .call && rate.label == "rate" && rate.samplesIn == 190 && rate.samplesOut == 100)
        #expect(rate.nanoseconds > 0)
        let selector = rate.children[0]
        #expect(selector.type == .matrixSelector && selector.children.isEmpty)
        #expect(selector.seriesIn == 10 && selector.seriesOut == 10 && selector.samplesRead == 190)
        #expect(selector.notes == ["samples about every 1s"])
        #expect(root.children[1].isConstant)
        #expect(explanation.statistics.samplesRead == 190)
    }

    @Test("a selector that its function opens by itself has figures of its own")
    func openedByFunction() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 2))
        for query in ["timestamp(m)", "rate(m[3s] anchored)"] {
            let root = try await engine.explain(query, at: 400_000).root
            #expect(root.samplesRead == 0 && root.seriesIn == 2 && root.seriesOut == 2, "\(query)")
            #expect(root.children.map(\.seriesIn) == [2], "\(query)")
            #expect(root.children.allSatisfy { $0.samplesRead > 500 && $0.samplesOut == $0.samplesRead }, "\(query)")
        }
    }

    @Test("times of nodes add up to no more than the evaluation took")
    func times() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 200))
        let explanation = try await engine.explain(
            "sum(rate(m[1m])) / sum(increase(m[2m]))", from: 100_000, through: 300_000, step: 1_000)
        func total(_ node: Explanation.Node) -> Int { node.children.reduce(node.nanoseconds) { $0 + total($1) } }
        let sum = total(explanation.root)
        #expect(sum > 0)
        #expect(Int64(sum) <= explanation.statistics.evaluationNanoseconds)
    }

    @Test("a part that occurs twice is read once, and its result is the same as without sharing")
    func sharing() async throws {
        let store = CountingStore(seriesCount: 5)
        let engine = try Self.engine(store)
        let twice = try await engine.range("rate(m[10s]) + rate(m[10s])", from: 20_000, through: 29_000, step: 1_000)
        #expect(store.reads == 5)
        #expect(store.selects == 1)
        let doubled = try await engine.range("rate(m[10s]) * 2", from: 20_000, through: 29_000, step: 1_000)
        guard case .matrix(let a) = twice.value, case .matrix(let b) = doubled.value else {
            Issue.record("expected matrices")
            return
        }
        #expect(a.map(\.labels) == b.map(\.labels))
        #expect(a.map(\.samples.values) == b.map(\.samples.values))
        _ = try await engine.instant("m + m * m - on (i) sum by (i) (m)", at: 20_000)
        #expect(store.reads == 15)
    }

    @Test("what is not the same text on the same steps is not shared")
    func notShared() async throws {
        let store = CountingStore(seriesCount: 1)
        let engine = try Self.engine(store)
        let result = try await engine.instant(
            "max_over_time(abs(m)[5s:1s]) - abs(m) + abs(m offset 5s) - abs( m )", at: 20_000)
        guard case .vector(let vector) = result.value else { return }
        #expect(vector.map(\.value) == [-5])
    }

    @Test("a remark on a shared part stands at the place that is evaluated last")
    func sharedRemarks() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 1))
        let result = try await engine.instant("rate(m[10s])\n + rate(m[10s])", at: 20_000)
        #expect(result.infos.map { $0.suffix(6) } == [" (2:9)"])
    }

    @Test("shared and constant parts are marked")
    func marks() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 3))
        let explanation = try await engine.explain(
            "sum(m) / sum(m) + sum(m @ 10) * (2 ^ 3)", from: 10_000, through: 20_000, step: 1_000)
        let division = explanation.root.children[0]
        #expect(division.children.map(\.isShared) == [true, true])
        #expect(division.children[0].notes == ["evaluated once for 2 places"])
        #expect(division.children[1].notes == ["evaluated once with the same expression at 1:1"])
        #expect(division.children[1].seriesOut == 1 && division.children[1].nanoseconds == 0)
        #expect(division.children[1].children[0].seriesOut == 3)
        let product = explanation.root.children[1]
        #expect(product.isConstant)
        #expect(product.notes == ["evaluated once: does not depend on the time"])
        #expect(product.children[1].children[0].isConstant)
    }

    @Test("an explained query gives the same result as one that is not")
    func sameResult() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 4))
        let queries = ["m", "topk(2, m)", "m > 3", "sum(m) or m", "vector(1)", "1 + 1", "m[5s]", "\"text\""]
        for query in queries {
            let explanation = try await engine.explain(query, at: 10_000)
            let result = try await engine.instant(query, at: 10_000)
            let count =
                switch result.value {
                case .vector(let samples): samples.count
                case .matrix(let series): series.count
                case .scalar, .string: 1
                }
            #expect(explanation.resultSeries == count, "\(query)")
        }
    }

    @Test("an explained query that fails fails as any other")
    func failure() async throws {
        let engine = try Self.engine(CountingStore(seriesCount: 2))
        await #expect(throws: QueryError.self) { try await engine.explain("sum(", at: 0) }
        await #expect(throws: QueryError.self) { try await engine.explain("topk(NaN, m)", at: 0) }
    }
}
