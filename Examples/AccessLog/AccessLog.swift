import ApusClient
import ApusClientHummingbird
import ExampleSupport
import Hummingbird
import Logging

/// Counts the accesses that other services report.
///
/// - `POST /access-log` with `{"clientIp": "…"}` logs an access.
/// - `GET /stats` tells how many there were.
/// - `GET /metrics` has the metrics; all of them tell by `hostname` which replica they are from.
@main
struct AccessLog {
    static func main() async throws {
        await HealthCheck.runIfAsked()
        let registry = try MetricRegistry(constantLabels: ["hostname": ServiceSettings.hostname])
        let logger = try ServiceSettings.instrument("access-log", registry: registry)
        let router = Router()
        try addRoutes(to: router, registry: registry, logger: logger)
        try addDashboardNames(to: registry)
        router.metrics(of: registry)
        try await ServiceSettings.serve(router, logger: logger)
    }

    private static func addRoutes(
        to router: Router<BasicRequestContext>, registry: MetricRegistry, logger: Logger
    ) throws {
        let addresses = AddressBook()
        let requests = try registry.counter("access_log_total", help: "Access Log - total log requests")
        try registry.gauge("access_client_ip_current", help: "Access Log - current unique IP addresses") {
            Double(addresses.count)
        }

        router.post("/access-log") { request, context -> EditedResponse<String> in
            let access = try await request.decode(as: Access.self, context: context)
            guard access.clientIp.utf8.count <= AddressBook.longestAddress else {
                throw HTTPError(.badRequest, message: "clientIp is too long to be an address")
            }
            logger.info("Access log, client IP: \(access.clientIp)")
            requests.increment()
            addresses.note(access.clientIp)
            return EditedResponse(status: .created, response: "Created")
        }
        router.get("/stats") { _, _ in
            Statistics(logs: Int(requests.value))
        }
    }

    /// Names on the chapter's dashboard that are those of another runtime.
    private static func addDashboardNames(to registry: MetricRegistry) throws {
        try registry.gauge(
            "nodejs_external_memory_bytes",
            help: "Anonymous memory of this Swift process, named as on the chapter's dashboard.",
            read: { ProcessFacts.anonymousBytes })
        try registry.gauge(
            "nodejs_active_handles",
            help: "Open sockets of this Swift process, named as on the chapter's dashboard.",
            constantLabels: ["type": "Socket"],
            read: { ProcessFacts.sockets })
    }
}

/// What another service reports.
private struct Access: Decodable {
    var clientIp: String
}

/// The answer of `/stats`.
private struct Statistics: ResponseEncodable {
    var logs: Int
}
