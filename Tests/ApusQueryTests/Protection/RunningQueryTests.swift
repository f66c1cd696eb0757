import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Queries that run and wait")
struct RunningQueryTests {
    private static func engine(_ store: BlockingStore, queued: Int = 10) throws -> QueryEngine {
        var limits = QueryLimits()
        limits.maxConcurrency = 1
        limits.maxQueued = queued
        limits.helperThreads = 0
        return try QueryEngine(queryable: store, limits: limits, clock: FixedClock(time: 1_700_000_000_000))
    }

    private struct FixedClock: WallClock {
        let time: Int64
        func now() -> Int64 { time }
    }

    private static func run(_ engine: QueryEngine, _ text: String, client: String = "", timeout: Int64? = nil)
        -> Task<String, Never>
    {
        Task {
            var options = QueryOptions(timeout: timeout)
            options.client = client
            do throws(QueryError) {
                _ = try await engine.instant(text, at: 0, options: options)
                return "answered"
            } catch {
                return error.description
            }
        }
    }

    private static func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test("the list tells what runs and what waits, with client and figures")
    func list() async throws {
        let store = BlockingStore()
        let engine = try Self.engine(store)
        let running = Self.run(engine, "sum(m)", client: "10.0.0.1")
        await store.awaitRead()
        let waiting = Self.run(engine, "m", client: "rules")
        await Self.until { engine.runningQueries.count == 2 }
        let queries = engine.runningQueries
        #expect(queries.map(\.text) == ["sum(m)", "m"])
        #expect(queries.map(\.state) == [.running, .queued])
        #expect(queries.map(\.client) == ["10.0.0.1", "rules"])
        #expect(queries.map(\.kind) == [.instant, .instant])
        #expect(queries.map(\.started) == [1_700_000_000_000, 1_700_000_000_000])
        #expect(queries[0].seriesSelected == 2)
        #expect(queries[0].memoryBytes > 0 && queries[0].peakMemoryBytes >= queries[0].memoryBytes)
        #expect(queries[0].id != queries[1].id)
        for _ in 0..<4 { store.release() }
        #expect(await running.value == "answered")
        #expect(await waiting.value == "answered")
        await Self.until { engine.runningQueries.isEmpty }
    }

    @Test("a running query is killed at its next series, a waiting one at once, and the others go on")
    func kill() async throws {
        let store = BlockingStore()
        let engine = try Self.engine(store)
        let running = Self.run(engine, "m")
        await store.awaitRead()
        let killed = Self.run(engine, "m + 1")
        await Self.until { engine.runningQueries.count == 2 }
        let last = Self.run(engine, "m + 2")
        await Self.until { engine.runningQueries.count == 3 }
        let queries = engine.runningQueries
        #expect(engine.kill(queries[1].id))
        #expect(await killed.value == "query was killed by request in query queue")
        #expect(engine.runningQueries.map(\.text) == ["m", "m + 2"])
        #expect(engine.kill(queries[0].id))
        store.release()
        #expect(await running.value == "query was killed by request in expression evaluation")
        store.release()
        store.release()
        #expect(await last.value == "answered")
        #expect(!engine.kill(queries[0].id))
        #expect(!engine.kill(99))
    }

    @Test("the deadline counts the time in the queue and ends a query that still waits")
    func deadlineInQueue() async throws {
        let store = BlockingStore()
        let engine = try Self.engine(store)
        let running = Self.run(engine, "m")
        await store.awaitRead()
        #expect(await Self.run(engine, "m", timeout: 20).value == "query timed out in query queue")
        #expect(engine.runningQueries.count == 1)
        store.release()
        store.release()
        #expect(await running.value == "answered")
    }

    @Test("cancelled queries leave room in the queue")
    func cancelledQueriesLeave() async throws {
        let store = BlockingStore()
        let engine = try Self.engine(store, queued: 1)
        let running = Self.run(engine, "m")
        await store.awaitRead()
        for _ in 0..<50 {
            let waiting = Self.run(engine, "m")
            await Self.until { engine.runningQueries.count == 2 }
            waiting.cancel()
            #expect(await waiting.value == "query was canceled in query queue")
        }
        store.release()
        store.release()
        #expect(await running.value == "answered")
    }
}
