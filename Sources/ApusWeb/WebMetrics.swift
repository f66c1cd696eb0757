package import ApusClient

/// What the web server says of itself, under the names that existing dashboards know.
package struct WebMetrics: Sendable {
    /// The instruments of one route, looked up once.
    struct RouteInstruments: Sendable {
        let name: String
        let succeeded: Counter
        let duration: Histogram
        let size: Histogram
    }

    private let requests: MetricFamily<Counter, 2>
    private let durations: MetricFamily<Histogram, 1>
    private let sizes: MetricFamily<Histogram, 1>

    /// Registers the metrics.
    package init(_ registry: MetricRegistry) throws(MetricError) {
        requests = try registry.counter(
            "prometheus_http_requests_total", help: "HTTP requests answered.", labels: ["code", "handler"])
        durations = try registry.histogram(
            "prometheus_http_request_duration_seconds",
            help: "Time from a request's head to the end of its answer.",
            buckets: [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120], labels: ["handler"])
        sizes = try registry.histogram(
            "prometheus_http_response_size_bytes", help: "Size of answers as sent, without headers.",
            buckets: .exponential(start: 100, factor: 10, count: 9), labels: ["handler"])
    }

    /// The instruments of the route `name`.
    func instruments(_ name: String) -> RouteInstruments {
        RouteInstruments(
            name: name, succeeded: requests["200", name], duration: durations[name], size: sizes[name])
    }

    /// Counts an answer that was sent.
    func record(_ instruments: RouteInstruments, code: Int, duration: Duration, size: Int) {
        if code == 200 {
            instruments.succeeded.increment()
        } else {
            requests[String(code), instruments.name].increment()
        }
        instruments.duration.observe(duration)
        instruments.size.observe(Double(size))
    }
}
