import ApusClient
import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("What queries may use")
struct ProtectionTests {
    private static func store(series: Int, samples: Int) -> MemoryQueryable {
        let store = MemoryQueryable()
        for index in 0..<series {
            store.add(
                SampleColumns(
                    timestamps: (0..<samples).map { Int64($0) * 1_000 }, values: (0..<samples).map(Double.init)),
                to: LabelSet([Label(name: "__name__", value: "m"), Label(name: "i", value: "\(index)")]))
        }
        return store
    }

    private static func failure(_ body: () async throws(QueryError) -> QueryResult) async -> QueryError? {
        do throws(QueryError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    private static func limits(_ change: (inout QueryLimits) -> Void) -> QueryLimits {
        var limits = QueryLimits()
        change(&limits)
        return limits
    }

    @Test(
        "a query that would hold too many samples fails with the peers' words",
        arguments: [
            "m", "sum_over_time(m[10m])", "topk(1000, m)", "m + on (i) m", "sum by (i) (m)", "m[10m:1s]",
        ])
    func tooManySamples(query: String) async throws {
        let engine = try QueryEngine(
            queryable: Self.store(series: 30, samples: 200), limits: Self.limits { $0.maxSamples = 20 })
        let error = await Self.failure { () async throws(QueryError) in try await engine.instant(query, at: 199_000) }
        #expect(
            "\(error?.description ?? "no error")"
                == "query processing would load too many samples into memory in query execution")
        guard case .execution = error else {
            Issue.record("wrong kind of error")
            return
        }
    }

    @Test("a smaller query is answered beside one over the limit")
    func smallQueryPasses() async throws {
        let engine = try QueryEngine(
            queryable: Self.store(series: 3, samples: 10), limits: Self.limits { $0.maxSamples = 20 })
        let result = try await engine.instant("sum(m)", at: 9_000)
        guard case .vector(let vector) = result.value else { return }
        #expect(vector.map(\.value) == [27])
    }

    @Test("more than 11,000 steps, a step of zero and an end before the start are refused")
    func badRanges() async throws {
        let engine = try QueryEngine(queryable: MemoryQueryable())
        let fine = await Self.failure { () async throws(QueryError) in
            try await engine.range("1", from: 0, through: 11_000_000, step: 1_000)
        }
        #expect(fine == nil)
        let cases: [(Int64, Int64, Int64, String)] = [
            (
                0, 11_001_000, 1_000,
                "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)"
            ),
            (0, 1_000, 0, "zero or negative query resolution step widths are not accepted. Try a positive integer"),
            (1_000, 0, 1, "end timestamp must not be before start time"),
        ]
        for (start, end, step, message) in cases {
            let error = await Self.failure { () async throws(QueryError) in
                try await engine.range("1", from: start, through: end, step: step)
            }
            guard case .badData(let text) = error else {
                Issue.record("expected bad data: \(message)")
                continue
            }
            #expect(text == message)
        }
    }

    @Test("a query whose time is up fails while it is evaluated, and while it waits")
    func timeouts() async throws {
        let store = BlockingStore()
        let engine = try QueryEngine(queryable: store, limits: Self.limits { $0.helperThreads = 0 })
        let late = await Self.failure { () async throws(QueryError) in
            try await engine.instant("1", at: 0, options: QueryOptions(timeout: 0))
        }
        #expect(late?.description == "query timed out in query queue")
        let task = Task {
            await Self.failure { () async throws(QueryError) in
                try await engine.instant("m", at: 0, options: QueryOptions(timeout: 200))
            }
        }
        await store.awaitRead()
        let deadline = ContinuousClock.now + .milliseconds(250)
        while ContinuousClock.now < deadline { await Task.yield() }
        store.release()
        store.release()
        #expect(await task.value?.description == "query timed out in expression evaluation")
    }

    @Test("a cancelled query stops at its next series")
    func cancellation() async throws {
        let store = BlockingStore()
        let engine = try QueryEngine(queryable: store, limits: Self.limits { $0.helperThreads = 0 })
        let task = Task {
            await Self.failure { () async throws(QueryError) in try await engine.instant("m", at: 0) }
        }
        await store.awaitRead()
        task.cancel()
        store.release()
        let error = await task.value
        #expect(error?.description == "query was canceled in expression evaluation")
        #expect(store.reads == 1)
    }

    @Test("queries over the concurrency limit wait, a bounded number of them, and can be cancelled while they wait")
    func queueing() async throws {
        let store = BlockingStore()
        let registry = MetricRegistry()
        let limits = Self.limits {
            $0.maxConcurrency = 1
            $0.maxQueued = 1
            $0.helperThreads = 0
        }
        let engine = try QueryEngine(queryable: store, limits: limits, registry: registry)
        func start() -> Task<QueryError?, Never> {
            Task { await Self.failure { () async throws(QueryError) in try await engine.instant("m", at: 0) } }
        }
        func waiting() -> Double? {
            String(decoding: registry.expose().body, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix("prometheus_engine_queries ") }.flatMap { Double($0.split(separator: " ")[1]) }
        }
        let running = start()
        await store.awaitRead()
        let queued = start()
        while waiting() != 2 { await Task.yield() }
        let refused = await start().value
        guard case .tooBusy = refused else {
            Issue.record("expected the third query to be refused, got \(String(describing: refused))")
            return
        }
        queued.cancel()
        #expect(await queued.value?.description == "query was canceled in query queue")
        store.release()
        store.release()
        #expect(await running.value == nil)
        while waiting() != 0 { await Task.yield() }
    }

    @Test("a parse error says where it is")
    func parseErrors() async throws {
        let engine = try QueryEngine(queryable: MemoryQueryable())
        let error = await Self.failure { () async throws(QueryError) in
            try await engine.instant("sum(\n  rate(x))", at: 0)
        }
        guard case .parse = error else {
            Issue.record("expected a parse error")
            return
        }
        #expect(error?.description.hasPrefix("2:") == true)
    }

    @Test("at most ten annotations of a kind are shown")
    func annotationLimit() async throws {
        let store = MemoryQueryable()
        for index in 0..<15 {
            store.add(
                SampleColumns(timestamps: [0, 1_000], values: [0, 1]),
                to: LabelSet([Label(name: "__name__", value: "gauge\(index)"), Label(name: "i", value: "\(index)")]))
        }
        let engine = try QueryEngine(queryable: store)
        let result = try await engine.instant(#"rate({__name__=~"gauge.*"}[1m])"#, at: 1_000)
        #expect(result.infos.count == 11)
        #expect(result.infos.last == "5 more info annotations omitted")
        #expect(
            result.infos.first
                == "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                + "\"gauge0\" (1:6)")
    }
}
