import ApusExporters
import ApusHTTP
import ApusTestSupport
import Glibc
import Testing

@Suite("What is said of an engine that cannot be asked", .timeLimit(.minutes(5)))
struct EngineProblemTests {
    /// What people are told after the first attempt to ask the engine at an address.
    private func problem(_ text: String) async throws -> String {
        let address = try #require(EngineAddress(text))
        let fetcher = try HTTPFetcher(options: HTTPClientOptions())
        let directory = ContainerDirectory(transport: HTTPEngineTransport(address: address, fetcher: fetcher))
        let following = Task { await directory.run() }
        while directory.failure == nil { try await Task.sleep(for: .milliseconds(1)) }
        following.cancel()
        await following.value
        await fetcher.shutDown()
        return directory.status(address: address).problem
    }

    private func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("where there is no socket, another place is to be named")
    func absentSocket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/none.sock"
        let problem = try await problem("unix://\(path)")
        #expect(problem.hasPrefix("Cannot connect to \(path): no such file."))
        #expect(problem.contains("--docker.host"))
    }

    @Test("a socket that nobody listens at is told by its path")
    func silentSocket() async throws {
        let socket = try AnsweringSocket(.silence)
        let problem = try await problem(socket.path)
        #expect(problem.hasPrefix("Cannot connect to \(socket.path): connection refused. Start the container engine"))
    }

    @Test("a socket that is not for this user says which group to join")
    func forbiddenSocket() throws {
        let address = try #require(EngineAddress("/var/run/docker.sock"))
        let problem = try #require(address.socketProblem(EACCES))
        #expect(problem.hasPrefix("Cannot connect to /var/run/docker.sock: permission denied."))
        #expect(problem.contains("usermod -aG docker USER"))
        #expect(address.socketProblem(0) == nil)
    }

    @Test("a file that is no socket is said to be none")
    func fileForSocket() async throws {
        let problem = try await problem("/etc/passwd")
        #expect(problem.hasPrefix("Cannot connect to /etc/passwd: it is no socket."))
    }

    @Test("a host where nobody listens is told by its address")
    func silentHost() async throws {
        let problem = try await problem("tcp://127.0.0.1:1")
        #expect(problem.hasPrefix("Cannot connect to 127.0.0.1:1: connection refused."))
    }

    @Test("a host that does not exist is told by its name")
    func unknownHost() async throws {
        let problem = try await problem("tcp://no-such-host.invalid:2375")
        #expect(
            problem.hasPrefix("Cannot connect to no-such-host.invalid:2375: lookup no-such-host.invalid: no such host"))
    }

    @Test("a connection that is closed without an answer is said to be")
    func closedConnection() async throws {
        let socket = try AnsweringSocket(.closing)
        let problem = try await problem(socket.path)
        #expect(
            problem == "The container engine at \(socket.path) does not answer /version as it should: "
                + "the connection was closed before the answer was whole.")
    }

    @Test(
        "an answer of another status is told with the engine's words",
        arguments: [
            ("500 Internal Server Error", #"{"message": "the driver failed"}"#, "HTTP status 500: the driver failed."),
            ("500 Internal Server Error", "", "HTTP status 500."),
            ("404 Not Found", "<html>none</html>", "HTTP status 404."),
        ])
    func failedAnswer(status: String, body: String, words: String) async throws {
        let socket = try AnsweringSocket(.answer(answer(status, body)))
        let problem = try await problem(socket.path)
        #expect(problem == "The container engine at \(socket.path) does not answer /version as it should: \(words)")
    }

    @Test("a port that takes encrypted connections only says so itself")
    func encryptedPort() async throws {
        let words = "Client sent an HTTP request to an HTTPS server."
        let socket = try AnsweringSocket(.answer("HTTP/1.0 400 Bad Request\r\n\r\n\(words)\n"))
        let problem = try await problem(socket.path)
        #expect(problem.contains(" does not answer /version as it should: HTTP status 400: \(words)"))
    }

    @Test("something else than an engine is not taken for one")
    func otherServer() async throws {
        let socket = try AnsweringSocket(.answer(answer("200 OK", "<html>hello</html>")))
        let problem = try await problem(socket.path)
        #expect(problem.hasPrefix("The container engine at \(socket.path) does not answer /version as it should: "))
    }
}
