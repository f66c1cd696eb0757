import ApusModel

/// One entry of `scrape_configs`: a job, its targets and how they are scraped; what `global` gives is filled in.
package struct ScrapeConfiguration: Sendable {
    /// The job's name, unique in a configuration.
    package var jobName: String
    /// Whether labels of a target's exposition win over those that this server adds.
    package var honorsLabels = false
    /// Whether timestamps of the exposition are taken.
    package var honorsTimestamps = true
    /// Whether series with timestamps of their own become stale, too.
    package var tracksTimestampStaleness = false
    /// The query parameters, sorted by name.
    package var parameters: [QueryParameter] = []
    /// Milliseconds between two scrapes.
    package var scrapeInterval: Int64
    /// Milliseconds that a scrape may take; at most `scrapeInterval`.
    package var scrapeTimeout: Int64
    /// The formats to ask for, the most wanted first.
    package var scrapeProtocols = ScrapeProtocol.standard
    /// The format of answers whose content type says nothing.
    package var fallbackScrapeProtocol: ScrapeProtocol?
    /// Whether native histograms are taken.
    package var takesNativeHistograms: Bool
    /// Whether classic histograms are kept beside native ones.
    package var keepsClassicHistograms: Bool
    /// Whether classic histograms become native ones with custom buckets.
    package var convertsClassicHistograms: Bool
    /// Where failed scrapes are logged; empty for nowhere.
    package var scrapeFailureLogFile: String
    /// The path of the exposition.
    package var metricsPath = "/metrics"
    /// `http` or `https`.
    package var scheme = "http"
    /// Whether a compressed body is asked for.
    package var asksForCompression = true
    /// What a scrape may bring.
    package var limits: ScrapeLimits
    /// The most buckets of a native histogram; 0 is no limit.
    package var nativeHistogramBucketLimit: UInt64 = 0
    /// The least growth from bucket to bucket of a native histogram; 0 is no limit.
    package var nativeHistogramMinBucketFactor: Double = 0
    /// Which names are valid.
    package var nameValidation: NameValidationScheme
    /// How the target is asked to spell names.
    package var nameEscaping: NameEscapingScheme
    /// Whether limits and sizes of scrapes are stored as series.
    package var storesExtraMetrics: Bool
    /// How requests are made.
    package var http = HTTPClientConfiguration()
    /// The rules for targets.
    package var relabelRules: [RelabelRule] = []
    /// The rules for samples.
    package var metricRelabelRules: [RelabelRule] = []
    /// Where targets come from.
    package var discovery: [DiscoveryConfiguration] = []

    /// A job with the defaults of `global`.
    package init(jobName: String, global: GlobalConfiguration = GlobalConfiguration()) {
        self.jobName = jobName
        scrapeInterval = global.scrapeInterval
        scrapeTimeout = min(global.scrapeTimeout, global.scrapeInterval)
        takesNativeHistograms = global.takesNativeHistograms
        keepsClassicHistograms = global.keepsClassicHistograms
        convertsClassicHistograms = global.convertsClassicHistograms
        scrapeFailureLogFile = global.scrapeFailureLogFile
        limits = global.limits
        nameValidation = global.nameValidation
        nameEscaping = global.nameEscaping ?? (global.nameValidation == .legacy ? .underscores : .allowUTF8)
        storesExtraMetrics = global.storesExtraMetrics
        scrapeProtocols =
            global.scrapeProtocols
            ?? (takesNativeHistograms ? ScrapeProtocol.preferringNativeHistograms : ScrapeProtocol.standard)
    }
}

