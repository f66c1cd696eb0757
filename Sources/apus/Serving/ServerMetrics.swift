import ApusClient

/// What the program says of itself as a whole; each module adds its own metrics.
struct ServerMetrics {
    /// 1 when the last reading of the configuration succeeded.
    let lastReloadSucceeded: Gauge
    /// When the configuration was last read successfully, in seconds since the epoch.
    let lastReloadTime: Gauge
    /// 1 once stored data can be queried.
    let isReady: Gauge

    init(registry: MetricRegistry) throws(MetricError) {
        lastReloadSucceeded = try registry.gauge(
            "prometheus_config_last_reload_successful",
            help: "Whether the last configuration reload attempt was successful.")
        lastReloadTime = try registry.gauge(
            "prometheus_config_last_reload_success_timestamp_seconds",
            help: "Timestamp of the last successful configuration reload.", unit: "seconds")
        isReady = try registry.gauge("prometheus_ready", help: "Whether the server is ready to answer queries.")
        try registry.register(ProcessCollector())
        try registry.register(BuildCollector())
    }
}

/// The build's facts as series with the value 1, under our name and under the one that existing dashboards ask for.
private struct BuildCollector: Collector {
    let families = ["apus_build_info", "prometheus_build_info"].map { name in
        MetricDescriptor(
            .gauge, name, help: "What this program is; the value is always 1.",
            labelNames: ["version", "revision", "branch", "goversion"])
    }

    func collect(into samples: inout CollectedSamples) throws(MetricError) {
        for family in families {
            try samples.append(1, labels: [BuildFacts.version, "", "", BuildFacts.compiler], to: family)
        }
    }
}
