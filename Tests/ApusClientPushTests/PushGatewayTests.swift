import ApusClient
import ApusClientPush
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@Suite("Pushgateway")
struct PushGatewayTests {
    private struct Pushed: Equatable, Sendable {
        var method: String
        var path: String
        var type: String?
        var authorization: String?
        var body: String
    }

    private final class Inbox: Sendable {
        let requests = Mutex<[Pushed]>([])
    }

    /// Runs `work` with the address of a gateway, and gives what that was sent.
    private func withGateway(
        status: HTTPResponse.Status = .ok, _ work: @escaping @Sendable (String) async throws -> Void
    ) async throws -> [Pushed] {
        let inbox = Inbox()
        let router = Router()
        for method in [HTTPRequest.Method.put, .post, .delete] {
            router.on("**", method: method) { request, _ -> Response in
                let body = try await request.body.collect(upTo: 1 << 20)
                inbox.requests.withLock { requests in
                    requests.append(
                        Pushed(
                            method: request.method.rawValue, path: request.uri.path,
                            type: request.headers[.contentType], authorization: request.headers[.authorization],
                            body: String(buffer: body)))
                }
                return Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: "no, thanks\n")))
            }
        }
        try await Application(router: router).test(.live) { client in
            try await work("http://127.0.0.1:\(try #require(client.port))/")
        }
        return inbox.requests.withLock { $0 }
    }

    @Test("a group is replaced, added to and deleted under the path that its labels make")
    func methods() async throws {
        let pushed = try await withGateway { url in
            let registry = MetricRegistry()
            try registry.gauge("last", help: "L.").set(3)
            let gateway = try PushGateway(url, job: "nightly backup", grouping: ["instance": "a/b", "empty": ""])
            try await gateway.push(registry)
            try await gateway.add(registry)
            try await gateway.delete()
        }
        let path = "/metrics/job/nightly%20backup/instance@base64/YS9i/empty@base64/="
        #expect(pushed.map(\.method) == ["PUT", "POST", "DELETE"])
        #expect(pushed.map(\.path) == [path, path, path])
        #expect(
            pushed.map(\.body) == [String](repeating: "# HELP last L.\n# TYPE last gauge\nlast 3\n", count: 2) + [""])
        #expect(pushed[0].type?.hasPrefix("text/plain; version=0.0.4") == true)
    }

    @Test("the gateway is told who pushes")
    func authorization() async throws {
        let pushed = try await withGateway { url in
            for password in ["", "s", "secret>?"] {
                let authorization = PushAuthorization.basic(user: "job", password: password)
                try await PushGateway(url, job: "j", authorization: authorization).delete()
            }
            try await PushGateway(url, job: "j", authorization: .bearer("token")).delete()
            try await PushGateway(url, job: "j").delete()
        }
        #expect(
            pushed.map(\.authorization) == [
                "Basic am9iOg==", "Basic am9iOnM=", "Basic am9iOnNlY3JldD4/", "Bearer token", nil,
            ])
    }

    @Test("a refusal tells status and reason, and a gateway that is not there is told of")
    func failures() async throws {
        _ = try await withGateway(status: .badRequest) { url in
            let gateway = try PushGateway(url, job: "j")
            await #expect(throws: PushError.refused(status: 400, reason: "no, thanks")) {
                try await gateway.push(MetricRegistry())
            }
        }
        let nobody = try PushGateway("http://127.0.0.1:1", job: "j", timeout: .seconds(2))
        let error = await #expect(throws: PushError.self) { try await nobody.delete() }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("addresses and labels that cannot be are refused before anything is sent")
    func refusals() {
        for url in ["", "gateway:9091", "http://", "ftp://x", "http://x/?a", "http://x y"] {
            #expect(throws: PushError.self) { try PushGateway(url, job: "j") }
        }
        #expect(throws: PushError.invalidLabel("job")) { try PushGateway("http://x", job: "") }
        for name in ["job", "", "1a", "a-b", "__x"] {
            let grouping: MetricLabels = [name: "v"]
            #expect(throws: PushError.invalidLabel(name)) {
                try PushGateway("http://x", job: "j", grouping: grouping)
            }
        }
    }
}
