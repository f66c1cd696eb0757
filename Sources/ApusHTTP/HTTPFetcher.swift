import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Fetches bodies by GET: one client for one set of options, with its own pool of kept connections per host.
///
/// Safe from any task. Nothing blocks: sockets live on one event loop, files are read on threads of their own. `shutDown()` must be called before the last reference goes away.
package final class HTTPFetcher: Sendable {
    /// One loop for all clients of the process, which is never shut down.
    ///
    /// With several, requests and connections land on different loops and every part of an answer crosses threads, which
    /// was measured to cost a tenth of a scrape; one loop serves thousands of fetches a second.
    private static let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let options: HTTPClientOptions
    private let configuration: HTTPClient.Configuration
    private let state: Mutex<State>

    private struct State {
        var isClosed = false
        /// By the host to connect to when the expected server name differs from it, else one under the empty name.
        var clients: [String: HTTPClient] = [:]
    }

    /// A client with the given options; reads the certificate files they name.
    ///
    /// - Throws: `unusableFile`, or `invalidURL` for the proxy's URL.
    package init(options: HTTPClientOptions) throws(HTTPFetchError) {
        self.options = options
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = try options.tls.makeConfiguration()
        configuration.redirectConfiguration =
            options.followsRedirects ? .follow(max: 10, allowCycles: false) : .disallow
        configuration.httpVersion = options.allowsHTTP2 ? .automatic : .http1Only
        configuration.decompression = .disabled
        configuration.connectionPool.idleTimeout = .milliseconds(max(1_000, options.idleTimeout))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, options.maximumConnections)
        // A refused connection is an answer: the next attempt is the next scrape.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxyURL = options.proxyURL { configuration.proxy = try Self.proxy(proxyURL) }
        self.configuration = configuration
        state = Mutex(State())
    }

    /// Sends a request and gathers the body, at most `bodyLimit` bytes as they come over the wire.
    ///
    /// - Parameters:
    ///   - timeout: milliseconds for the whole exchange: finding and connecting the host, head and body.
    ///   - takesAnyStatus: whether an answer with another status than success is returned with its body, as clients of
    ///     APIs need it, and not thrown.
    /// - Throws: also for every status but success, unless `takesAnyStatus`. Cancelling the task ends the exchange with `cancelled`.
    package func fetch(
        _ request: FetchRequest, timeout: Int64, bodyLimit: Int, takesAnyStatus: Bool = false
    ) async throws(HTTPFetchError) -> FetchResponse {
        let deadline = NIODeadline.now() + .milliseconds(max(0, timeout))
        let client = try client(for: request)
        var prepared = request.prepared
        if needsAdjustment {
            prepared = try await adjusted(prepared, url: request.url)
        }
        let first = ResponseCollector(bodyLimit: bodyLimit, takesAnyStatus: takesAnyStatus)
        do {
            return try await Self.execute(prepared, with: client, collector: first, deadline: deadline)
        } catch  where FailureText.isClosedConnection(error) && !first.hasReceivedHead && !Task.isCancelled {
            // A kept connection that the server closed meanwhile says nothing about the server: ask once more.
        } catch {
            throw FailureText.fetchError(error, request: request)
        }
        do {
            let second = ResponseCollector(bodyLimit: bodyLimit, takesAnyStatus: takesAnyStatus)
            return try await Self.execute(prepared, with: client, collector: second, deadline: deadline)
        } catch {
            throw FailureText.fetchError(error, request: request)
        }
    }

    /// Sends a request and hands out the body as it comes, for answers that go on for as long as the server likes.
    ///
    /// There is no limit of time or size. The next piece is taken from the connection when `onPart` has returned.
    ///
    /// - Throws: also for every status but success. Cancelling the task ends the exchange with `cancelled`.
    package func stream(
        _ request: FetchRequest, onPart: @escaping @Sendable ([UInt8]) async -> Void
    ) async throws(HTTPFetchError) {
        let client = try client(for: request)
        var prepared = request.prepared
        if needsAdjustment { prepared = try await adjusted(prepared, url: request.url) }
        let task = client.execute(request: prepared, delegate: PartForwarder(onPart: onPart))
        do {
            try await withTaskCancellationHandler {
                try await task.futureResult.get()
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw FailureText.fetchError(error, request: request)
        }
    }

    /// Closes all connections; requests under way end with an error, later ones with `closed`.
    package func shutDown() async {
        let clients = state.withLock { state in
            state.isClosed = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients {
            // The only failure is "already shut down", which is what is wanted.
            try? await client.shutdown()
        }
    }

    private static func execute(
        _ request: HTTPClient.Request, with client: HTTPClient, collector: ResponseCollector, deadline: NIODeadline
    ) async throws -> FetchResponse {
        let task = client.execute(request: request, delegate: collector, deadline: deadline)
        return try await withTaskCancellationHandler {
            try await task.futureResult.get()
        } onCancel: {
            task.cancel()
        }
    }

    /// The library overrides names per client, so a server name that differs from the host takes a client per host.
    private func client(for request: FetchRequest) throws(HTTPFetchError) -> HTTPClient {
        let name = options.tls.serverName == nil ? "" : request.prepared.host
        let client: HTTPClient? = state.withLock { state in
            guard !state.isClosed else { return nil }
            if let client = state.clients[name] { return client }
            var configuration = configuration
            if let serverName = options.tls.serverName { configuration.dnsOverride = [serverName: name] }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(Self.eventLoops), configuration: configuration)
            state.clients[name] = client
            return client
        }
        guard let client else { throw .closed }
        return client
    }

    private var needsAdjustment: Bool {
        options.tls.serverName != nil || options.authorization != nil || !options.extraHeaders.isEmpty
    }

    /// The request with what is known only now: credentials, and the name the certificate must have.
    private func adjusted(
        _ request: HTTPClient.Request, url: String
    ) async throws(HTTPFetchError) -> HTTPClient.Request {
        var result = request
        if let serverName = options.tls.serverName, request.useTLS {
            let host = request.port == 443 ? request.host : "\(request.host):\(request.port)"
            let path = request.url.absoluteString.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" && $0 != "?" }
            do {
                result = try HTTPClient.Request(
                    url: "https://\(serverName):\(request.port)\(path)", headers: request.headers)
            } catch {
                throw .invalidURL(url, reason: "the TLS server name \(serverName) is no host name")
            }
            result.headers.replaceOrAdd(name: "Host", value: host)
        }
        switch options.authorization {
        case .basic(let username, let password):
            let username = try await Self.reveal(username)
            let password = try await Self.reveal(password)
            let value = HTTPClient.Authorization.basic(username: username, password: password).headerValue
            result.headers.replaceOrAdd(name: "Authorization", value: value)
        case .credentials(let type, let secret):
            let credentials = try await Self.reveal(secret)
            result.headers.replaceOrAdd(name: "Authorization", value: "\(type) \(credentials)")
        case nil: break
        }
        for header in options.extraHeaders {
            result.headers.add(name: header.name, value: try await Self.reveal(header.value))
        }
        return result
    }

    private static func reveal(_ secret: HTTPSecret) async throws(HTTPFetchError) -> String {
        switch secret {
        case .literal(let text): return text
        case .file(let path):
            do {
                return try await NIOThreadPool.singleton.runIfActive { try SecretFile.read(path) }
            } catch let error as HTTPFetchError {
                throw error
            } catch {
                throw .unusableFile(path: path, reason: "\(error)")
            }
        }
    }

    private static func proxy(_ text: String) throws(HTTPFetchError) -> HTTPClient.Configuration.Proxy {
        guard let request = try? HTTPClient.Request(url: text), !request.host.isEmpty, !request.useTLS else {
            throw .invalidURL(text, reason: "a proxy URL has the form http://[user:password@]host:port")
        }
        guard let user = request.url.user(percentEncoded: false) else {
            return .server(host: request.host, port: request.port)
        }
        let password = request.url.password(percentEncoded: false) ?? ""
        return .server(
            host: request.host, port: request.port, authorization: .basic(username: user, password: password))
    }
}
