/// A metric's name and help text.
///
/// ```swift
/// let name = MetricName("image_gallery_requests_total", help: "Image Gallery - total requests")
/// ```
public struct MetricName: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name.
    public var name: String
    /// One sentence on what is measured; `nil` for the one that the middleware knows.
    public var help: String?

    /// A name with a help text.
    public init(_ name: String, help: String? = nil) {
        self.name = name
        self.help = help
    }

    /// A name with the help text that the middleware knows.
    public init(stringLiteral name: String) {
        self.init(name)
    }
}

/// What the metrics of requests are called; `nil` leaves a metric out.
///
/// ```swift
/// let names = RequestMetricNames(
///     requests: MetricName("image_gallery_requests_total", help: "Image Gallery - total requests"),
///     inFlight: "image_gallery_in_flight_requests", duration: nil, requestSize: nil, responseSize: nil)
/// ```
public struct RequestMetricNames: Sendable, Hashable {
    /// The counter of requests.
    public var requests: MetricName?
    /// The gauge of requests that are being answered.
    public var inFlight: MetricName?
    /// The histogram of the time until an answer was written, in seconds.
    public var duration: MetricName?
    /// The histogram of the size of requests' bodies as announced, in bytes.
    public var requestSize: MetricName?
    /// The histogram of the size of answers' bodies as written, in bytes.
    public var responseSize: MetricName?

    /// Names of metrics.
    public init(
        requests: MetricName? = "http_requests_total",
        inFlight: MetricName? = "http_requests_in_flight",
        duration: MetricName? = "http_request_duration_seconds",
        requestSize: MetricName? = "http_request_size_bytes",
        responseSize: MetricName? = "http_response_size_bytes"
    ) {
        self.requests = requests
        self.inFlight = inFlight
        self.duration = duration
        self.requestSize = requestSize
        self.responseSize = responseSize
    }
}

/// What tells the series of requests apart.
///
/// ```swift
/// let labels: [RequestLabel] = [.code, .method]
/// ```
public enum RequestLabel: String, Sendable, Hashable, CaseIterable {
    /// The status of the answer, such as `200`.
    case code
    /// The method in lower case, such as `get`; `unknown` for one that HTTP does not define.
    case method
    /// The template of the route, such as `/users/{id}`; `NotFound` for a path without one.
    case route
}
