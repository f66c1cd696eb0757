import ApusModel
import ApusStorage
import ApusWeb
import HTTPTypes
import Synchronization
import Testing

@Suite("Administration of stored data")
struct StorageAdminAPITests {
    /// Notes what was asked of it.
    private final class Store: StorageAdministration {
        let calls = Mutex<[String]>([])
        let isBroken: Bool

        init(isBroken: Bool = false) {
            self.isBroken = isBroken
        }

        func delete(matching selectors: [[Matcher]], from start: Int64, through end: Int64) throws(DeletionError) {
            if isBroken { throw .notDurable("write x: No space left on device") }
            let text = selectors.map { "{" + $0.map(\.description).joined(separator: ",") + "}" }.joined()
            calls.withLock { $0.append("delete \(text) \(start) \(end)") }
        }

        func cleanTombstones() throws(DeletionError) {
            if isBroken { throw .closed }
            calls.withLock { $0.append("clean") }
        }

        func makeSnapshot(skippingHead: Bool) throws(SnapshotError) -> String {
            if isBroken { throw .failed("link x: Operation not permitted") }
            calls.withLock { $0.append("snapshot \(skippingHead)") }
            return "20261123T031500Z-0123456789abcdef"
        }
    }

    private static func harness(_ store: Store?) throws -> WebHarness {
        try WebHarness { $0.administration = store }
    }

    @Test(
        "it is off unless enabled, and takes no GET", arguments: ["delete_series", "clean_tombstones", "snapshot"])
    func disabled(name: String) async throws {
        let web = try Self.harness(nil)
        let answer = try await web.ask(.post, "/api/v1/admin/tsdb/\(name)?match[]=up")
        #expect(answer.status == 500)
        #expect(answer.text == #"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#)
        #expect(try await web.get("/api/v1/admin/tsdb/\(name)").status == 405)
    }

    @Test("series are deleted by selectors and times")
    func delete() async throws {
        let store = Store()
        let web = try Self.harness(store)
        let path = "/api/v1/admin/tsdb/delete_series"
        let answer = try await web.ask(.put, "\(path)?match[]=up&match[]={job=\"x\"}&start=1&end=2.5")
        #expect(answer.status == 204)
        #expect(answer.text.isEmpty)
        #expect(try await web.ask(.post, "\(path)?match[]=up").status == 204)
        let range = TimestampText.validRange
        #expect(
            store.calls.withLock { $0 } == [
                #"delete {__name__="up"}{job="x"} 1000 2500"#,
                #"delete {__name__="up"} \#(range.lowerBound) \#(range.upperBound)"#,
            ])
        let refusals = [
            ("", "no match[] parameter provided"),
            ("?match[]=up{", "invalid parameter \\\"match[]\\\""),
            ("?match[]={}", "must contain at least one non-empty matcher"),
            ("?match[]=up&start=x", "invalid parameter \\\"start\\\""),
        ]
        for (parameters, words) in refusals {
            let answer = try await web.ask(.post, path + parameters)
            #expect(answer.status == 400)
            #expect(answer.text.contains(words), "\(answer.text)")
        }
        #expect(store.calls.withLock { $0.count } == 2)
    }

    @Test("a snapshot is named, with or without the head")
    func snapshot() async throws {
        let store = Store()
        let web = try Self.harness(store)
        let path = "/api/v1/admin/tsdb/snapshot"
        let answer = try await web.ask(.post, path)
        #expect(answer.status == 200)
        #expect(answer.text == #"{"status":"success","data":{"name":"20261123T031500Z-0123456789abcdef"}}"#)
        #expect(try await web.ask(.post, "\(path)?skip_head=true").status == 200)
        #expect(store.calls.withLock { $0 } == ["snapshot false", "snapshot true"])
        let refused = try await web.ask(.post, "\(path)?skip_head=maybe")
        #expect(refused.status == 400)
        #expect(refused.text.contains("invalid syntax"))
    }

    @Test("a failure says what happened")
    func failures() async throws {
        let web = try Self.harness(Store(isBroken: true))
        let deleted = try await web.ask(.post, "/api/v1/admin/tsdb/delete_series?match[]=up")
        #expect(deleted.status == 500)
        #expect(deleted.text.contains("No space left on device"))
        #expect(try await web.ask(.post, "/api/v1/admin/tsdb/clean_tombstones").status == 500)
        let snapshot = try await web.ask(.post, "/api/v1/admin/tsdb/snapshot")
        #expect(snapshot.text.contains("create snapshot: link x: Operation not permitted"))
    }
}
