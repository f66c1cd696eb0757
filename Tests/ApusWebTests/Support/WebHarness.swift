import ApusClient
import ApusModel
import ApusQuery
import ApusTestSupport
import ApusWeb
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The web server's responder with fakes behind it, asked without sockets.
struct WebHarness {
    static let now: Int64 = 1_435_781_430_781

    let responder: WebResponder
    let registry = MetricRegistry()

    /// A responder; `change` sets what differs from the defaults.
    init(
        engine: FakeEngine = FakeEngine(.vector([])),
        storage: any Queryable = MemoryQueryable(),
        targets: FakeTargets = FakeTargets(),
        assets: Result<AssetTable, AssetError> = .failure(.missingPage),
        settings: WebSettings = WebSettings(),
        change: (inout WebSources) -> Void = { _ in }
    ) throws {
        var sources = Self.sources(engine: engine, storage: storage, targets: targets, registry: registry)
        change(&sources)
        responder = try WebResponder(
            sources, settings: settings, assets: assets, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// The same around a responder that was made before.
    init(responder: WebResponder) {
        self.responder = responder
    }

    /// Sources with fixed status.
    static func sources(
        engine: FakeEngine = FakeEngine(.vector([])),
        storage: any Queryable = MemoryQueryable(),
        targets: FakeTargets = FakeTargets(),
        registry: MetricRegistry = MetricRegistry()
    ) -> WebSources {
        var sources = WebSources(
            queries: engine, storage: storage, targets: targets, registry: registry,
            build: BuildInformation(version: "0.1.0", revision: "abc", compiler: "swift6.3.1"),
            runtime: {
                RuntimeStatus(
                    startTime: now, workingFolder: "/srv", hostname: "host", lastReloadSucceeded: true,
                    lastConfigurationTime: now, corruptionCount: 0, threadCount: 7, processorCount: 2,
                    retention: "15d")
            },
            configuration: { "global:\n  scrape_interval: 15s\n" },
            storageStatus: { _ throws(QueryableError) in
                var status = StorageStatus()
                status.seriesCount = 3
                status.seriesCountByMetricName = [.init("up", 2), .init("down", 1)]
                return status
            },
            reload: {}, quit: {})
        sources.clock = ManualClock(milliseconds: now)
        sources.flags = [("web.max-connections", "512"), ("config.file", "a.yml")]
        return sources
    }

    /// An answer with its whole body.
    struct Answer {
        var status: Int
        var fields: HTTPFields
        var bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Asks with `GET`.
    func get(_ target: String, _ fields: HTTPFields = [:]) async throws -> Answer {
        try await ask(.get, target, fields)
    }

    /// Sends a form with `POST`.
    func post(_ target: String, form: String) async throws -> Answer {
        try await ask(.post, target, [.contentType: "application/x-www-form-urlencoded"], body: Array(form.utf8))
    }

    /// Asks, and takes the whole answer.
    func ask(
        _ method: HTTPRequest.Method, _ target: String, _ fields: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> Answer {
        var fields = fields
        if !body.isEmpty, fields[.contentLength] == nil { fields[.contentLength] = String(body.count) }
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "host:9090", path: target, headerFields: fields),
            body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let response = await responder.respond(to: request)
        let collector = BodyCollector()
        try await response.body.write(collector)
        return Answer(
            status: response.status.code, fields: response.headers, bytes: collector.bytes.withLock { $0 })
    }
}

/// Keeps what is written to a body.
private final class BodyCollector: ResponseBodyWriter, Sendable {
    let bytes = Mutex<[UInt8]>([])

    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
