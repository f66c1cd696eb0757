import ApusClient
package import ApusConfig

/// Finds the targets that files name, and follows changes of the files.
///
/// Files are compared by inode, size and time every two seconds, which sees every change that a watch would see and
/// works on any file system; at each refresh interval they are read again whatever they look like.
package struct FileDiscoverer: Discoverer {
    /// Milliseconds between two looks.
    private static let lookInterval: Int64 = 2_000

    private let configuration: FileDiscoveryConfiguration
    private let metrics: DiscoveryMetrics
    private let sleep: DiscoverySleep
    private let limits: YAMLLimits

    /// A discoverer of `configuration`.
    package init(
        _ configuration: FileDiscoveryConfiguration, metrics: DiscoveryMetrics, limits: YAMLLimits = .standard,
        sleep: @escaping DiscoverySleep = sleepOnContinuousClock
    ) {
        self.configuration = configuration
        self.metrics = metrics
        self.limits = limits
        self.sleep = sleep
    }

    package func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async {
        let queue = BlockingQueue(label: "apus.file-discovery")
        var watch = FileWatch(patterns: configuration.patterns, limits: limits)
        let interval = min(Self.lookInterval, configuration.refreshInterval)
        var untilRefresh = configuration.refreshInterval
        while !Task.isCancelled {
            let readsAll = untilRefresh <= 0
            if readsAll { untilRefresh = configuration.refreshInterval }
            let (looked, findings) = await queue.run { [watch] in
                var watch = watch
                let findings = watch.look(readsAll: readsAll)
                return (watch, findings)
            }
            watch = looked
            for failure in findings.failures {
                metrics.fileReadErrors.increment()
                await report(.failure(failure))
            }
            for (path, time) in watch.timestamps { metrics.fileTimestamps[path].set(time) }
            if findings.hasChanged { await report(.groups(watch.groups)) }
            do {
                try await sleep(interval)
            } catch {
                return
            }
            untilRefresh -= interval
        }
    }
}
