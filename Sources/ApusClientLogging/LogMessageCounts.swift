public import ApusClient

/// Counts log messages by level and by the label of the logger, as `log_messages_total{level,label}`.
///
/// ```swift
/// let counts = try LogMessageCounts(registry: registry)
/// LoggingSystem.bootstrap { label in
///     CountingLogHandler(StreamLogHandler.standardError(label: label), label: label, counts: counts)
/// }
/// ```
public struct LogMessageCounts: Sendable {
    let messages: MetricFamily<Counter, 2>

    /// Registers the counter.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public init(registry: MetricRegistry, name: String = "log_messages_total") throws(MetricError) {
        messages = try registry.counter(name, help: "Log messages that were written.", labels: ["level", "label"])
    }
}
