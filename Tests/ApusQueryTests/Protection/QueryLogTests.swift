import ApusModel
import ApusQuery
import ApusTestSupport
import Foundation
import Testing

@Suite("Query log, active queries and shapes")
struct QueryLogTests {
    private static func lines(_ path: String, count: Int) async throws -> [String] {
        while true {
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").map(String.init)
            if lines.count >= count { return lines }
            await Task.yield()
        }
    }

    @Test("every query is a line of JSON with its parameters, figures, origin and error")
    func log() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/query.log"
        let engine = try QueryEngine(queryable: CountingStore(seriesCount: 2))
        _ = try await engine.instant("1", at: 0)
        try engine.log.open(path: path)
        var options = QueryOptions()
        options.request = .init(clientIP: "::1", method: "GET", path: "/api/v1/query_range")
        _ = try await engine.range(
            "sum(m) # \"a\\b\"\t\n", from: 1_000, through: 5_500, step: 1_500, options: options)
        _ = try? await engine.instant("sum(", at: 7_000)
        let lines = try await Self.lines(path, count: 2)
        try engine.log.open(path: nil)
        _ = try await engine.instant("1", at: 0)
        #expect(lines.count == 2)
        let first = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        let parameters = try #require(first["params"] as? [String: Any])
        #expect(parameters["query"] as? String == "sum(m) # \"a\\b\"\t\n")
        #expect(parameters["start"] as? String == "1970-01-01T00:00:01Z")
        #expect(parameters["end"] as? String == "1970-01-01T00:00:05.500Z")
        #expect(parameters["step"] as? Double == 1.5)
        let origin = try #require(first["httpRequest"] as? [String: String])
        #expect(origin == ["clientIP": "::1", "method": "GET", "path": "/api/v1/query_range"])
        let statistics = try #require(first["stats"] as? [String: [String: Double]])
        #expect(statistics["timings"]?.count == 6)
        #expect(statistics["samples"]?["samplesRead"] == 608)
        #expect(statistics["samples"]?["totalQueryableSamples"] == 8)
        #expect(first["ts"] is String)
        #expect(first["error"] == nil)
        let second = try #require(JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
        #expect((second["error"] as? String)?.hasPrefix("1:5: parse error") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
    }

    @Test("a log that cannot be opened says why and changes nothing")
    func unwritableLog() throws {
        let engine = try QueryEngine(queryable: MemoryQueryable())
        #expect(throws: QueryLogError.self) { try engine.log.open(path: "/nowhere/at/all.log") }
        #expect(!engine.log.isEnabled)
    }

    @Test("queries that ran when the process ended are known after the next start")
    func activeQueries() async throws {
        let folder = try TemporaryFolder()
        let store = BlockingStore()
        let file = try ActiveQueryFile(folder: folder.path, capacity: 3)
        #expect(file.leftovers == [])
        let engine = try QueryEngine(queryable: store, activeQueries: file)
        let query = "sum(m)\n / 2 # " + String(repeating: "x", count: 2_000)
        let running = Task { try? await engine.instant(query, at: 0) }
        await store.awaitRead()
        let next = try ActiveQueryFile(folder: folder.path, capacity: 3)
        #expect(next.leftovers.count == 1)
        #expect(next.leftovers.first?.contains("Z sum(m)  / 2 # xxx") == true)
        store.release()
        store.release()
        _ = await running.value
        #expect(try ActiveQueryFile(folder: folder.path, capacity: 3).leftovers == [])
    }

    @Test(
        "queries of one shape have one fingerprint",
        arguments: [
            (#"sum(rate(x{job="a"}[5m])) > 1"#, #"sum (rate(x{job="b"}[300s])) > 27"#, true),
            ("x @ 5", "x @ 7", true), ("x @ 5", "x", false), ("topk(5, x)", "topk(7, x)", true),
            (#"x{a="1",b=~"2"}"#, #"x{b=~"9",a="1"}"#, true), (#"x{a="1"}"#, #"x{a!="1"}"#, false),
            ("rate(x[5m])", "rate(x[6m])", false), ("x", "y", false), (#"{__name__="x"}"#, #"{__name__="y"}"#, false),
            ("x + on (a) y", "x + on (b) y", false),
        ])
    func shapes(a: String, b: String, areSame: Bool) async throws {
        let engine = try QueryEngine(queryable: MemoryQueryable())
        _ = try await engine.instant(a, at: 0)
        _ = try await engine.instant(b, at: 0)
        #expect((engine.heavyQueries.count == 1) == areSame)
        #expect(engine.heavyQueries.allSatisfy { $0.fingerprint.count == 16 })
    }

    @Test("the table of shapes keeps the costly ones and counts failures and slow ones")
    func heavyQueries() async throws {
        var limits = QueryLimits()
        limits.maxFingerprints = 3
        limits.slowThreshold = 0
        let engine = try QueryEngine(queryable: CountingStore(seriesCount: 300), limits: limits)
        _ = try await engine.range("sum(rate(m[1m]))", from: 0, through: 1_000_000, step: 1_000)
        for index in 0..<20 { _ = try await engine.instant("vector(1) + vector(\(index)) + a\(index)", at: 0) }
        _ = try? await engine.range("sort(m) > quantile_over_time(m, m[5m])", from: 0, through: 1, step: 1)
        _ = try? await engine.instant("label_replace(m, \"\", \"\", \"\", \"\")", at: 0)
        let heavy = engine.heavyQueries
        #expect(heavy.count == 3)
        #expect(heavy.first?.query == "sum(rate(m[1m]))")
        #expect(heavy.first?.slowCount == 1)
        #expect(heavy.first.map { $0.maxSeconds > 0 && $0.totalSeconds >= $0.maxSeconds } == true)
        #expect(heavy.contains { $0.failures == 1 })
    }
}
