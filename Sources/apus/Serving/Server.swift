import ApusClient
import ApusConfig
import ApusDiscovery
import ApusExporters
import ApusInterchange
import ApusModel
import ApusQuery
import ApusRemote
import ApusScrape
import ApusStorage
import ApusWeb
import Logging
import ServiceLifecycle
import UnixSignals

/// The parts of the server and how they are tied together; nothing here does work of its own.
struct Server: Sendable {
    private let logger: Logger
    private let options: ServeOptions
    private let clock = SystemWallClock()
    private let startTime: Int64
    private let registry = MetricRegistry()
    private let metrics: ServerMetrics
    private let configuration: ConfigurationStore
    private let storage: Storage
    private let engine: QueryEngine
    private let remoteWrite: RemoteWriteReceiver?
    private let exporters: Exporters
    private let scraping: ScrapeManager
    private let discovery: DiscoveryManager
    private let reloads = SerialWork()

    /// Reads the configuration and opens the store; blocks until stored data can be queried.
    ///
    /// - Throws: `StartFailure` with the one line to show.
    init(options: ServeOptions, logger: Logger) throws {
        self.options = options
        self.logger = logger
        startTime = clock.now()
        do {
            metrics = try ServerMetrics(registry: registry)
            exporters = try Exporters(options.exporters, logger: logger)
            let ownAddress = options.listenAddresses[0].forBrowsers
            let builtIn = BuiltInConfiguration(
                ownAddress: ownAddress, routePrefix: options.web.routePrefix,
                exporterNames: exporters.all.map(\.name), engineAddress: exporters.engineMetricsAddress)
            configuration = try ConfigurationStore(
                path: options.configFile, clock: clock, metrics: metrics, builtIn: { builtIn.make() })
            for warning in configuration.current.configuration.warnings { logger.warning("\(warning)") }
            var storageOptions = options.storage
            try storageOptions.apply(configuration.current.configuration.storage)
            storage = try Storage(
                folder: options.dataFolder, options: storageOptions, clock: clock,
                report: { [logger = logger.component("storage")] in logger.log($0) })
            try registry.register(StorageCollector(storage))
            var limits = options.query
            limits.defaultSubqueryStep = configuration.current.configuration.global.evaluationInterval
            engine = try QueryEngine(
                queryable: storage, limits: limits, registry: registry,
                activeQueries: Self.activeQueries(options, logger: logger), clock: clock)
            try engine.log.open(path: Self.queryLogPath(options, configuration.current.configuration))
            remoteWrite =
                options.takesRemoteWrite
                ? try RemoteWriteReceiver(store: storage, registry: registry, clock: clock) : nil
            scraping = try ScrapeManager(
                store: storage, registry: registry, logger: logger.component("scrape"), options: options.scrape,
                localTargets: exporters.localTargets(
                    root: "http://\(ownAddress)\(options.web.routePrefix)", registry: registry),
                clock: clock)
            let discoveryLogger = logger.component("discovery")
            discovery = DiscoveryManager(
                metrics: try DiscoveryMetrics(registry: registry), interval: .seconds(1),
                reportFailure: { job, mechanism, failure in
                    discoveryLogger.warning(
                        "targets could not be found",
                        metadata: ["job": "\(job)", "mechanism": "\(mechanism)", "reason": "\(failure)"])
                },
                update: { [scraping] job, groups in await scraping.update(job: job, groups: groups) })
        } catch {
            throw StartFailure("\(error)")
        }
    }

    /// The file that names the queries that run; without it a crash cannot be told from which query it came, no more.
    private static func activeQueries(_ options: ServeOptions, logger: Logger) -> ActiveQueryFile? {
        do throws(ActiveQueryFileError) {
            let file = try ActiveQueryFile(folder: options.dataFolder, capacity: options.query.maxConcurrency)
            for query in file.leftovers {
                logger.warning("this query was running when the process last ended", metadata: ["query": "\(query)"])
            }
            return file
        } catch {
            logger.warning("\(error)")
            return nil
        }
    }

    /// Where queries are logged: the flag's file before the configuration's; `nil` for nowhere.
    private static func queryLogPath(_ options: ServeOptions, _ configuration: Configuration) -> String? {
        let path = options.queryLogFile ?? configuration.global.queryLogFile
        return path.isEmpty ? nil : path
    }

