import ApusHTTP
import ApusTestSupport
import Foundation
import Testing

/// Runs `body` with a server and a client, and shuts both down.
private func withFetcher(
    options: HTTPClientOptions = HTTPClientOptions(),
    answering handler: @escaping @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step],
    _ body: (LoopbackServer, HTTPFetcher) async throws -> Void
) async throws {
    let server = try LoopbackServer(handler)
    let fetcher = try HTTPFetcher(options: options)
    do {
        try await body(server, fetcher)
    } catch {
        await fetcher.shutDown()
        server.stop()
        throw error
    }
    await fetcher.shutDown()
    server.stop()
}

private func request(_ url: String, _ headers: [(name: String, value: String)] = []) throws -> FetchRequest {
    try FetchRequest(url: url, headers: headers)
}

/// What a fetch throws, or `nil`.
private func failure(
    _ fetcher: HTTPFetcher, _ url: String, timeout: Int64 = 30_000, bodyLimit: Int = 1 << 20
) async throws -> HTTPFetchError? {
    let request = try request(url)
    do throws(HTTPFetchError) {
        _ = try await fetcher.fetch(request, timeout: timeout, bodyLimit: bodyLimit)
        return nil
    } catch {
        return error
    }
}

private func expectFailure(
    _ expected: HTTPFetchError?, _ fetcher: HTTPFetcher, _ url: String, timeout: Int64 = 30_000,
    bodyLimit: Int = 1 << 20, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let error = try await failure(fetcher, url, timeout: timeout, bodyLimit: bodyLimit)
    #expect(error == expected, sourceLocation: sourceLocation)
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPFetcherTests {
    @Test("a body comes whole, with its content type, and headers go out as given")
    func plainFetch() async throws {
        let page = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try await withFetcher(answering: { _ in LoopbackServer.answer(page, contentType: "text/plain; version=0.0.4") })
        {
            server, fetcher in
            let request = try request(server.url("/metrics?a=b%20c"), [("X-One", "1"), ("Accept", "text/plain")])
            let response = try await fetcher.fetch(request, timeout: 30_000, bodyLimit: 1 << 20)
            #expect(response.body == page)
            #expect(response.contentType == "text/plain; version=0.0.4")
            #expect(!response.isGzipped)
            let seen = try #require(server.requests.first)
            #expect(seen.path == "/metrics?a=b%20c")
            #expect(seen.headers["x-one"] == "1")
            #expect(seen.headers["host"] == "127.0.0.1:\(server.port)")
        }
    }

    @Test("fetches one after another use one connection")
    func keepAlive() async throws {
        try await withFetcher(answering: { _ in LoopbackServer.answer("x 1\n".utf8) }) { server, fetcher in
            for _ in 0..<20 {
                _ = try await fetcher.fetch(try request(server.url()), timeout: 30_000, bodyLimit: 100)
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test("an error status does not cost the connection, and its text names code and reason")
    func errorStatus() async throws {
        try await withFetcher(answering: { _ in
            LoopbackServer.answer("it broke".utf8, status: "500 Internal Server Error")
        }) { server, fetcher in
            for _ in 0..<3 {
                let error = try await failure(fetcher, server.url())
                #expect(error?.description == "server returned HTTP status 500 Internal Server Error")
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test("an endless error page is given up")
    func endlessErrorPage() async throws {
        try await withFetcher(answering: { _ in
            [
                .send(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 1000000000\r\n\r\n".utf8)),
                .repeatedly([UInt8](repeating: 32, count: 65_536), times: 20_000),
            ]
        }) { server, fetcher in
            try await expectFailure(.status(code: 404, reason: "Not Found"), fetcher, server.url())
        }
    }

    @Test("a connection that the server closed between two requests is replaced unseen")
    func closedConnection() async throws {
        try await withFetcher(answering: { _ in LoopbackServer.answer("x 1\n".utf8) + [.close] }) { server, fetcher in
            for _ in 0..<10 {
                try await expectFailure(nil, fetcher, server.url())
            }
        }
    }

    @Test("nobody listening is told as connection refused, with the address")
    func refused() async throws {
        let server = try LoopbackServer { _ in [] }
        server.stop()
        let fetcher = try HTTPFetcher(options: HTTPClientOptions())
        let error = try await failure(fetcher, server.url())
        await fetcher.shutDown()
        let expected = "Get \"\(server.url())\": dial tcp 127.0.0.1:\(server.port): connect: connection refused"
        #expect(error?.description == expected)
    }

    @Test("a target that dribbles ends at the timeout for the whole exchange")
    func dribble() async throws {
        try await withFetcher(answering: { _ in
            [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".utf8))]
                + (0..<1_000).flatMap { _ in [.send([120]), .pause(milliseconds: 20)] as [LoopbackServer.Step] }
        }) { server, fetcher in
            let start = ContinuousClock.now
            try await expectFailure(.timedOut(url: server.url()), fetcher, server.url(), timeout: 300)
            // The body takes twenty seconds; a machine that is busy with other tests may be seconds late.
            #expect(start.duration(to: .now) < .seconds(12))
        }
    }

    @Test("a server that accepts and says nothing ends at the timeout")
    func silence() async throws {
        try await withFetcher(answering: { _ in [.pause(milliseconds: 2_000)] }) { server, fetcher in
            let error = try await failure(fetcher, server.url(), timeout: 200)
            #expect(error?.description == "Get \"\(server.url())\": context deadline exceeded")
        }
    }

    @Test("a body over the limit is refused: by its claim, by what arrives, chunked or not")
    func bodyLimit() async throws {
        try await withFetcher(answering: { request in
            switch request.path {
            case "/claim": [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nabc".utf8))]
            case "/chunked":
                [
                    .send(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)),
                    .repeatedly(
                        Array("10000\r\n".utf8) + [UInt8](repeating: 65, count: 65_536) + [13, 10], times: 20_000),
                ]
            default: [.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8)), .repeatedly([66], times: 1_001), .close]
            }
        }) { server, fetcher in
            for path in ["/claim", "/chunked", "/untilClose"] {
                let error = try await failure(fetcher, server.url(path), bodyLimit: 1_000)
                #expect(error == .bodyTooLarge(limit: 1_000), "\(path)")
            }
        }
    }

    @Test("a body of exactly the limit passes")
    func bodyAtLimit() async throws {
        try await withFetcher(answering: { _ in LoopbackServer.answer([UInt8](repeating: 1, count: 1_000)) }) {
            server, fetcher in
            try await expectFailure(nil, fetcher, server.url(), bodyLimit: 1_000)
            try await expectFailure(.bodyTooLarge(limit: 999), fetcher, server.url(), bodyLimit: 999)
        }
    }

    @Test("a body that ends before its length is an error, not a short body")
    func shortBody() async throws {
        try await withFetcher(answering: { _ in
            [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".utf8)), .close]
        }) { server, fetcher in
            let error = try await failure(fetcher, server.url())
            #expect(error?.description == "Get \"\(server.url())\": unexpected EOF")
        }
    }

    @Test("what is not HTTP is an error")
    func notHTTP() async throws {
        try await withFetcher(answering: { _ in [.send(Array("SSH-2.0-OpenSSH_9.2\r\n\r\n".utf8)), .close] }) {
            server, fetcher in
            guard case .connection(let url, _) = try await failure(fetcher, server.url()) else {
                Issue.record("no connection error")
                return
            }
            #expect(url == server.url())
        }
    }

    @Test("redirects are followed, unless they are not to be")
    func redirects() async throws {
        let handler: @Sendable (LoopbackServer.Request) -> [LoopbackServer.Step] = { request in
            switch request.path {
            case "/a": LoopbackServer.answer([], status: "302 Found", headers: ["Location: /b"])
            case "/loop": LoopbackServer.answer([], status: "302 Found", headers: ["Location: /loop"])
            default: LoopbackServer.answer("x 1\n".utf8)
            }
        }
        try await withFetcher(answering: handler) { server, fetcher in
            let response = try await fetcher.fetch(try request(server.url("/a")), timeout: 30_000, bodyLimit: 100)
            #expect(response.body == Array("x 1\n".utf8))
            let loop = try await failure(fetcher, server.url("/loop"))
            #expect(loop != nil)
        }
        var options = HTTPClientOptions()
        options.followsRedirects = false
        try await withFetcher(options: options, answering: handler) { server, fetcher in
            try await expectFailure(.status(code: 302, reason: "Found"), fetcher, server.url("/a"))
        }
    }

    @Test("credentials go out, from the configuration or from a file that may change, and extra headers with them")
    func credentials() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("token")
        try "first\n".write(to: file, atomically: true, encoding: .utf8)
        var options = HTTPClientOptions()
        options.authorization = .credentials(type: "Bearer", .file(file.path))
        options.extraHeaders = [ExtraHeader(name: "X-Tenant", value: .literal("blue"))]
        try await withFetcher(options: options, answering: { _ in LoopbackServer.answer([]) }) { server, fetcher in
            try await expectFailure(nil, fetcher, server.url())
            try "second".write(to: file, atomically: true, encoding: .utf8)
            try await expectFailure(nil, fetcher, server.url())
            try FileManager.default.removeItem(at: file)
            let error = try await failure(fetcher, server.url())
            #expect(error == .unusableFile(path: file.path, reason: "No such file or directory"))
            #expect(server.requests.map { $0.headers["authorization"] } == ["Bearer first", "Bearer second"])
            #expect(server.requests.allSatisfy { $0.headers["x-tenant"] == "blue" })
        }
        options = HTTPClientOptions()
        options.authorization = .basic(username: .literal("user"), password: .literal("pass:word"))
        try await withFetcher(options: options, answering: { _ in LoopbackServer.answer([]) }) { server, fetcher in
            try await expectFailure(nil, fetcher, server.url())
            #expect(server.requests.first?.headers["authorization"] == "Basic dXNlcjpwYXNzOndvcmQ=")
        }
    }

    @Test("cancelling the task ends the exchange")
    func cancellation() async throws {
        try await withFetcher(answering: { _ in [.pause(milliseconds: 3_000)] }) { server, fetcher in
            let url = server.url()
            let task = Task { try await failure(fetcher, url) }
            while server.requests.isEmpty { await Task.yield() }
            task.cancel()
            let start = ContinuousClock.now
            let outcome = try await task.value
            #expect(outcome == .cancelled)
            #expect(start.duration(to: .now) < .seconds(2))
        }
    }

    @Test(
        "URLs that cannot be fetched are refused when the request is made",
        arguments: [
            "", "metrics", "ftp://host/metrics", "http:///metrics", "http://host:port/metrics", "http://[::1/metrics",
        ])
    func badURL(_ url: String) {
        #expect(throws: HTTPFetchError.self) { try FetchRequest(url: url, headers: []) }
    }

    @Test("a client that was shut down says so")
    func shutDown() async throws {
        let fetcher = try HTTPFetcher(options: HTTPClientOptions())
        await fetcher.shutDown()
        try await expectFailure(.closed, fetcher, "http://127.0.0.1:1/")
    }

    @Test("certificate files that are missing are named")
    func missingAuthorities() {
        var options = HTTPClientOptions()
        options.tls.authorities = .file("/nowhere/ca.pem")
        let error = #expect(throws: HTTPFetchError.self) { try HTTPFetcher(options: options) }
        #expect(error?.description.contains("/nowhere/ca.pem") == true)
    }
}
