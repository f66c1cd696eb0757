package import ApusExporters

/// What is known of the container engine and of its own metrics.
package struct ContainersStatus: Sendable {
    /// Where the engine's API is.
    package var address: String
    /// How it stands with the engine.
    package var engine: EngineStatus
    /// Whether the engine's own metrics answer.
    package var exposesMetrics: Bool
    /// What to write so that the engine exposes metrics of its own.
    package var hint: EngineMetricsHint

    /// A status of the given parts.
    package init(address: String, engine: EngineStatus, exposesMetrics: Bool, hint: EngineMetricsHint) {
        self.address = address
        self.engine = engine
        self.exposesMetrics = exposesMetrics
        self.hint = hint
    }
}

/// Where the web server learns of containers.
package struct ContainerSources: Sendable {
    /// How it is now; called on a thread that may block.
    package var status: @Sendable () -> ContainersStatus
    /// What happened.
    package var log: ContainerEventLog

    /// Sources of the given parts.
    package init(log: ContainerEventLog, status: @escaping @Sendable () -> ContainersStatus) {
        self.log = log
        self.status = status
    }
}
