import ApusClient
import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Memory of queries")
struct MemoryLimitTests {
    private static func limits(_ change: (inout QueryLimits) -> Void) -> QueryLimits {
        var limits = QueryLimits()
        limits.maxTotalMemory = 2 << 30
        limits.maxMemory = 1 << 30
        change(&limits)
        return limits
    }

    private static func message(_ body: () async throws(QueryError) -> QueryResult) async -> String {
        do throws(QueryError) {
            _ = try await body()
            return "answered"
        } catch {
            return error.description
        }
    }

    @Test("a query that would need 50 GB is refused before it reads its series, and others are answered meanwhile")
    func hugeQuery() async throws {
        let store = CountingStore(seriesCount: 100_000)
        let engine = try QueryEngine(queryable: store, limits: Self.limits { $0.maxPointsPerSeries = 70_000 })
        async let huge = Self.message { () async throws(QueryError) in
            try await engine.range("m", from: 0, through: 66_000_000, step: 1_000)
        }
        for _ in 0..<20 {
            let small = try await engine.instant("1 + 1", at: 0)
            #expect(small.statistics.peakMemoryBytes < 1_000)
        }
        let text = await huge
        #expect(
            text.hasPrefix("query would use too much memory: m (1:1) wants 49.2 GiB for 100000 series at 66001 steps"))
        #expect(text.contains("the limit is 1 GiB (--query.max-memory)"))
        #expect(store.reads < 20)
        #expect(engine.heldMemoryBytes == 0)
    }

    @Test("the message names the part that was large, not the whole query")
    func largePart() async throws {
        let store = CountingStore(seriesCount: 1_000)
        let engine = try QueryEngine(queryable: store, limits: Self.limits { $0.maxMemory = 1 << 20 })
        let text = await Self.message { () async throws(QueryError) in
            try await engine.range(
                "1 +\n sum(abs(m) * on (i) group_left () m)", from: 0, through: 1_000_000, step: 1_000)
        }
        #expect(text.hasPrefix("query would use too much memory: abs(m) * on (i) group_left () m (2:6) wants 7.6 MiB"))
        #expect(text.contains("the limit is 1 MiB"))
    }

    @Test("one query's memory counts against all, and comes back at its end")
    func totalLimit() async throws {
        let engine = try QueryEngine(
            queryable: CountingStore(seriesCount: 100), limits: Self.limits { $0.maxTotalMemory = 100_000 })
        let text = await Self.message { () async throws(QueryError) in
            try await engine.range("m", from: 0, through: 1_000_000, step: 1_000)
        }
        #expect(text.contains("of at most 97.7 KiB together (--query.max-total-memory)"))
        #expect(engine.heldMemoryBytes == 0)
        let small = try await engine.range("sum(m)", from: 0, through: 1_000, step: 1_000)
        #expect(small.statistics.peakMemoryBytes > 0)
        #expect(engine.heldMemoryBytes == 0)
    }

    @Test("limits are looked for in every control group down to the process' own")
    func controlGroups() {
        #expect(
            MachineMemory.limitFiles(ofGroups: "1:name=x:/y\n0::/system.slice/apus.service\n").suffix(2) == [
                "/sys/fs/cgroup/system.slice/memory.max", "/sys/fs/cgroup/system.slice/apus.service/memory.max",
            ])
        #expect(MachineMemory.limitFiles(ofGroups: "0::/\n").first == "/sys/fs/cgroup/memory.max")
        #expect(MachineMemory.available > 1 << 20)
        #expect(
            MachineProcessors.allowed(inStatus: "Name:\tx\nCpus_allowed:\tff,0000000f\nCpus_allowed_list:\t0-3\n") == 12
        )
        #expect(MachineProcessors.allowed(inStatus: "Name:\tx\n") == nil)
        #expect(MachineProcessors.usable >= 1)
        #expect(QueryLimits().maxMemory <= QueryLimits().maxTotalMemory)
    }

    @Test("a sparse result is not refused for the steps at which it has nothing")
    func sparseResult() async throws {
        let store = MemoryQueryable()
        for index in 0..<500 {
            store.add(
                SampleColumns(timestamps: [0], values: [1]),
                to: LabelSet([Label(name: "__name__", value: "m"), Label(name: "i", value: "\(index)")]))
        }
        let engine = try QueryEngine(queryable: store, limits: Self.limits { $0.maxMemory = 4 << 20 })
        let result = try await engine.range("m", from: 0, through: 10_000_000, step: 1_000)
        guard case .matrix(let series) = result.value else { return }
        #expect(series.count == 500)
    }

    @Test("a thousand queries at once are each answered, and counted once in every total")
    func manyQueries() async throws {
        let registry = MetricRegistry()
        let store = CountingStore(seriesCount: 3)
        let engine = try QueryEngine(
            queryable: store, limits: Self.limits { $0.maxConcurrency = 4 }, registry: registry)
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<1_000 {
                group.addTask {
                    let result = try? await engine.instant("sum(m) + \(index)", at: 1_000)
                    guard case .vector(let vector) = result?.value else { return false }
                    return vector.map(\.value) == [3 + Double(index)]
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        let heavy = engine.heavyQueries
        #expect(heavy.map(\.query) == ["sum(m) + …"])
        #expect(heavy.map(\.count) == [1_000])
        #expect(heavy.map(\.failures) == [0])
        #expect(engine.runningQueries.isEmpty)
        #expect(engine.heldMemoryBytes == 0)
        let text = String(decoding: registry.expose().body, as: UTF8.self)
        #expect(text.contains("prometheus_engine_query_duration_seconds_count{slice=\"inner_eval\"} 1000"))
        #expect(text.contains("\nprometheus_engine_queries 0\n"))
    }
}
