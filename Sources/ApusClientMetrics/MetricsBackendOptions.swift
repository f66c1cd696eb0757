public import ApusClient

/// How instruments of swift-metrics become metrics of a registry.
///
/// ```swift
/// let options = MetricsBackendOptions(timerBuckets: [0.01, 0.1, 1], addsSuffixes: false)
/// ```
public struct MetricsBackendOptions: Sendable {
    /// The buckets of timers, in seconds; `nil` for native buckets only.
    public var timerBuckets: HistogramBuckets?
    /// The buckets of recorders that aggregate; `nil` for native buckets only.
    public var recorderBuckets: HistogramBuckets?
    /// How timers and recorders are cut natively; `nil` for classic buckets only.
    public var native: NativeBuckets?
    /// Whether counters get `_total` and timers `_seconds` at the end of their names, where they have not got it.
    public var addsSuffixes: Bool
    /// Whether characters that older servers do not take in names become underscores.
    ///
    /// Otherwise a name such as `http.server.requests` stays as it is, for scrapers that ask for it so.
    public var replacesCharacters: Bool

    /// Options with the given properties.
    public init(
        timerBuckets: HistogramBuckets? = .latency,
        recorderBuckets: HistogramBuckets? = .exponential(start: 1, factor: 4, count: 12),
        native: NativeBuckets? = nil,
        addsSuffixes: Bool = true,
        replacesCharacters: Bool = true
    ) {
        self.timerBuckets = timerBuckets
        self.recorderBuckets = recorderBuckets
        self.native = native
        self.addsSuffixes = addsSuffixes
        self.replacesCharacters = replacesCharacters
    }
}
