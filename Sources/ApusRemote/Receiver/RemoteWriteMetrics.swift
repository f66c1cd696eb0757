import ApusClient

/// The receiver's own metrics.
struct RemoteWriteMetrics: Sendable {
    let requests: MetricFamily<Counter, 1>
    let samples: Counter
    let histograms: Counter
    let exemplars: Counter
    let metadata: Counter
    let invalidMetadata: Counter
    let refused: MetricFamily<Counter, 1>
    let invalidLabels: Counter
    let resolvedSeries: Counter
    let cacheBytes: Gauge
    let duration: Histogram

    init(registry: MetricRegistry) throws(MetricError) {
        requests = try registry.counter(
            "apus_remote_write_requests_total", help: "Remote-write requests received, by the status of the answer.",
            labels: ["code"])
        samples = try registry.counter(
            "apus_remote_write_samples_total", help: "Samples stored from remote-write requests, histograms left out.")
        histograms = try registry.counter(
            "apus_remote_write_histograms_total", help: "Native histograms stored from remote-write requests.")
        exemplars = try registry.counter(
            "apus_remote_write_exemplars_total", help: "Exemplars handed to the store from remote-write requests.")
        metadata = try registry.counter(
            "apus_remote_write_metadata_total",
            help: "Metric families whose type, help or unit came new or changed with remote-write requests.")
        invalidMetadata = try registry.counter(
            "apus_remote_write_invalid_metadata_total",
            help: "Metadata of remote-write requests left out: no name, or text that is no UTF-8 or not there.")
        refused = try registry.counter(
            "apus_remote_write_refused_samples_total",
            help: "Samples, histograms and exemplars of remote-write requests that were not stored, by reason.",
            labels: ["reason"])
        invalidLabels = try registry.counter(
            "prometheus_api_remote_write_invalid_labels_samples_total",
            help: "The total number of received remote write samples and histogram samples which were rejected due to "
                + "invalid labels.")
        resolvedSeries = try registry.counter(
            "apus_remote_write_series_resolved_total",
            help: "Series of remote-write requests whose labels had to be read, because the cache did not know them.")
        cacheBytes = try registry.gauge(
            "apus_remote_write_series_cache_bytes",
            help: "Memory of the cache that finds series by their labels' bytes.")
        duration = try registry.histogram(
            "apus_remote_write_request_duration_seconds", help: "Time from a received body to the stored samples.")
    }
}