    /// Serves until the process is told to stop; then stops in reverse order and closes the store.
    ///
    /// - Throws: `StartFailure` when an address cannot be listened on.
    func run() async throws {
        let quitting = QuitRequest()
        let web = try makeWebServer(quitting: quitting)
        // Stopped from the last to the first: answers end before scraping does, and the store closes after all who use it.
        let watch = exporters.watch.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [watch].compactMap { $0 } + [
                    .init(service: StorageService(storage: storage)),
                    .init(service: ScrapingService(scraping: scraping, discovery: discovery)),
                    .init(service: ReloadService(reload: reload, logger: logger)),
                    .init(service: web),
                    .init(service: quitting, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.component("lifecycle")))
        do {
            try await apply(configuration.current.configuration)
            metrics.isReady.set(1)
            try await group.run()
        } catch let error as ServiceGroupError {
            throw StartFailure("\(error)")
        } catch {
            throw StartFailure("\(error)")
        }
        storage.close()
        logger.info("stopped")
    }

    /// Reads the configuration again and puts it in force; when anything is wrong with it, nothing changes.
    private func reload() async throws {
        try await reloads.run { [self] in
            let configuration = configuration
            let fresh: Configuration
            do {
                fresh = try await BlockingWork.run { () throws(ConfigurationError) in try configuration.read() }
                try await apply(fresh)
                try await BlockingWork.run { [engine, path = Self.queryLogPath(options, fresh)] in
                    // Opened anew also when it is the same: a rotated file is let go.
                    try engine.log.open(path: path)
                }
            } catch {
                configuration.noteFailedReload()
                throw error
            }
            configuration.commit(fresh)
            for warning in fresh.warnings { logger.warning("\(warning)") }
            logger.info("configuration reloaded")
        }
    }

    /// What can fail comes first: the selectors of the storage section, then the jobs; discovery then brings targets to jobs that exist.
    private func apply(_ configuration: Configuration) async throws {
        var storageOptions = options.storage
        try storageOptions.apply(configuration.storage)
        try await scraping.apply(configuration.scrapeConfigurations)
        storage.outOfOrderWindow = storageOptions.outOfOrderWindow
        storage.retentionSettings = RetentionSettings(storageOptions)
        storage.limits = storageOptions.limits
        await discovery.apply(configuration.scrapeConfigurations)
    }

    private func makeWebServer(quitting: QuitRequest) throws -> WebServer {
        let configuration = configuration
        var sources = WebSources(
            queries: engine, storage: storage, targets: scraping, registry: registry,
            build: BuildInformation(version: BuildFacts.version, compiler: BuildFacts.compiler),
            runtime: runtimeStatus, configuration: { configuration.current.text },
            storageStatus: { [storage] request throws(QueryableError) in try StorageStatus(storage, request) },
            reload: reload, quit: { quitting.request() })
        sources.flags = options.flags
        sources.clock = clock
        sources.exemplars = storage
        sources.remoteWrite = remoteWrite
        sources.blockStatus = { [storage] request, identifiers throws(QueryableError) in
            try BlockStatus.all(of: storage, request, identifiers: identifiers)
        }
        sources.storedMetadata = { [storage] family in
            guard let family else { return storage.allMetadata }
            return storage.metadata(of: family).map { [(family, $0)] } ?? []
        }
        sources.backfill = options.enablesAdministration ? Backfill(into: storage) : nil
        sources.administration = options.enablesAdministration ? storage : nil
        sources.exporters = exporters.all
        sources.containers = exporters.watch?.sources
        do {
            let assets = Result { () throws(AssetError) in
                try AssetFolder.load(explicit: options.assetsFolder, base: options.basePath)
            }
            if case .failure(let error) = assets { logger.warning("the pages are not available: \(error)") }
            return try WebServer(
                sources, settings: options.web, assets: assets, logger: logger.component("web"),
                onListening: { [logger, basePath = options.basePath] address in
                    logger.info("listening", metadata: ["address": "\(address)"])
                    logger.info("open http://\(address.forBrowsers)\(basePath) in a browser")
                })
        } catch {
            throw StartFailure("\(error)")
        }
    }

    private var runtimeStatus: @Sendable () -> RuntimeStatus {
        let facts = RuntimeFacts(startTime: startTime)
        return { [configuration, storage] in
            facts.status(
                configuration: configuration.current, retention: storage.retentionSettings,
                corruptionCount: storage.statistics.walCorruptions)
        }
    }
}
