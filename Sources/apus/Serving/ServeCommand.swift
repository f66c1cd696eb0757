import ApusModel
import ArgumentParser
import Logging

/// `apus [serve]`: runs the server until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Scrape, store, answer queries and show the pages (the default).")

    @Option(
        name: .customLong("config.file"),
        help: "Configuration file, as Prometheus reads it. Without it: this process, this machine and its containers.")
    var configFile: String?

    @Option(
        name: .customLong("web.listen-address"),
        help: "Address and port to listen on; may be repeated. (default: 127.0.0.1:9090)")
    var listenAddresses: [String] = []

    @Option(
        name: .customLong("web.external-url"),
        help: "The URL under which users reach the server; its path is the default route prefix.")
    var externalURL: String?

    @Option(name: .customLong("web.route-prefix"), help: "Prefix of every route.")
    var routePrefix: String?

    @Flag(name: .customLong("web.enable-lifecycle"), help: "Allow reload and quit by HTTP.")
    var enablesLifecycle = false

    @Flag(
        name: .customLong("web.enable-admin-api"),
        help: "Allow deleting series, cleaning up after that and snapshots by HTTP.")
    var enablesAdministration = false

    @Flag(
        name: .customLong("web.enable-remote-write-receiver"),
        help: "Take samples that others send by remote write, at /api/v1/write.")
    var takesRemoteWrite = false

    @Option(name: .customLong("web.max-connections"), help: "Connections at one time.")
    var maxConnections = 512

    @Option(
        name: .customLong("web.read-timeout"),
        help: "Longest wait for a request, and longest idle time of a connection.")
    var readTimeout = DurationOption(milliseconds: 300_000)

    @Option(name: .customLong("web.cors.origin"), help: "Origins that may read the API, as a regular expression.")
    var corsOrigin: String?

    @Option(
        name: .customLong("web.assets-dir"), help: "Folder with the pages. (default: web beside the program's checkout)"
    )
    var assetsFolder: String?

    @Option(name: .customLong("storage.tsdb.path"), help: "Data folder.")
    var dataFolder = "data"

    @Option(name: .customLong("storage.tsdb.retention.time"), help: "How long samples are kept.")
    var retention = DurationOption(milliseconds: 15 * 86_400_000)

    @Option(
        name: .customLong("storage.tsdb.retention.size"),
        help: "Bytes that all files may have, such as 50GB; the oldest blocks go first. (default: no limit)")
    var retentionSize: ByteCountOption?

    @Option(
        name: .customLong("storage.tsdb.retention.percentage"),
        help: "The same as percentage of the disk; the lower of both counts. 0: no limit.")
    var retentionPercentage = 0.0

    @Option(
        name: .customLong("storage.disk-reserve"),
        help: "Bytes of the disk, or a hundredth of it, that are kept free by refusing samples.")
    var diskReserve = ByteCountOption(bytes: 64 << 20)

    @Option(
        name: .customLong("storage.max-series"),
        help: "Series in the head at one time; new ones beyond are refused. 0: no limit.")
    var maxSeries = 10_000_000

    @Option(
        name: .customLong("storage.wal.fsync"),
        help: "How often the log is forced to the disk. A killed process loses nothing in between; a power cut may.")
    var fsyncInterval = DurationOption(milliseconds: 5_000)

    @Option(name: .customLong("query.lookback-delta"), help: "How old a sample may be and still count as current.")
    var lookback = DurationOption(milliseconds: 300_000)

    @Option(name: .customLong("query.timeout"), help: "Longest time a query may take.")
    var queryTimeout = DurationOption(milliseconds: 120_000)

    @Option(name: .customLong("query.max-concurrency"), help: "Queries evaluated at one time.")
    var maxConcurrency = 20

    @Option(name: .customLong("query.max-samples"), help: "Samples one query may hold in memory.")
    var maxSamples = 50_000_000

    @Option(
        name: .customLong("query.max-memory"),
        help: "Bytes one query may hold, such as 512MB. (default: 1GB, or half of the memory if that is less)")
    var maxMemory: ByteCountOption?

    @Option(
        name: .customLong("query.max-total-memory"),
        help: "Bytes all queries together may hold. (default: half of the memory of the machine or container)")
    var maxTotalMemory: ByteCountOption?

    @Option(name: .customLong("query.max-queued"), help: "Queries that may wait for their turn; more are refused.")
    var maxQueued = 1_000

    @Option(
        name: .customLong("query.log-file"),
        help: "File for a line of JSON for each query, instead of the configuration's query_log_file.")
    var queryLogFile: String?

    @Option(name: .customLong("query.slow-threshold"), help: "From this time on a query is counted as slow.")
    var slowThreshold = DurationOption(milliseconds: 5_000)

    @Flag(
        name: .customLong("exporter.host"), inversion: .prefixedNo,
        help: "Tell of this machine at /metrics/host, and scrape it when there is no configuration file.")
    var readsHost = true

    @Flag(
        name: .customLong("exporter.containers"), inversion: .prefixedNo,
        help: "Watch the containers of Docker or Podman and tell of them at /metrics/containers; the same.")
    var watchesContainers = true

    @OptionGroup var host: HostOptions
    @OptionGroup var collectors: HostExporterOptions
    @OptionGroup var containers: ContainerOptions

    @Option(
        name: .customLong("enable-feature"),
        help: "Prometheus' feature flags, with commas between them; may be repeated. Most are on anyway.")
    var enabledFeatures: [String] = []

    @Option(name: .customLong("log.level"), help: "debug, info, warn or error.")
    var logLevel = LogLevelOption.info

    @Option(name: .customLong("log.format"), help: "logfmt or json.")
    var logFormat = StructuredLogHandler.Format.logfmt

    func run() async throws {
        let level = logLevel.level
        let format = logFormat
        LoggingSystem.bootstrap { StructuredLogHandler(label: $0, level: level, format: format) }
        let logger = Logger(label: "apus")
        let options = try ServeOptions(self)
        options.features.report(to: logger)
        // Opening the store blocks while the log is read; nothing else runs yet.
        let server = try await BlockingWork.run { () throws in try Server(options: options, logger: logger) }
        try await server.run()
    }

    mutating func validate() throws {
        if listenAddresses.isEmpty { listenAddresses = ["127.0.0.1:9090"] }
        for (name, value) in [
            ("web.max-connections", maxConnections), ("query.max-concurrency", maxConcurrency),
            ("query.max-samples", maxSamples), ("query.max-memory", maxMemory?.bytes ?? 1),
            ("query.max-total-memory", maxTotalMemory?.bytes ?? 1),
        ] where value < 1 {
            throw ValidationError("--\(name) must be at least 1, got \(value)")
        }
        if maxQueued < 0 { throw ValidationError("--query.max-queued must not be negative, got \(maxQueued)") }
        guard (0...100).contains(retentionPercentage) else {
            throw ValidationError(
                "--storage.tsdb.retention.percentage must be from 0 to 100, got \(retentionPercentage)")
        }
        if maxSeries < 0 { throw ValidationError("--storage.max-series must not be negative, got \(maxSeries)") }
        for (name, value) in [
            ("storage.tsdb.retention.time", retention), ("query.lookback-delta", lookback),
            ("query.timeout", queryTimeout),
            ("web.read-timeout", readTimeout),
        ] where value.milliseconds == 0 {
            throw ValidationError("--\(name) must not be 0")
        }
    }
}

/// A log level as Prometheus names it.
enum LogLevelOption: String, ExpressibleByArgument, CaseIterable, Sendable {
    case debug, info, warn, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        }
    }
}

extension StructuredLogHandler.Format: ExpressibleByArgument {}
