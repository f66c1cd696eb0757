package import ApusClient
package import ApusExporters
package import ApusInterchange
package import ApusModel
package import ApusRemote
package import ApusStorage

/// Where the web server takes its answers from.
///
/// The closures are called for each request, from any thread.
package struct WebSources: Sendable {
    /// Evaluates queries.
    package var queries: any QueryService
    /// Holds the series.
    package var storage: any Queryable
    /// Keeps exemplars; `nil` where none are kept.
    package var exemplars: (any ExemplarQueryable)?
    /// What deletes series and makes snapshots (`--web.enable-admin-api`); `nil` where that is refused.
    package var administration: (any StorageAdministration)?
    /// Takes samples from others (`--web.enable-remote-write-receiver`); `nil` where they are refused.
    package var remoteWrite: RemoteWriteReceiver?
    /// Knows the targets.
    package var targets: any TargetStatusSource
    /// The metrics of the program itself; the server adds its own.
    package var registry: MetricRegistry
    /// What answers below `/metrics/`.
    package var exporters: [any MetricsExporter] = []
    /// Knows of containers; `nil` where they are not watched.
    package var containers: ContainerSources?
    /// What the program is.
    package var build: BuildInformation
    /// The flags the program was started with, by name, defaults included.
    package var flags: [(name: String, value: String)] = []
    /// Tells the time where a request names none.
    package var clock: any WallClock = SystemWallClock()
    /// Whether stored data can be queried.
    package var isReady: @Sendable () -> Bool = { true }
    /// How the program is.
    package var runtime: @Sendable () -> RuntimeStatus
    /// The configuration in force as YAML, secrets hidden.
    package var configuration: @Sendable () -> String
    /// What the store holds, with the lists that are asked for; called on a thread that may block.
    package var storageStatus: @Sendable (_ request: CardinalityRequest) throws(QueryableError) -> StorageStatus
    /// The blocks, with lists of those that are named, or of the newest; called on a thread that may block.
    package var blockStatus:
        @Sendable (_ request: CardinalityRequest, _ identifiers: Set<String>?) throws(QueryableError) -> [BlockStatus] =
            { _, _ in [] }
    /// What the store remembers of a metric family, or of all: asked for families that no target has.
    package var storedMetadata: @Sendable (_ family: String?) -> [(family: String, metadata: MetricMetadata)] = { _ in
        []
    }
    /// Takes old samples (`--web.enable-admin-api`); `nil` where they are refused.
    package var backfill: Backfill?
    /// How far the log was read again.
    package var replay: @Sendable () -> ReplayProgress = { ReplayProgress() }
    /// Reads the configuration again; the error's text is shown to the caller.
    package var reload: @Sendable () async throws -> Void
    /// Begins to end the program; returns at once.
    package var quit: @Sendable () -> Void

    /// Sources; what has a default can be set afterwards.
    package init(
        queries: any QueryService,
        storage: any Queryable,
        targets: any TargetStatusSource,
        registry: MetricRegistry,
        build: BuildInformation,
        runtime: @escaping @Sendable () -> RuntimeStatus,
        configuration: @escaping @Sendable () -> String,
        storageStatus:
            @escaping @Sendable (_ request: CardinalityRequest) throws(QueryableError) -> StorageStatus,
        reload: @escaping @Sendable () async throws -> Void,
        quit: @escaping @Sendable () -> Void
    ) {
        self.queries = queries
        self.storage = storage
        self.targets = targets
        self.registry = registry
        self.build = build
        self.runtime = runtime
        self.configuration = configuration
        self.storageStatus = storageStatus
        self.reload = reload
        self.quit = quit
    }
}