extension ScrapeConfiguration {
    init(
        _ node: YAMLNode, global: GlobalConfiguration, context: inout LoadContext
    ) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.ScrapeConfig")
        let jobName = try reader.text("job_name") ?? ""
        self.init(jobName: jobName, global: global)
        try readNames(&reader, global: global)
        context.nameValidation = nameValidation
        // Discovery is read first: a mistake in it is more telling than a missing name.
        discovery = try DiscoveryConfiguration.readAll(&reader, context: &context)
        guard !jobName.isEmpty else { throw .invalid(node.position, "job_name is empty") }
        honorsLabels = try reader.flag("honor_labels") ?? honorsLabels
        honorsTimestamps = try reader.flag("honor_timestamps") ?? honorsTimestamps
        tracksTimestampStaleness = try reader.flag("track_timestamps_staleness") ?? tracksTimestampStaleness
        try readParameters(&reader)
        try readTimes(&reader, global: global)
        discovery = discovery.map { section in
            guard case .dns(let dns) = section else { return section }
            return .dns(dns.following(scrapeInterval: scrapeInterval))
        }
        try readHistograms(&reader, context: &context)
        try readProtocols(&reader, global: global)
        let logFile = context.resolve(try reader.text("scrape_failure_log_file") ?? "")
        if !logFile.isEmpty { scrapeFailureLogFile = logFile }
        metricsPath = try reader.text("metrics_path") ?? metricsPath
        if let node = reader.value("scheme") { scheme = try Self.scheme(node) }
        asksForCompression = try reader.flag("enable_compression") ?? asksForCompression
        limits = try ScrapeLimits(&reader, inheriting: limits)
        storesExtraMetrics = try reader.flag("extra_scrape_metrics") ?? storesExtraMetrics
        http = try HTTPClientConfiguration(&reader, context: &context)
        if let node = reader.value("relabel_configs") {
            relabelRules = try RelabelRule.readList(
                node, nullMessage: "empty or null target relabeling rule in scrape config", scheme: nameValidation)
        }
        if let node = reader.value("metric_relabel_configs") {
            metricRelabelRules = try RelabelRule.readList(
                node, nullMessage: "empty or null metric relabeling rule in scrape config", scheme: nameValidation)
        }
        try reader.finish()
        if relabelRules.isEmpty { try DiscoveryConfiguration.checkFixedAddresses(discovery, at: node.position) }
    }

    private mutating func readNames(
        _ reader: inout FieldReader, global: GlobalConfiguration
    ) throws(ConfigurationError) {
        let position = reader.position
        let validation = reader.value("metric_name_validation_scheme")
        if let validation {
            nameValidation = try GlobalConfiguration.nameValidation(validation)
            nameEscaping = nameValidation == .legacy ? .underscores : .allowUTF8
        }
        let escaping = reader.value("metric_name_escaping_scheme")
        if let escaping { nameEscaping = try GlobalConfiguration.nameEscaping(escaping, scope: "scrape config") }
        if nameEscaping == .allowUTF8, nameValidation != .utf8 {
            throw .invalid(
                escaping?.position ?? validation?.position ?? position,
                "utf8 metric names requested but validation scheme is not set to UTF8")
        }
    }

    private mutating func readParameters(_ reader: inout FieldReader) throws(ConfigurationError) {
        guard let node = reader.value("params") else { return }
        for field in try node.entries(expected: "url.Values") {
            parameters.append(QueryParameter(name: field.key.text, values: try field.value.texts()))
        }
        parameters.sort { $0.name < $1.name }
    }

    private mutating func readTimes(
        _ reader: inout FieldReader, global: GlobalConfiguration
    ) throws(ConfigurationError) {
        if let interval = try reader.duration("scrape_interval"), interval > 0 { scrapeInterval = interval }
        let node = reader.value("scrape_timeout")
        let timeout = try reader.duration("scrape_timeout") ?? 0
        guard timeout <= scrapeInterval else {
            throw .invalid(
                node?.position ?? reader.position,
                "scrape timeout greater than scrape interval for scrape config with job name "
                    + QuotedText.quoted(jobName))
        }
        scrapeTimeout = timeout > 0 ? timeout : min(global.scrapeTimeout, scrapeInterval)
    }

    private mutating func readHistograms(
        _ reader: inout FieldReader, context: inout LoadContext
    ) throws(ConfigurationError) {
        takesNativeHistograms = try reader.flag("scrape_native_histograms") ?? takesNativeHistograms
        keepsClassicHistograms = try reader.flag("always_scrape_classic_histograms") ?? keepsClassicHistograms
        convertsClassicHistograms = try reader.flag("convert_classic_histograms_to_nhcb") ?? convertsClassicHistograms
        nativeHistogramBucketLimit = try reader.count("native_histogram_bucket_limit") ?? 0
        nativeHistogramMinBucketFactor = try reader.number("native_histogram_min_bucket_factor") ?? 0
        if convertsClassicHistograms {
            context.warn(
                "job \(QuotedText.quoted(jobName)): classic histograms are not converted by this version; "
                    + "they are stored as they are", at: reader.position)
        }
    }

    private mutating func readProtocols(
        _ reader: inout FieldReader, global: GlobalConfiguration
    ) throws(ConfigurationError) {
        let scope = "for scrape config with job name \(QuotedText.quoted(jobName))"
        let standard =
            takesNativeHistograms ? ScrapeProtocol.preferringNativeHistograms : ScrapeProtocol.standard
        scrapeProtocols = try reader.scrapeProtocols(scope: scope) ?? global.scrapeProtocols ?? standard
        guard let node = reader.value("fallback_scrape_protocol") else { return }
        let name = try node.text()
        guard let known = ScrapeProtocol(rawValue: name) else {
            throw .invalid(
                node.position,
                "invalid fallback_scrape_protocol \(scope): unknown scrape protocol \(name), "
                    + "supported: \(ScrapeProtocol.listing)")
        }
        fallbackScrapeProtocol = known
    }

    private static func scheme(_ node: YAMLNode) throws(ConfigurationError) -> String {
        let text = try node.text()
        guard text == "http" || text == "https" else {
            throw .invalid(node.position, "invalid scheme: \(QuotedText.quoted(text)); use http or https")
        }
        return text
    }
}
