import ApusClient

/// What the examples of the documentation speak of and do not make themselves.
struct ExampleContext {
    struct JobQueue: Sendable {
        var count = 0
        var doneCount = 0
        var counts: [String: Int] = [:]
    }

    struct Request {
        var headers: [String: String] = [:]
    }

    enum Phase: String, CaseIterable, Sendable { case starting, ready, draining }

    let registry = MetricRegistry()
    let libraryRegistry = MetricRegistry()
    let requests: MetricFamily<Counter, 2>
    let served: Counter
    let latency: Histogram
    let latencyByCode: MetricFamily<Histogram, 1>
    let lastRunSeconds: Gauge
    let durations: Summary
    let phase: StateSet<Phase>
    let queue = JobQueue()
    let request = Request()
    let line = "200 get"

    func render() -> String { "" }
    func load() async throws -> String { "" }
    func handle(_: Request) async throws -> String { "" }
    func rebuildIndex() {}
    @discardableResult func serve() -> String { "200" }
    func readLoad() -> Double { 0 }
}
