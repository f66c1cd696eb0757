import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The web server: the HTTP API, the web interface and the program's own metrics.
package struct WebServer: Service {
    /// What is left of a refused body is taken up to this size, so that the client gets to read the answer.
    private static let lingerBytes = 256 << 10
    private static let lingerTime = TimeAmount.seconds(2)

    private let settings: WebSettings
    private let responder: WebResponder
    private let onListening: @Sendable (ListenAddress) -> Void
    private let logger: Logger

    /// A server that begins to listen when it is run.
    ///
    /// - Parameters:
    ///   - sources: where the answers come from.
    ///   - settings: where and how to listen.
    ///   - assets: the web interface, or why there is none; the API is served all the same.
    ///   - onListening: called for each address once connections are accepted, with the port that was chosen.
    package init(
        _ sources: WebSources,
        settings: WebSettings,
        assets: Result<AssetTable, AssetError>,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) throws(WebServerError) {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        responder = try WebResponder(sources, settings: settings, assets: assets, logger: logger)
    }

    /// A server of an exporter that runs by itself.
    ///
    /// - Parameter onListening: called for each address once connections are accepted, with the port that was chosen.
    package init(
        _ site: ExporterSite,
        settings: WebSettings,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) throws(WebServerError) {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        responder = try WebResponder(site, settings: settings, logger: logger)
    }

    /// Serves until graceful shutdown, then lets answers that are being made end.
    ///
    /// - Throws: `WebServerError` when an address cannot be listened on.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for address in settings.addresses {
                group.addTask { try await serve(address) }
            }
            try await group.waitForAll()
        }
    }

    private func serve(_ address: ListenAddress) async throws {
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(settings.maxConnections, logger: logger)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, responder: respond,
            onServerRunning: { [onListening] channel in
                onListening(ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
            })
        do {
            try await runUntilDrained(server)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw WebServerError.addressInUse(address)
        } catch let error as IOError {
            throw WebServerError.cannotListen(address, reason: error.description)
        } catch let error as SocketAddressError {
            throw WebServerError.cannotListen(address, reason: "\(error)")
        }
    }

    /// Runs the server; after graceful shutdown began it is given some time, then its connections are closed.
    private func runUntilDrained(_ server: any Service) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return true
            }
            group.addTask { [drainTimeout = settings.drainTimeout] in
                try? await gracefulShutdown()
                try? await Task.sleep(for: .milliseconds(drainTimeout))
                return false
            }
            while let hasEnded = try await group.next() {
                group.cancelAll()
                if hasEnded { return }
                logger.warning("connections were still open at shutdown and are closed")
            }
        }
    }

    private var builder: HTTPServerBuilder {
        let settings = settings
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                SlowReaderTimeout(timeout: .milliseconds(settings.writeTimeout)), ConnectionWatch(),
            ],
            idleTimeout: .milliseconds(settings.readTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: settings.maxHeaderBytes, maxHeaderListSize: settings.maxHeaderBytes,
                maxHeaderFieldCount: 200))
        return HTTPServerBuilder { responder in
            LoopBoundConnections(connections: HTTP1Channel(responder: responder, configuration: configuration))
        }
    }

    /// Answers one request of a connection; throws to close it.
    @Sendable @concurrent private func respond(
        _ request: Request,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        var body = BodyReader(request)
        if body.isAwaited(maxBytes: settings.maxFormBytes) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let response = await responder.respond(to: request, body: &body, channel: channel)
        try await writer.write(response: response.head, body: response.body)
        if !body.isAtEnd {
            let deadline = channel.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
            await body.discard(limit: Self.lingerBytes)
            deadline.cancel()
            throw ConnectionEnds()
        }
        // The library knows only the exact spelling.
        if let connection = request.headers[.connection], connection != "close", connection.lowercased() == "close" {
            throw ConnectionEnds()
        }
    }

    /// Ends a connection after its answer.
    private struct ConnectionEnds: Error {}
}
