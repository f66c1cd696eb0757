package import ApusClient

/// The metrics of discovery, under the names that dashboards and alerts of Prometheus rely on.
package struct DiscoveryMetrics: Sendable {
    let discoveredTargets: MetricFamily<Gauge, 2>
    let failedConfigurations: MetricFamily<Gauge, 1>
    let receivedUpdates: MetricFamily<Counter, 1>
    let delayedUpdates: MetricFamily<Counter, 1>
    let updates: MetricFamily<Counter, 1>
    let refreshFailures: MetricFamily<Counter, 1>
    let refreshDuration: MetricFamily<Histogram, 1>
    let fileReadErrors: Counter
    let fileTimestamps: MetricFamily<Gauge, 1>
    let dnsLookups: Counter
    let dnsLookupFailures: Counter

    /// Registers the metrics.
    ///
    /// - Throws: when the registry has one of the names already.
    package init(registry: MetricRegistry) throws(MetricError) {
        let manager: [1 of String] = ["name"]
        let mechanism: [1 of String] = ["mechanism"]
        discoveredTargets = try registry.gauge(
            "prometheus_sd_discovered_targets", help: "Current number of discovered targets.",
            labels: ["name", "config"])
        failedConfigurations = try registry.gauge(
            "prometheus_sd_failed_configs",
            help: "Current number of service discovery configurations that failed to load.",
            labels: manager)
        receivedUpdates = try registry.counter(
            "prometheus_sd_received_updates_total",
            help: "Total number of update events received from the SD providers.", labels: manager)
        delayedUpdates = try registry.counter(
            "prometheus_sd_updates_delayed_total",
            help: "Total number of update events that couldn't be sent immediately.", labels: manager)
        updates = try registry.counter(
            "prometheus_sd_updates_total", help: "Total number of update events sent to the SD consumers.",
            labels: manager)
        refreshFailures = try registry.counter(
            "prometheus_sd_refresh_failures_total", help: "Number of refresh failures for the given SD mechanism.",
            labels: mechanism)
        refreshDuration = try registry.histogram(
            "prometheus_sd_refresh_duration_seconds",
            help: "The duration of a refresh in seconds for the given SD mechanism.",
            buckets: [0.001, 0.01, 0.1, 1, 10], labels: mechanism)
        fileReadErrors = try registry.counter(
            "prometheus_sd_file_read_errors_total", help: "The number of File-SD read errors.")
        fileTimestamps = try registry.gauge(
            "prometheus_sd_file_mtime_seconds",
            help: "Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.", labels: ["filename"])
        dnsLookups = try registry.counter(
            "prometheus_sd_dns_lookups_total", help: "The number of DNS-SD lookups.")
        dnsLookupFailures = try registry.counter(
            "prometheus_sd_dns_lookup_failures_total", help: "The number of DNS-SD lookup failures.")
    }

    /// Counts one round of questions.
    func observeRefresh(_ mechanism: String, _ duration: Duration, failed: Bool) {
        refreshDuration[mechanism].observe(duration / .seconds(1))
        if failed { refreshFailures[mechanism].increment() }
    }
}
