import ApusExporters
import ApusModel
import ApusQuery
import ApusScrape
import ApusStorage
import ApusWeb

/// The flags of `serve`, checked and in the form in which the parts take them.
struct ServeOptions: Sendable {
    let configFile: String?
    let dataFolder: String
    let assetsFolder: String?
    let listenAddresses: [ListenAddress]
    /// The path under which browsers reach the server, with a slash at its end.
    let basePath: String
    let web: WebSettings
    let storage: StorageOptions
    let query: QueryLimits
    let scrape: ScrapeOptions
    let exporters: ExporterSettings
    /// Whether series are deleted over HTTP.
    let enablesAdministration: Bool
    /// Whether samples are taken that others send.
    let takesRemoteWrite: Bool
    /// The file of the query log, when the configuration's does not count.
    let queryLogFile: String?
    let features: FeatureFlags
    /// Every flag with its value, for the status page.
    let flags: [(name: String, value: String)]

    /// - Throws: `StartFailure` when a flag's value cannot be used.
    init(_ command: ServeCommand) throws {
        configFile = command.configFile
        dataFolder = command.dataFolder
        assetsFolder = command.assetsFolder
        listenAddresses = try command.listenAddresses.map { try ListenAddress(flag: $0) }
        let prefix = try Self.routePrefix(command)
        basePath = prefix + "/"

        var web = WebSettings()
        web.addresses = listenAddresses
        web.routePrefix = prefix
        web.maxConnections = command.maxConnections
        web.readTimeout = command.readTimeout.milliseconds
        web.isLifecycleEnabled = command.enablesLifecycle
        web.corsOrigin = command.corsOrigin
        self.web = web

        var storage = StorageOptions()
        storage.retention = command.retention.milliseconds
        storage.retentionBytes = command.retentionSize?.bytes ?? 0
        storage.retentionPercentage = command.retentionPercentage
        storage.diskReserve = command.diskReserve.bytes
        storage.syncInterval = command.fsyncInterval.milliseconds
        storage.maximumSeries = command.maxSeries == 0 ? .max : command.maxSeries
        self.storage = storage

        var query = QueryLimits()
        query.maxSamples = command.maxSamples
        query.timeout = command.queryTimeout.milliseconds
        query.maxConcurrency = command.maxConcurrency
        query.lookback = command.lookback.milliseconds
        query.maxQueued = command.maxQueued
        query.slowThreshold = command.slowThreshold.milliseconds
        if let total = command.maxTotalMemory?.bytes { query.maxTotalMemory = total }
        query.maxMemory = min(command.maxMemory?.bytes ?? query.maxMemory, query.maxTotalMemory)
        features = FeatureFlags(command.enabledFeatures)
        features.apply(to: &query.features)
        self.query = query
        enablesAdministration = command.enablesAdministration
        takesRemoteWrite = command.takesRemoteWrite
        queryLogFile = command.queryLogFile

        var scrape = ScrapeOptions()
        scrape.userAgent = "Apus/\(BuildFacts.version)"
        self.scrape = scrape

        exporters = ExporterSettings(
            readsHost: command.readsHost, watchesContainers: command.watchesContainers, paths: command.host.paths,
            extras: command.collectors.extras, engine: try command.containers.address(),
            containers: command.containers.settings)
        flags = command.flagValues(query)
    }

    /// The path before all routes: `--web.route-prefix`, or else the path of `--web.external-url`; no slash at its end.
    private static func routePrefix(_ command: ServeCommand) throws -> String {
        var path = command.routePrefix ?? ""
        if command.routePrefix == nil, let url = command.externalURL {
            guard let scheme = url.firstRange(of: "://") else {
                throw StartFailure("--web.external-url=\(url) is not a URL with a scheme")
            }
            let rest = url[scheme.upperBound...]
            path = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
        }
        while path.hasSuffix("/") { path.removeLast() }
        return path.isEmpty || path.hasPrefix("/") ? path : "/" + path
    }
}

extension ServeCommand {
    /// Every flag with its value in force; some limits of queries depend on the machine.
    func flagValues(_ limits: QueryLimits) -> [(name: String, value: String)] {
        [
            ("config.file", configFile ?? ""),
            ("enable-feature", FeatureFlags(enabledFeatures).names.joined(separator: ",")),
            ("exporter.containers", String(watchesContainers)),
            ("exporter.host", String(readsHost)),
            ("log.format", logFormat.rawValue),
            ("log.level", logLevel.rawValue),
            ("query.lookback-delta", lookback.defaultValueDescription),
            ("query.max-concurrency", String(maxConcurrency)),
            ("query.log-file", queryLogFile ?? ""),
            ("query.max-memory", ByteCountOption(bytes: limits.maxMemory).defaultValueDescription),
            ("query.max-queued", String(maxQueued)),
            ("query.max-samples", String(maxSamples)),
            ("query.max-total-memory", ByteCountOption(bytes: limits.maxTotalMemory).defaultValueDescription),
            ("query.slow-threshold", slowThreshold.defaultValueDescription),
            ("query.timeout", queryTimeout.defaultValueDescription),
            ("storage.disk-reserve", diskReserve.defaultValueDescription),
            ("storage.max-series", String(maxSeries)),
            ("storage.tsdb.path", dataFolder),
            ("storage.tsdb.retention.percentage", String(retentionPercentage)),
            ("storage.tsdb.retention.size", retentionSize?.defaultValueDescription ?? "0"),
            ("storage.tsdb.retention.time", retention.defaultValueDescription),
            ("storage.wal.fsync", fsyncInterval.defaultValueDescription),
            ("web.assets-dir", assetsFolder ?? ""),
            ("web.cors.origin", corsOrigin ?? ""),
            ("web.enable-admin-api", String(enablesAdministration)),
            ("web.enable-lifecycle", String(enablesLifecycle)),
            ("web.enable-remote-write-receiver", String(takesRemoteWrite)),
            ("web.external-url", externalURL ?? ""),
            ("web.listen-address", listenAddresses.joined(separator: ",")),
            ("web.max-connections", String(maxConnections)),
            ("web.read-timeout", readTimeout.defaultValueDescription),
            ("web.route-prefix", routePrefix ?? ""),
        ] + host.flagValues + collectors.flagValues + containers.flagValues
    }
}

extension ListenAddress {
    /// The address that a browser on this machine can open: loopback in place of "all addresses".
    var forBrowsers: String {
        switch host {
        case "0.0.0.0": "127.0.0.1:\(port)"
        case "::": "[::1]:\(port)"
        default: description
        }
    }
}
