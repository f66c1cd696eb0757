import ApusClient
import ApusClientHummingbird
import ApusClientLogging
import ApusClientMetrics
import CoreMetrics
import Hummingbird
import Logging

/// A service that is instrumented in every way, for tests that scrape it with other programs.
///
/// `ClientService PORT`: `/metrics` has the metrics, `/work/{name}` makes some.
@main
struct ClientService {
    enum Phase: String, CaseIterable, Sendable {
        case starting, ready, draining
    }

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8_080
        let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"], exposesCreatedSamples: true)
        let counts = try LogMessageCounts(registry: registry)
        LoggingSystem.bootstrap { label in
            CountingLogHandler(StreamLogHandler.standardError(label: label), label: label, counts: counts)
        }
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry: registry))
        try registry.register(ProcessCollector())
        try registry.register(RuntimeCollector())
        let router = Router()
        router.add(middleware: try RequestMetrics(registry: registry))
        router.metrics(of: registry)
        try addWork(to: router, registry: registry)
        let logger = Logger(label: "service")
        logger.notice("listening", metadata: ["port": "\(port)"])
        try await Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger
        ).run()
    }

    private static func addWork(to router: Router<BasicRequestContext>, registry: MetricRegistry) throws {
        let done = try registry.counter("work_done_total", help: "Work that was done.", labels: ["name"])
        let classic = try registry.histogram("work_seconds", help: "Time of work.", unit: "seconds")
        let native = try registry.histogram("work_cost", help: "Cost of work.", native: NativeBuckets())
        let both = try registry.histogram("work_weight", help: "Weight.", buckets: [1, 10], native: NativeBuckets())
        let summary = try registry.summary("work_length", help: "Length of work.", quantiles: [0.5, 0.99])
        let phase = try registry.stateSet("service_phase", help: "What the service does.", of: Phase.self)
        let level = try registry.untyped("old_level", help: "A level.")
        let dotted = try registry.gauge("queue.depth", help: "Depth of the \"queue\".", labels: ["queue.name"])
        try registry.info("service_build_info", help: "What runs.", ["version": "1.2.3"])
        phase.set(.ready)
        level.set(2.5)
        dotted["a\\b\"c\nd"].set(4)
        router.get("/work/{name}") { _, context -> String in
            let name = try context.parameters.require("name")
            done[name].increment(exemplar: ["trace_id": "4bf92f3577b34da6"])
            for (index, instrument) in ([classic, native, both, summary] as [any Observing]).enumerated() {
                instrument.observe(Double(name.utf8.count) * 0.1 + Double(index))
            }
            classic.observe(0.3, exemplar: ["trace_id": "a3ce929d0e0e4736"])
            CoreMetrics.Counter(label: "library.calls", dimensions: [("call", name)]).increment()
            return "done"
        }
    }
}
