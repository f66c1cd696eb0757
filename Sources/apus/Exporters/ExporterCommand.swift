import ApusClient
import ApusExporters
import ApusModel
import ApusWeb
import ArgumentParser
import Logging
import ServiceLifecycle
import UnixSignals

/// `apus exporter`: one exporter by itself, for machines that another server scrapes.
struct ExporterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exporter",
        abstract: "Expose the metrics of a host or of containers, for another server to scrape.",
        subcommands: [HostExporterCommand.self, ContainerExporterCommand.self])
}

/// `apus exporter host`: what node-exporter tells.
struct HostExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Processors, memory, disks, file systems and networks, as node-exporter tells them.")

    /// That of node-exporter.
    private static let defaultPort = 9_100

    @OptionGroup var site: ExporterSiteOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var collectors: HostExporterOptions

    func run() async throws {
        let exporter = HostExporter(paths: host.paths, version: BuildFacts.version, extras: collectors.extras)
        try await site.serve(exporter, defaultPort: Self.defaultPort)
    }
}

/// `apus exporter containers`: what cAdvisor tells.
struct ContainerExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "containers", abstract: "Containers of Docker or Podman, as cAdvisor tells them.")

    /// The one that exporters of Docker have in Prometheus' list; cAdvisor's 8080 is everybody's.
    private static let defaultPort = 9_417

    @OptionGroup var site: ExporterSiteOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var containers: ContainerOptions

    func run() async throws {
        let logger = site.makeLogger()
        guard let address = try containers.address() else {
            throw StartFailure("DOCKER_HOST names no engine that can be asked; use unix:///PATH or tcp://HOST:PORT")
        }
        let watch = try ContainerWatch(address, paths: host.paths, settings: containers.settings)
        let problem = watch.problem
        if !problem.isEmpty { logger.debug("\(problem)") }
        try await site.serve(watch.exporter, beside: watch, defaultPort: Self.defaultPort, logger: logger)
    }
}

/// Flags of an exporter that runs by itself.
struct ExporterSiteOptions: ParsableArguments {
    @Option(
        name: .customLong("web.listen-address"),
        help: """
            Address and port to listen on, such as :9100 for all addresses; may be repeated. (default: the exporter's port on \
            127.0.0.1)
            """)
    var listenAddresses: [String] = []

    @Option(name: .customLong("web.max-connections"), help: "Connections at one time.")
    var maxConnections = 64

    @Option(name: .customLong("log.level"), help: "debug, info, warn or error.")
    var logLevel = LogLevelOption.info

    @Option(name: .customLong("log.format"), help: "logfmt or json.")
    var logFormat = StructuredLogHandler.Format.logfmt

    mutating func validate() throws {
        if maxConnections < 1 {
            throw ValidationError("--web.max-connections must be at least 1, got \(maxConnections)")
        }
    }

    /// Sets logging up; called once.
    func makeLogger() -> Logger {
        LoggingSystem.bootstrap { [level = logLevel.level, format = logFormat] label in
            StructuredLogHandler(label: label, level: level, format: format)
        }
        return Logger(label: "apus")
    }

    /// Serves an exporter until the process is told to stop.
    ///
    /// - Parameter work: what runs beside it, and ends after it.
    /// - Throws: `StartFailure` with the one line to show.
    func serve(
        _ exporter: any MetricsExporter, beside work: (any Service)? = nil, defaultPort: Int, logger: Logger? = nil
    ) async throws {
        let logger = logger ?? makeLogger()
        let registry = MetricRegistry()
        do {
            try registry.register(ProcessCollector())
            let site = ExporterSite(exporter, registry: registry, version: BuildFacts.version)
            let web = try WebServer(
                site, settings: try webSettings(defaultPort), logger: logger.component("web"),
                onListening: { [logger] address in
                    logger.info("listening", metadata: ["address": "\(address)"])
                })
            let services: [any Service] = [work, web].compactMap { $0 }
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: logger.component("lifecycle")))
            try await group.run()
        } catch let failure as StartFailure {
            throw failure
        } catch {
            throw StartFailure("\(error)")
        }
        logger.info("stopped")
    }

    private func webSettings(_ defaultPort: Int) throws -> WebSettings {
        var settings = WebSettings()
        let texts = listenAddresses.isEmpty ? ["127.0.0.1:\(defaultPort)"] : listenAddresses
        settings.addresses = try texts.map { try ListenAddress(flag: $0) }
        settings.maxConnections = maxConnections
        return settings
    }
}

extension ListenAddress {
    /// The address in a flag.
    ///
    /// - Throws: `StartFailure` when it is none.
    init(flag text: String) throws {
        guard let address = ListenAddress(text) else {
            throw StartFailure("--web.listen-address=\(text) is not HOST:PORT")
        }
        self = address
    }
}
