import ApusBytes
import ApusClient
import ApusQuery
import ApusRegex
import HTTPTypes
package import HummingbirdCore
package import Logging
import NIOCore

/// Turns requests into responses: routes, checks, headers, metrics.
package struct WebResponder: Sendable {
    /// Answers to paths that do not exist are counted together.
    private static let unknownAPI = "/api/v1/*path"
    private static let unknownPath = "/*path"
    /// Bodies that are handed on as they come are cut into parts of about so many bytes.
    private static let partBytes = 1 << 20

    private let settings: WebSettings
    private let isReady: @Sendable () -> Bool
    private let routes: RouteTable
    private let crossOrigin: CrossOrigin
    private let metrics: WebMetrics
    private let instruments: [String: WebMetrics.RouteInstruments]
    private let date = DateField()
    private let bodies: ByteBudget
    private let logger: Logger

    /// A responder with all routes.
    ///
    /// - Throws: `WebServerError` when the settings cannot be used or the server's metrics are registered already.
    package init(
        _ sources: WebSources,
        settings: WebSettings,
        assets: Result<AssetTable, AssetError>,
        logger: Logger
    ) throws(WebServerError) {
        try self.init(
            routes: Self.routes(sources, settings: settings, assets: assets), registry: sources.registry,
            isReady: sources.isReady, settings: settings, logger: logger)
    }

    /// A responder of an exporter that runs by itself.
    ///
    /// - Throws: `WebServerError` when the settings cannot be used or the server's metrics are registered already.
    package init(_ site: ExporterSite, settings: WebSettings, logger: Logger) throws(WebServerError) {
        var routes = RouteTable()
        site.addRoutes(to: &routes)
        try self.init(
            routes: routes, registry: site.registry, isReady: { true }, settings: settings, logger: logger)
    }

    private init(
        routes: RouteTable, registry: MetricRegistry, isReady: @escaping @Sendable () -> Bool, settings: WebSettings,
        logger: Logger
    ) throws(WebServerError) {
        self.settings = settings
        self.logger = logger
        self.isReady = isReady
        self.routes = routes
        bodies = ByteBudget(limit: settings.maxTotalBodyBytes)
        do {
            crossOrigin = CrossOrigin(
                allowedOrigins: try settings.corsOrigin.map { text throws(RegexError) in
                    try RegularExpression(text)
                })
        } catch {
            throw .invalidOriginPattern("\(error)")
        }
        do {
            metrics = try WebMetrics(registry)
        } catch {
            throw .metrics(error.description)
        }
        var instruments: [String: WebMetrics.RouteInstruments] = [:]
        for name in routes.names + [Self.unknownAPI, Self.unknownPath] {
            instruments[name] = metrics.instruments(name)
        }
        self.instruments = instruments
    }

    private static func routes(
        _ sources: WebSources, settings: WebSettings, assets: Result<AssetTable, AssetError>
    ) -> RouteTable {
        let threads = BlockingThreads()
        var routes = RouteTable()
        let limits = sources.queries.limits
        QueryAPI(engine: sources.queries, clock: sources.clock).addRoutes(to: &routes)
        RunningQueryAPI(engine: sources.queries).addRoutes(to: &routes)
        ExpressionAPI(
            options: limits.features.parserOptions, exemplars: sources.exemplars, threads: threads
        ).addRoutes(to: &routes)
        RemoteWriteAPI(receiver: sources.remoteWrite, threads: threads).addRoutes(to: &routes)
        SeriesAPI(storage: sources.storage, threads: threads).addRoutes(to: &routes)
        StorageAdminAPI(storage: sources.administration).addRoutes(to: &routes)
        ImportAPI(backfill: sources.backfill, maxBytes: settings.maxImportBytes).addRoutes(to: &routes)
        TargetAPI(source: sources.targets, stored: sources.storedMetadata, threads: threads).addRoutes(to: &routes)
        StatusAPI(sources: sources).addRoutes(to: &routes)
        StorageStatusAPI(status: sources.storageStatus, threads: threads).addRoutes(to: &routes)
        BlockStatusAPI(status: sources.blockStatus, threads: threads).addRoutes(to: &routes)
        AlertingAPI().addRoutes(to: &routes)
        FeatureAPI(
            isLifecycleEnabled: settings.isLifecycleEnabled,
            allowsAdministration: sources.administration != nil,
            takesRemoteWrite: sources.remoteWrite != nil, keepsExemplars: sources.exemplars != nil,
            language: limits.features
        ).addRoutes(to: &routes)
        LifecycleAPI(sources: sources, isEnabled: settings.isLifecycleEnabled, threads: threads)
            .addRoutes(to: &routes)
        ExporterRoutes(exporters: sources.exporters).addRoutes(to: &routes)
        ContainerStatusAPI(sources: sources.containers, threads: threads).addRoutes(to: &routes)
        PageRoutes(assets: assets).addRoutes(to: &routes)
        return routes
    }

    /// The response to a request that did not come over a connection.
    @concurrent package func respond(to request: Request) async -> Response {
        var body = BodyReader(request)
        return await respond(to: request, body: &body, channel: nil)
    }

    /// The response to a request; `body` is read as far as the route wants it.
    @concurrent func respond(to request: Request, body: inout BodyReader, channel: (any Channel)?) async -> Response {
        let started = ContinuousClock.now
        let (path, query) = Self.split(request.head.path ?? "/")
        let below = pathBelowPrefix(path)
        let match = below.flatMap { routes.match($0) }
        var reply: Reply
        if let match, let below {
            reply = await answer(match, request, path: below, query: query, body: &body, channel: channel)
        } else {
            reply = replyOutsideRoutes(request.method, path, below: below)
        }
        let isAPI = below?.hasPrefix(RouteTable.apiPrefix) ?? false
        if isAPI { reply.fields.append(contentsOf: crossOrigin.fields(for: request.headers)) }
        if reply.fields[.cacheControl] == nil { reply.fields[.cacheControl] = "no-store" }
        SecurityFields.add(to: &reply.fields)
        reply.fields[.date] = date.text
        if !body.isAtEnd { reply.fields[.connection] = "close" }
        let name = match?.route.name ?? (isAPI ? Self.unknownAPI : Self.unknownPath)
        let code = reply.status.code
        return await ResponseAssembly(
            isHead: request.method == .head, acceptsGzip: AcceptedEncoding.includesGzip(request.headers)
        ).response(reply) { size in
            record(name, method: request.method, path: path, code: code, duration: .now - started, size: size)
        }
    }

    // MARK: - Routing

    @concurrent private func answer(
        _ match: RouteTable.Match,
        _ request: Request,
        path: Substring,
        query: Substring,
        body: inout BodyReader,
        channel: (any Channel)?
    ) async -> Reply {
        let route = match.route
        if request.method == .options, route.isAPI { return .noContent }
        guard route.answers(request.method) else {
            var reply = Reply.methodNotAllowed(allowed: route.methods + (route.isAPI ? [.options] : []))
            if let text = route.wrongMethodText { reply.body = .bytes(Array(text.utf8)) }
            return reply
        }
        if route.readiness == .whenReady, !isReady() {
            return .text("Service Unavailable", status: .serviceUnavailable)
        }
        if route.changesState, CrossOrigin.isForged(request.head) {
            return .text("Requests from pages of other sites are refused.\n", status: .forbidden)
        }
        // Until the handler has ended: it holds the body that long.
        let reserved = route.maxBodyBytes.map { body.expectedLength(limit: $0) } ?? 0
        guard bodies.take(reserved) else {
            return .text("Too many large requests at one time; send it again later.\n", status: .serviceUnavailable)
        }
        defer { bodies.giveBack(reserved) }
        do throws(APIError) {
            let webRequest = try await webRequest(
                match, request, path: path, query: query, body: &body, channel: channel)
            switch route.place {
            case .eventLoop: return try await route.handler(webRequest)
            case .pool:
                return try await withTaskExecutorPreference(globalConcurrentExecutor) { () throws(APIError) in
                    try await route.handler(webRequest)
                }
            }
        } catch {
            return .failure(error)
        }
    }

    private func replyOutsideRoutes(
        _ method: HTTPRequest.Method, _ path: Substring, below: Substring?
    ) -> Reply {
        guard let below else {
            return path == "/" || path + "/" == settings.routePrefix + "/"
                ? .redirect(to: settings.routePrefix + "/") : .notFound
        }
        return method == .options && below.hasPrefix(RouteTable.apiPrefix) ? .noContent : .notFound
    }

    @concurrent private func webRequest(
        _ match: RouteTable.Match,
        _ request: Request,
        path: Substring,
        query: Substring,
        body: inout BodyReader,
        channel: (any Channel)?
    ) async throws(APIError) -> WebRequest {
        var parameters = FormParameters()
        var content: [UInt8] = []
        var variable = ""
        do {
            if let makeSink = match.route.makeSink {
                try parameters.append(query.utf8)
                let sink = try makeSink(request.headers, parameters)
                try await pour(&body, into: sink, channel: channel)
                return WebRequest(
                    method: request.method, path: String(path), pathVariable: "", parameters: parameters,
                    fields: request.headers, body: [], sink: sink, connection: channel)
            }
            if let limit = match.route.maxBodyBytes {
                content = try await wholeBody(&body, limit: limit, channel: channel)
            } else if match.route.takesForm, request.method == .post, Self.isForm(request.headers[.contentType]) {
                try parameters.append(await form(&body, channel: channel))
            }
            try parameters.append(query.utf8)
        } catch let error as FormError {
            throw APIError(.badData, "error parsing form values: \(error)")
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(.internalError, "\(error)")
        }
        if !match.variable.isEmpty {
            guard let decoded = try? PercentEncoding.decoded(match.variable.utf8, plusIsSpace: false),
                let text = PercentEncoding.text(decoded)
            else { throw APIError(.badData, "invalid name in path: \"\(match.variable)\"") }
            variable = text
        }
        return WebRequest(
            method: request.method, path: String(path), pathVariable: variable, parameters: parameters,
            fields: request.headers, body: content, sink: nil, connection: channel)
    }

    /// Hands the body on as it comes; a client that takes too long for a part of it is cut off.
    @concurrent private func pour(
        _ body: inout BodyReader, into sink: any BodySink, channel: (any Channel)?
    ) async throws(APIError) {
        while !body.isAtEnd {
            let deadline = channel?.eventLoop.scheduleTask(in: .milliseconds(settings.readTimeout)) {
                channel?.close(promise: nil)
            }
            let part = await body.readPart(ofAbout: Self.partBytes)
            deadline?.cancel()
            guard let part else { throw APIError(.canceled, "the body ended before it was complete") }
            if !part.isEmpty { try await sink.take(part) }
        }
    }

    /// The form in the body.
    @concurrent private func form(_ body: inout BodyReader, channel: (any Channel)?) async throws(APIError) -> [UInt8] {
        let outcome = await read(&body, limit: settings.maxFormBytes, channel: channel)
        switch outcome {
        case .complete(let bytes): return bytes
        case .tooLarge:
            throw APIError(
                .badData, "error parsing form values: the body has more than \(settings.maxFormBytes) bytes",
                status: 413)
        case .failed: throw APIError(.canceled, "the body ended before it was complete")
        }
    }

    /// The whole body as it came.
    @concurrent private func wholeBody(
        _ body: inout BodyReader, limit: Int, channel: (any Channel)?
    ) async throws(APIError) -> [UInt8] {
        switch await read(&body, limit: limit, channel: channel) {
        case .complete(let bytes): return bytes
        case .tooLarge: throw APIError(.badData, "the body has more than \(limit) bytes", status: 413)
        case .failed: throw APIError(.canceled, "the body ended before it was complete")
        }
    }

    /// Reads the body; a client that is too slow to send it is cut off.
    @concurrent private func read(
        _ body: inout BodyReader, limit: Int, channel: (any Channel)?
    ) async -> BodyReader.Outcome {
        let deadline = channel?.eventLoop.scheduleTask(in: .milliseconds(settings.readTimeout)) {
            channel?.close(promise: nil)
        }
        defer { deadline?.cancel() }
        return await body.read(limit: limit)
    }

    private static func isForm(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" && $0 != " " }
        return type.lowercased() == "application/x-www-form-urlencoded"
    }

    private static func split(_ target: String) -> (path: Substring, query: Substring) {
        // Requests to a proxy name the whole URL; nothing here is one.
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.utf8.index(after: mark)...])
    }

    private func pathBelowPrefix(_ path: Substring) -> Substring? {
        let prefix = settings.routePrefix
        guard !prefix.isEmpty else { return path }
        guard path.hasPrefix(prefix + "/") else { return nil }
        return path.dropFirst(prefix.count)
    }

    private func record(
        _ name: String, method: HTTPRequest.Method, path: Substring, code: Int, duration: Duration, size: Int
    ) {
        if let instruments = instruments[name] {
            metrics.record(instruments, code: code, duration: duration, size: size)
        }
        logger.debug(
            "request",
            metadata: [
                "method": "\(method.rawValue)", "path": "\(path.prefix(200))", "status": "\(code)",
                "bytes": "\(size)", "duration": "\(duration)",
            ])
    }
}
