import ApusModel
import ApusQuery
import ApusWeb
import Foundation
import Logging
import ServiceLifecycle
import Testing

@Suite("Web server on sockets", .timeLimit(.minutes(1)))
struct ServerTests {
    /// Runs a server on a free port while `body` uses it, then shuts it down gracefully.
    private func withServer(
        engine: FakeEngine = FakeEngine(.vector([])),
        settings change: (inout WebSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        var settings = WebSettings()
        settings.addresses = [ListenAddress(host: "127.0.0.1", port: 0)]
        change(&settings)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = try WebServer(
            WebHarness.sources(engine: engine), settings: settings, assets: .failure(.missingPage), logger: logger,
            onListening: { port.yield($0.port) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports {
                try await body(port)
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static let request = "GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a connection serves one request after the other, pipelined too")
    func keepAlive() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            client.send(Self.request)
            #expect(try #require(await client.receive(until: "healthy.\n")).hasPrefix("HTTP/1.1 200 OK\r\n"))
            client.send(Self.request + "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n")
            let rest = try #require(await client.receive())
            #expect(rest.contains("HTTP/1.1 200 OK"))
            #expect(rest.contains("HTTP/1.1 404 Not Found"))
        }
    }

    @Test("a large answer is sent in chunks")
    func chunks() async throws {
        let samples = SampleColumns(timestamps: (0..<50_000).map { $0 * 1_000 }, values: (0..<50_000).map(Double.init))
        let engine = FakeEngine(.matrix([MatrixSeries(labels: .empty, samples: samples)]))
        try await withServer(engine: engine) { port in
            let client = try RawClient(port: port)
            client.send("GET /api/v1/query?query=a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try #require(await client.receive())
            #expect(answer.lowercased().contains("transfer-encoding: chunked\r\n"))
            #expect(answer.contains(#"[49999,"49999"]]}]}}"#))
            #expect(answer.hasSuffix("\r\n0\r\n\r\n"))
        }
    }

    @Test("a body of a gigabyte is refused by its claim and the connection closed")
    func hugeClaim() async throws {
        try await withServer { port in
            for expectation in ["", "Expect: 100-continue\r\n"] {
                let client = try RawClient(port: port)
                client.send(
                    "POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Content-Length: 1073741824\r\n\(expectation)\r\nquery=1")
                let answer = try #require(await client.receive())
                #expect(answer.hasPrefix("HTTP/1.1 413 "))
                #expect(answer.lowercased().contains("connection: close\r\n"))
            }
        }
    }

    @Test("a client that waits for a word before its body gets it")
    func expectContinue() async throws {
        try await withServer { port in
            let client = try RawClient(port: port)
            client.send(
                "POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: 7\r\nExpect: 100-continue\r\n\r\n")
            #expect(try #require(await client.receive(until: "\r\n\r\n")).hasPrefix("HTTP/1.1 100 "))
            client.send("query=1")
            #expect(try #require(await client.receive(until: "}}")).hasPrefix("HTTP/1.1 200 "))
        }
    }

    /// Kept by name, as the test's output shows its arguments.
    private static let malformedRequests = [
        "no HTTP": "nonsense\r\n\r\n",
        "nameless field": "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "long path": "GET /\(String(repeating: "a", count: 400_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
        "many fields": "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 300) + "\r\n",
    ]

    @Test("requests that are no HTTP, or beyond its limits, are refused", arguments: malformedRequests.keys.sorted())
    func malformed(name: String) async throws {
        let request = try #require(Self.malformedRequests[name])
        try await withServer { port in
            let client = try RawClient(port: port)
            client.send(request)
            let answer = try #require(await client.receive())
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
            // Others are served on.
            let other = try RawClient(port: port)
            other.send(Self.request)
            #expect(await other.receive(until: "healthy.\n") != nil)
        }
    }

    private static let unfinishedRequests = [
        "head": "GET /-/healthy HTTP/1.1\r\nHos",
        "body": "POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: 1000\r\n\r\n",
    ]

    @Test("a client that dribbles its request is cut off", arguments: unfinishedRequests.keys.sorted())
    func slowClient(name: String) async throws {
        let start = try #require(Self.unfinishedRequests[name])
        try await withServer(settings: { $0.readTimeout = 300 }) { port in
            let client = try RawClient(port: port)
            client.send(start)
            let dribble = Task {
                while !Task.isCancelled {
                    client.send("a")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(await client.receive() != nil, "the connection was still open after ten seconds")
            dribble.cancel()
        }
    }

    @Test("a query whose client went away is cancelled")
    func clientGone() async throws {
        let engine = FakeEngine(.vector([]))
        engine.waitForCancellation()
        // The server can only shut down in time when the query ends.
        try await withServer(engine: engine, settings: { $0.drainTimeout = 60_000 }) { port in
            var client: RawClient? = try RawClient(port: port)
            client?.send("GET /api/v1/query?query=forever HTTP/1.1\r\nHost: a\r\n\r\n")
            while engine.lastCall == nil { try await Task.sleep(for: .milliseconds(1)) }
            client = nil
        }
    }

    @Test("a port that is in use is named in the error")
    func portInUse() async throws {
        try await withServer { port in
            var settings = WebSettings()
            settings.addresses = [ListenAddress(host: "127.0.0.1", port: port)]
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let server = try WebServer(
                WebHarness.sources(), settings: settings, assets: .failure(.missingPage), logger: logger)
            await #expect(throws: WebServerError.addressInUse(settings.addresses[0])) { try await server.run() }
        }
    }

    @Test("connections beyond the limit wait until another ends")
    func connectionLimit() async throws {
        try await withServer(settings: { $0.maxConnections = 1 }) { port in
            var first: RawClient? = try RawClient(port: port)
            first?.send(Self.request)
            #expect(await first?.receive(until: "healthy.\n") != nil)
            let second = try RawClient(port: port)
            second.send(Self.request)
            first = nil
            #expect(await second.receive(until: "healthy.\n")?.hasPrefix("HTTP/1.1 200") == true)
        }
    }

    @Test(
        "addresses are read with names, IPv6 and without host",
        arguments: [
            ("localhost:9090", "localhost:9090"), (":80", "0.0.0.0:80"), ("[::1]:9090", "[::1]:9090"),
            ("::1:9090", nil), ("a", nil), ("a:", nil), ("a:65536", nil), ("a:-1", nil),
        ] as [(String, String?)])
    func addresses(text: String, expected: String?) {
        #expect(ListenAddress(text)?.description == expected)
    }
}
