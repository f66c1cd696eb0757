import ApusBytes
import ApusClient

/// What the engine tells of itself, under the names that dashboards of the peers use.
struct QueryMetrics: Sendable {
    private let samples: Counter
    private let samplesRead: Counter
    private let slow: Counter
    private let failures: MetricFamily<Counter, 1>
    private let refused: Counter
    private let durations: MetricFamily<Histogram, 1>

    /// Registers the engine's metrics.
    ///
    /// - Throws: when the registry has metrics of these names already.
    init(
        registry: MetricRegistry, limits: QueryLimits, queries: QueryRegistry, memory: ByteBudget, log: QueryLog
    ) throws(MetricError) {
        try registry.gauge(
            "prometheus_engine_queries", help: "The current number of queries being executed or waiting."
        ) { Double(queries.count) }
        let limit = try registry.gauge(
            "prometheus_engine_queries_concurrent_max", help: "The max number of concurrent queries.")
        limit.set(limits.maxConcurrency)
        samples = try registry.counter(
            "prometheus_engine_query_samples_total", help: "The total number of samples loaded by all queries.")
        samplesRead = try registry.counter(
            "prometheus_engine_query_samples_read_total", help: "The total number of samples read from storage.")
        try registry.gauge("prometheus_engine_query_log_enabled", help: "State of the query log.") {
            log.isEnabled ? 1 : 0
        }
        try registry.counter(
            "prometheus_engine_query_log_failures_total", help: "The number of query log failures."
        ) { Double(log.failureCount) }
        durations = try registry.histogram(
            "prometheus_engine_query_duration_seconds", help: "Query timings",
            buckets: .exponential(start: 0.0001, factor: 4, count: 12), labels: ["slice"])
        try registry.gauge("apus_query_memory_bytes", help: "Bytes held by all running queries.") {
            Double(memory.heldBytes)
        }
        let memoryLimit = try registry.gauge(
            "apus_query_memory_limit_bytes", help: "Bytes that all running queries may hold.")
        memoryLimit.set(limits.maxTotalMemory)
        slow = try registry.counter(
            "apus_query_slow_total", help: "Queries that took the slow threshold or longer.")
        refused = try registry.counter(
            "apus_query_refused_total", help: "Queries refused because too many waited already.")
        failures = try registry.counter(
            "apus_query_failures_total", help: "Queries that failed, by kind of error.", labels: ["reason"])
    }

    /// Counts a query that has ended.
    func record(_ statistics: QueryStatistics, isSlow: Bool, failure: QueryError?) {
        samples.increment(by: statistics.queryableSamples)
        samplesRead.increment(by: statistics.samplesRead)
        if isSlow { slow.increment() }
        if let failure { failures[failure.reason].increment() }
        durations["queue_time"].observe(Double(statistics.queueNanoseconds) / 1e9)
        durations["prepare_time"].observe(Double(statistics.preparationNanoseconds) / 1e9)
        durations["inner_eval"].observe(Double(statistics.evaluationNanoseconds) / 1e9)
        durations["result_sort"].observe(Double(statistics.sortNanoseconds) / 1e9)
    }

    /// Counts a query that never began.
    func record(unstarted failure: QueryError) {
        if case .tooBusy = failure { refused.increment() }
        failures[failure.reason].increment()
    }
}

extension QueryError {
    /// A word for the kind of error, as a label's value.
    fileprivate var reason: String {
        switch self {
        case .parse: "parse"
        case .badData: "bad_data"
        case .execution: "execution"
        case .timeout: "timeout"
        case .cancelled: "canceled"
        case .tooBusy: "too_busy"
        case .storage: "storage"
        }
    }
}
