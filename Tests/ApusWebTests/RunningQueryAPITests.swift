import ApusModel
import ApusQuery
import ApusTestSupport
import ApusWeb
import Dispatch
import HTTPTypes
import Testing

@Suite("Running queries and explanations")
struct RunningQueryAPITests {
    /// A store whose series cannot be seen before it is opened.
    private final class ClosedStore: Queryable {
        private let gate = DispatchSemaphore(value: 0)

        func open() { gate.signal() }

        func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier {
            gate.wait()
            gate.signal()
            return try MemoryQueryable().querier(from: start, through: end)
        }
    }

    @Test("a running query is listed with its cost and client, and killed by its id")
    func listAndKill() async throws {
        let store = ClosedStore()
        var limits = QueryLimits()
        limits.maxMemory = 1 << 30
        limits.maxTotalMemory = 2 << 30
        let engine = try QueryEngine(queryable: store, limits: limits)
        let web = try WebHarness { $0.queries = engine }
        async let answer = web.get("/api/v1/query?query=up", [.userAgent: "curl/8"])
        while engine.runningQueries.first?.state != .running { await Task.yield() }
        let id = try #require(engine.runningQueries.first?.id)

        let list = try await web.get("/api/v1/queries").text
        #expect(
            list.contains(#"{"queries":[{"id":"\#(id)","query":"up","kind":"instant","state":"running","started":""#))
        #expect(list.contains(#""client":"curl/8"}],"limits":{"concurrency":20,"maxMemoryBytes":1073741824,"#))
        #expect(
            list.contains(
                #""maxTotalMemoryBytes":2147483648,"maxSamples":50000000,"timeoutSeconds":120,"maxQueued":1000},"memoryBytes":"#
            ))

        for other in ["\(id + 1)", "x", "-1", "99999999999999999999"] {
            let refusal = try await web.ask(.post, "/api/v1/queries/\(other)/kill")
            #expect(refusal.status == 404 && refusal.text.contains(#""errorType":"not_found""#))
        }
        #expect(try await web.get("/api/v1/queries/\(id)/kill").status == 405)
        let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
        #expect(try await web.ask(.post, "/api/v1/queries/\(id)/kill", [site: "cross-site"]).status == 403)
        #expect(try await web.ask(.post, "/api/v1/queries/\(id)/kill").status == 200)
        store.open()
        #expect(try await answer.status >= 400)
        #expect(try await web.get("/api/v1/queries").text.contains(#"{"queries":[],"#))
    }

    @Test("queries are added up by their shape")
    func heavy() async throws {
        let engine = try QueryEngine(queryable: MemoryQueryable())
        let web = try WebHarness { $0.queries = engine }
        for job in ["a", "b"] { _ = try await web.get("/api/v1/query?query=up%7Bjob='\(job)'%7D") }
        let text = try await web.get("/api/v1/queries/heavy").text
        #expect(text.contains(#"{"fingerprints":[{"fingerprint":""#))
        #expect(text.contains(#""count":2,"slowCount":0,"totalSeconds":"#))
    }

    @Test("an explanation has the tree with its figures and the reasons")
    func explain() async throws {
        let engine = try QueryEngine(queryable: MemoryQueryable([.of(["__name__": "up", "job": "a"])]))
        let web = try WebHarness { $0.queries = engine }
        let text = try await web.get("/api/v1/explain?query=sum(up)&time=5").text
        #expect(text.hasPrefix(#"{"status":"success","data":{"query":"sum(up)","kind":"instant","root":{"id":0,"#))
        #expect(text.contains(#""type":"aggregation","label":"sum","text":"sum(up)","position":{"start":0,"end":7},"#))
        #expect(text.contains(#""type":"vectorSelector","label":"up""#))
        #expect(text.contains(#""result":{"series":1,"samples":1},"reasons":[],"statistics":{"timings":{"#))

        let empty = try await web.get("/api/v1/explain?query=upp&start=5&end=6&step=1").text
        #expect(empty.contains(#""kind":"range""#))
        #expect(empty.contains(#""position":{"start":0,"end":3},"suggestions":["up"],"kind":"metricNeverSeen"}"#))
        #expect(try await web.get("/api/v1/explain?query=up&start=5").status == 400)
        #expect(try await web.get("/api/v1/explain?query=sum(").status == 400)
    }

    @Test("remote write says how to switch it on")
    func remoteWriteIsOff() async throws {
        let answer = try await WebHarness().ask(.post, "/api/v1/write")
        #expect(answer.status == 404)
        #expect(answer.text == "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n")
    }
}
