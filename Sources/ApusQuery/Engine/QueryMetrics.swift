package import ApusClient

/// What the engine tells of itself, under the names that dashboards of the peers use.
package struct QueryMetrics: Sendable {
    let queries: Gauge
    let samples: Counter
    let samplesRead: Counter
    let durations: MetricFamily<Histogram, 1>

    /// Registers the engine's metrics.
    ///
    /// - Throws: when the registry has metrics of these names already.
    package init(registry: MetricRegistry, limits: QueryLimits) throws(MetricError) {
        queries = try registry.gauge(
            "prometheus_engine_queries", help: "The current number of queries being executed or waiting.")
        let limit = try registry.gauge(
            "prometheus_engine_queries_concurrent_max", help: "The max number of concurrent queries.")
        limit.set(limits.maxConcurrency)
        samples = try registry.counter(
            "prometheus_engine_query_samples_total", help: "The total number of samples loaded by all queries.")
        samplesRead = try registry.counter(
            "prometheus_engine_query_samples_read_total", help: "The total number of samples read from storage.")
        let log = try registry.gauge(
            "prometheus_engine_query_log_enabled", help: "State of the query log.")
        log.set(0)
        _ = try registry.counter(
            "prometheus_engine_query_log_failures_total", help: "The number of query log failures.")
        durations = try registry.histogram(
            "prometheus_engine_query_duration_seconds", help: "Query timings",
            buckets: .exponential(start: 0.0001, factor: 4, count: 12), labels: ["slice"])
    }

    /// Counts a query that has ended.
    func record(_ statistics: QueryStatistics) {
        samples.increment(by: statistics.samplesRead)
        samplesRead.increment(by: statistics.samplesRead)
        durations["queue_time"].observe(Double(statistics.queueNanoseconds) / 1e9)
        durations["prepare_time"].observe(Double(statistics.preparationNanoseconds) / 1e9)
        durations["inner_eval"].observe(Double(statistics.evaluationNanoseconds) / 1e9)
        durations["result_sort"].observe(Double(statistics.sortNanoseconds) / 1e9)
    }
}
