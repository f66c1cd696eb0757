import ApusDiscovery
import ApusExporters
import ApusHTTP
import ApusWeb
import Logging
import ServiceLifecycle

/// What follows one container engine, and the exporter that tells of its containers.
struct ContainerWatch: Sendable {
    /// Where an engine exposes its own metrics when it is told to as the hint says.
    private static let metricsPort = 9_323

    let exporter: ContainerExporter
    let directory: ContainerDirectory
    private let address: EngineAddress
    private let rootFolder: String
    private let fetcher: HTTPFetcher

    /// Follows the engine at `address` once its service runs.
    ///
    /// - Throws: `HTTPFetchError` when no client can be made.
    init(_ address: EngineAddress, paths: HostPaths, settings: ContainerSettings) throws(HTTPFetchError) {
        self.address = address
        rootFolder = paths.rootfs
        var options = HTTPClientOptions()
        // So many containers are asked of at a time where their control groups are not to be seen.
        options.maximumConnections = settings.statisticsParallelism
        fetcher = try HTTPFetcher(options: options)
        directory = ContainerDirectory(
            transport: HTTPEngineTransport(address: address, fetcher: fetcher), settings: settings)
        exporter = ContainerExporter(
            paths: paths, directory: directory, settings: settings, version: BuildFacts.version)
    }

    /// What is wrong with the engine and what to do about it; empty where nothing is.
    var problem: String { directory.status(address: address).problem }

    /// Whether the engine exposes metrics of its own, and what to write where it does not; blocks while a file is read.
    var hint: EngineMetricsHint {
        let root = rootFolder.hasSuffix("/") ? String(rootFolder.dropLast()) : rootFolder
        return EngineMetricsHint(
            file: root + "/etc/docker/daemon.json",
            needsExperimental: directory.status(address: address).needsExperimental)
    }

    /// Where the engine's own metrics would be: on this machine as its file says, elsewhere at the usual port.
    func metricsAddress(_ hint: EngineMetricsHint) -> String {
        guard address.socketPath == nil, let start = address.description.firstRange(of: "://")?.upperBound else {
            return hint.address
        }
        let host = address.description[start...].prefix { $0 != ":" && $0 != "/" }
        return "\(host):\(Self.metricsPort)"
    }

    /// What the web server shows of it.
    var sources: ContainerSources {
        ContainerSources(log: directory.log) { [self] in
            let hint = hint
            return ContainersStatus(
                address: address.description, engine: directory.status(address: address),
                exposesMetrics: acceptsConnections(metricsAddress(hint)), hint: hint)
        }
    }
}

extension ContainerWatch: Service {
    /// Follows the engine until shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown { await directory.run() }
        await fetcher.shutDown()
    }
}
