import ApusClient
import HTTPTypes

/// The instruments of the middleware.
struct RequestInstruments: Sendable {
    /// What is known of a request when it has been answered.
    struct Outcome {
        var code: Int
        var method: HTTPRequest.Method
        var route: String?
        var duration: Duration
        var requestSize: Int?
        var responseSize: Int
    }

    let inFlight: Gauge?
    private let labels: [RequestLabel]
    private let requests: RuntimeFamily<Counter>?
    private let duration: RuntimeFamily<Histogram>?
    private let requestSize: RuntimeFamily<Histogram>?
    private let responseSize: RuntimeFamily<Histogram>?

    init(
        registry: MetricRegistry, names: RequestMetricNames, labels: [RequestLabel], buckets: HistogramBuckets
    ) throws(MetricError) {
        self.labels = labels
        func descriptor(_ kind: MetricDescriptor.Kind, _ name: MetricName, _ help: String) -> MetricDescriptor {
            MetricDescriptor(kind, name.name, help: name.help ?? help, labelNames: labels.map(\.rawValue))
        }
        requests =
            if let name = names.requests {
                try registry.runtimeCounters(descriptor(.counter, name, "HTTP requests answered."))
            } else {
                nil
            }
        inFlight =
            if let name = names.inFlight {
                try registry.gauge(name.name, help: name.help ?? "HTTP requests being answered.")
            } else {
                nil
            }
        duration =
            if let name = names.duration {
                try registry.runtimeHistograms(
                    descriptor(.histogram, name, "Time until the answer was written."), buckets: buckets)
            } else {
                nil
            }
        let sizes = HistogramBuckets.exponential(start: 256, factor: 4, count: 10)
        requestSize =
            if let name = names.requestSize {
                try registry.runtimeHistograms(
                    descriptor(.histogram, name, "Size of the bodies of HTTP requests."), buckets: sizes)
            } else {
                nil
            }
        responseSize =
            if let name = names.responseSize {
                try registry.runtimeHistograms(
                    descriptor(.histogram, name, "Size of the bodies of HTTP answers."), buckets: sizes)
            } else {
                nil
            }
    }

    /// Counts an answered request.
    func record(_ outcome: Outcome) {
        let values = labels.map { label in
            switch label {
            case .code: String(outcome.code)
            case .method: Self.name(of: outcome.method)
            case .route: outcome.route ?? "NotFound"
            }
        }
        requests?.child(values)?.increment()
        duration?.child(values)?.observe(outcome.duration)
        if let size = outcome.requestSize { requestSize?.child(values)?.observe(Double(size)) }
        responseSize?.child(values)?.observe(Double(outcome.responseSize))
    }

    /// Source: the Go client library; methods that clients invent must not make series.
    private static let methods: Set<String> = [
        "get", "put", "head", "post", "delete", "connect", "options", "notify", "trace", "patch",
    ]

    private static func name(of method: HTTPRequest.Method) -> String {
        let name = method.rawValue.lowercased()
        return methods.contains(name) ? name : "unknown"
    }
}
