import ApusClient
import ApusExporters
import ApusScrape
import Logging

/// The exporters of the server: the host, and the containers of an engine.
struct Exporters: Sendable {
    private let host: HostExporter?
    private let containers: ContainerExporter?
    /// What follows the engine; `nil` where there is none to follow.
    let watch: ContainerWatch?

    /// - Throws: `HTTPFetchError` when no client can be made.
    init(_ settings: ExporterSettings, logger: Logger) throws {
        host =
            settings.readsHost
            ? HostExporter(paths: settings.paths, version: BuildFacts.version, extras: settings.extras) : nil
        guard settings.watchesContainers else {
            containers = nil
            watch = nil
            return
        }
        guard let engine = settings.engine else {
            logger.warning(
                "DOCKER_HOST names no engine that can be asked, so containers are told of by their ids: use --docker.host"
            )
            containers = ContainerExporter(
                paths: settings.paths, directory: nil, settings: settings.containers, version: BuildFacts.version)
            watch = nil
            return
        }
        let watch = try ContainerWatch(engine, paths: settings.paths, settings: settings.containers)
        self.watch = watch
        containers = watch.exporter
    }

    /// What answers below `/metrics/`.
    var all: [any MetricsExporter] {
        var all: [any MetricsExporter] = []
        if let host { all.append(host) }
        if let containers { all.append(containers) }
        return all
    }

    /// Where the engine would expose its own metrics; `nil` where none is followed.
    ///
    /// To be called where it may block.
    var engineMetricsAddress: (@Sendable () -> String)? {
        guard let watch else { return nil }
        return { watch.metricsAddress(watch.hint) }
    }

    /// What is scraped without a connection, by URL.
    ///
    /// - Parameter root: the URL of this server with its route prefix, without a slash at its end.
    func localTargets(root: String, registry: MetricRegistry) -> [String: any LocalTarget] {
        var targets: [String: any LocalTarget] = ["\(root)/metrics": RegistryTarget(registry: registry)]
        if let host { targets["\(root)/metrics/\(host.name)"] = ExporterTarget(exporter: host) }
        if let containers {
            targets["\(root)/metrics/\(containers.name)"] = ExporterTarget(
                exporter: containers, note: { [watch] in watch?.problem ?? "" })
        }
        return targets
    }
}

/// Which exporters there are, and what they read.
struct ExporterSettings: Sendable {
    var readsHost: Bool
    var watchesContainers: Bool
    var paths: HostPaths
    /// What is told of the host beyond the usual.
    var extras: Set<HostExtra>
    /// `nil` where the environment names an engine that cannot be asked.
    var engine: EngineAddress?
    var containers: ContainerSettings
}

/// An exporter as a target within this process.
struct ExporterTarget: LocalTarget {
    let exporter: any MetricsExporter
    /// What people should know beside the samples.
    var note: @Sendable () -> String = { "" }

    func expose(accept: String) async -> LocalExposition {
        let page = await exporter.expose(accept: accept)
        return LocalExposition(contentType: page.contentType, body: page.body, note: note())
    }
}

/// The program's own metrics as a target within this process.
struct RegistryTarget: LocalTarget {
    let registry: MetricRegistry

    func expose(accept: String) async -> LocalExposition {
        // Some collectors read files.
        let exposition = await BlockingWork.run { [registry] in registry.expose(accept: accept) }
        return LocalExposition(contentType: exposition.contentType, body: exposition.body)
    }
}
