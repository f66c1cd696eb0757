package import ApusClient

/// The scraper's own metrics, under the names that dashboards and alerts of Prometheus rely on.
package struct ScrapeMetrics: Sendable {
    let intervalLength: MetricFamily<Histogram, 1>
    let syncLength: MetricFamily<Histogram, 1>
    let syncFailures: MetricFamily<Counter, 1>
    let poolTargets: MetricFamily<Gauge, 1>
    let poolTargetLimit: MetricFamily<Gauge, 1>
    let poolSyncs: MetricFamily<Counter, 1>
    let poolsTotal: Counter
    let poolReloads: Counter
    let poolReloadsFailed: Counter
    let exceededTargetLimit: Counter
    let exceededLabelLimits: Counter
    let exceededSampleLimit: Counter
    let exceededBodySizeLimit: Counter
    let exceededBucketLimit: Counter
    let duplicateTimestamps: Counter
    let outOfOrder: Counter
    let outOfBounds: Counter
    let invalidHistograms: Counter
    let refusedSeriesSamples: Counter
    let metadataEntries: MetricFamily<Gauge, 1>
    let samples: Counter
    let skippedScrapes: Counter
    let failedScrapes: Counter
    let duration: Histogram

    /// Registers the metrics.
    ///
    /// - Throws: when the registry has one of the names already.
    package init(registry: MetricRegistry) throws(MetricError) {
        let job: [1 of String] = ["scrape_job"]
        // A histogram where Prometheus has a summary: `_sum` and `_count`, which dashboards use, are the same.
        intervalLength = try registry.histogram(
            "prometheus_target_interval_length_seconds", help: "Actual intervals between scrapes.",
            buckets: [1, 5, 10, 15, 20, 30, 60, 120, 300], labels: ["interval"])
        syncLength = try registry.histogram(
            "prometheus_target_sync_length_seconds", help: "Actual interval to sync the scrape pool.",
            buckets: [0.001, 0.01, 0.1, 1, 10], labels: job)
        syncFailures = try registry.counter(
            "prometheus_target_sync_failed_total", help: "Total number of target sync failures.", labels: job)
        poolTargets = try registry.gauge(
            "prometheus_target_scrape_pool_targets", help: "Current number of targets in this scrape pool.",
            labels: job)
        poolTargetLimit = try registry.gauge(
            "prometheus_target_scrape_pool_target_limit",
            help: "Maximum number of targets allowed in this scrape pool.", labels: job)
        poolSyncs = try registry.counter(
            "prometheus_target_scrape_pool_sync_total",
            help: "Total number of syncs that were executed on a scrape pool.", labels: job)
        poolsTotal = try registry.counter(
            "prometheus_target_scrape_pools_total", help: "Total number of scrape pool creation attempts.")
        poolReloads = try registry.counter(
            "prometheus_target_scrape_pool_reloads_total", help: "Total number of scrape pool reloads.")
        poolReloadsFailed = try registry.counter(
            "prometheus_target_scrape_pool_reloads_failed_total",
            help: "Total number of failed scrape pool reloads.")
        exceededTargetLimit = try registry.counter(
            "prometheus_target_scrape_pool_exceeded_target_limit_total",
            help: "Total number of times scrape pools hit the target limit, during sync or config reload.")
        exceededLabelLimits = try registry.counter(
            "prometheus_target_scrape_pool_exceeded_label_limits_total",
            help: "Total number of times scrape pools hit the label limits, during sync or config reload.")
        exceededSampleLimit = try registry.counter(
            "prometheus_target_scrapes_exceeded_sample_limit_total",
            help: "Total number of scrapes that hit the sample limit and were rejected.")
        exceededBodySizeLimit = try registry.counter(
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
            help: "Total number of scrapes that hit the body size limit.")
        exceededBucketLimit = try registry.counter(
            "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
            help: "Total number of scrapes that hit the native histogram bucket limit and were rejected.")
        duplicateTimestamps = try registry.counter(
            "prometheus_target_scrapes_sample_duplicate_timestamp_total",
            help: "Total number of samples rejected due to duplicate timestamps but different values.")
        outOfOrder = try registry.counter(
            "prometheus_target_scrapes_sample_out_of_order_total",
            help: "Total number of samples rejected due to not being out of the expected order.")
        outOfBounds = try registry.counter(
            "prometheus_target_scrapes_sample_out_of_bounds_total",
            help: "Total number of samples rejected due to timestamp falling outside of the time bounds.")
        invalidHistograms = try registry.counter(
            "apus_scrape_invalid_histograms_total",
            help: "Native histograms of scrapes that were rejected because they contradict themselves.")
        refusedSeriesSamples = try registry.counter(
            "apus_scrape_refused_series_samples_total",
            help: "Samples of scrapes that were not stored because a limit of the store refused their series.")
        metadataEntries = try registry.gauge(
            "prometheus_target_metadata_cache_entries",
            help: "Total number of metric metadata entries in the cache.", labels: job)
        samples = try registry.counter("apus_scrape_samples_total", help: "Samples stored by scrapes.")
        skippedScrapes = try registry.counter(
            "apus_scrapes_skipped_total",
            help: "Planned scrapes that did not take place, because the one before took too long or the clock jumped.")
        failedScrapes = try registry.counter("apus_scrapes_failed_total", help: "Scrapes after which up was 0.")
        duration = try registry.histogram(
            "apus_scrape_duration_seconds", help: "Time of a scrape, from the request to the stored samples.")
    }
}
