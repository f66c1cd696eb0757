import ApusBytes
import ApusConfig
import ApusExposition
import ApusHTTP
import ApusModel
import ApusRegex

/// What all targets of one job share: the job's configuration in the terms of requests and bodies.
struct JobSettings: Sendable {
    let configuration: ScrapeConfiguration
    let fetcher: HTTPFetcher
    let fallbackFormat: ExpositionFormat?
    let bodyLimit: Int
    /// The formats that are asked for.
    let accept: String
    private let headers: [(name: String, value: String)]

    init(_ configuration: ScrapeConfiguration, fetcher: HTTPFetcher, options: ScrapeOptions) {
        self.configuration = configuration
        self.fetcher = fetcher
        let limit = Int(clamping: configuration.limits.bodySize)
        bodyLimit = limit > 0 ? min(limit, options.largestBody) : options.largestBody
        fallbackFormat =
            configuration.fallbackScrapeProtocol
            .flatMap { ApusExposition.ScrapeProtocol(rawValue: $0.rawValue) }?.format
        let protocols = configuration.scrapeProtocols
            .compactMap { ApusExposition.ScrapeProtocol(rawValue: $0.rawValue) }
        let escaping = NameEscaping(rawValue: configuration.nameEscaping.rawValue) ?? .underscores
        accept = ApusExposition.ScrapeProtocol.acceptHeader(for: protocols, escaping: escaping)
        var headers = [(name: "Accept", value: accept), (name: "User-Agent", value: options.userAgent)]
        if configuration.asksForCompression { headers.append((name: "Accept-Encoding", value: "gzip")) }
        self.headers = headers
    }

    func request(for target: ResolvedTarget) throws(HTTPFetchError) -> FetchRequest {
        let timeout = NumberText.string(Double(target.timeout) / 1_000, .plain)
        return try FetchRequest(
            url: target.url, headers: headers + [(name: "X-Prometheus-Scrape-Timeout-Seconds", value: timeout)])
    }
}

/// Everything of a job that its loops depend on; when it is the same, a new configuration leaves them alone.
struct JobFingerprint: Hashable {
    private let fields: [String]
    private let http: HTTPClientConfiguration
    private let limits: ScrapeLimits
    private let parameters: [QueryParameter]

    init(_ job: ScrapeConfiguration) {
        http = job.http
        limits = job.limits
        parameters = job.parameters
        fields =
            [
                job.jobName, "\(job.honorsLabels)", "\(job.honorsTimestamps)", "\(job.tracksTimestampStaleness)",
                "\(job.scrapeInterval)", "\(job.scrapeTimeout)",
                job.scrapeProtocols.map(\.rawValue).joined(separator: " "),
                job.fallbackScrapeProtocol?.rawValue ?? "", job.metricsPath, job.scheme,
                "\(job.asksForCompression)", job.nameValidation.rawValue, job.nameEscaping.rawValue,
                "\(job.storesExtraMetrics)", "\(job.takesNativeHistograms)", "\(job.keepsClassicHistograms)",
                "\(job.convertsClassicHistograms)", "\(job.nativeHistogramBucketLimit)",
                "\(job.nativeHistogramMinBucketFactor)",
            ] + ["targets"] + job.relabelRules.flatMap(Self.fields) + ["series"]
            + job.metricRelabelRules.flatMap(Self.fields)
    }

    /// What the series of a target depend on; when it is the same, a loop takes over what the one before it knew.
    static func ofSeries(_ job: ScrapeConfiguration) -> [String] {
        [
            "\(job.honorsLabels)", "\(job.honorsTimestamps)", "\(job.tracksTimestampStaleness)",
            "\(job.limits.samples)", "\(job.limits.labels)", "\(job.limits.labelNameLength)",
            "\(job.limits.labelValueLength)", job.nameValidation.rawValue,
        ] + job.metricRelabelRules.flatMap(fields)
    }

    private static func fields(_ rule: RelabelRule) -> [String] {
        [
            rule.action.rawValue, "\(rule.sourceLabels.count)", rule.separator, rule.expression.pattern,
            "\(rule.modulus)", rule.targetLabel, rule.replacement, rule.nameScheme.rawValue,
        ] + rule.sourceLabels
    }
}

extension HTTPClientOptions {
    /// The options that a configuration's `http_config` stands for.
    init(_ configuration: HTTPClientConfiguration) {
        self.init()
        followsRedirects = configuration.followsRedirects
        allowsHTTP2 = configuration.enablesHTTP2
        if let basic = configuration.basicAuthentication {
            authorization = .basic(
                username: HTTPSecret(text: basic.username, file: basic.usernameFile),
                password: HTTPSecret(text: basic.password?.reveal() ?? "", file: basic.passwordFile))
        } else if let given = configuration.authorization {
            authorization = .credentials(
                type: given.type,
                HTTPSecret(text: given.credentials?.reveal() ?? "", file: given.credentialsFile))
        }
        for header in configuration.headers {
            let values =
                header.values.map { HTTPSecret.literal($0) } + header.secrets.map { .literal($0.reveal()) }
                + header.files.map { .file($0) }
            extraHeaders += values.map { ExtraHeader(name: header.name, value: $0) }
        }
        if !configuration.proxy.url.isEmpty { proxyURL = configuration.proxy.url }
        tls.authorities = TLSMaterial(text: configuration.tls.authorities, file: configuration.tls.authoritiesFile)
        tls.certificate = TLSMaterial(text: configuration.tls.certificate, file: configuration.tls.certificateFile)
        tls.key = TLSMaterial(text: configuration.tls.key?.reveal() ?? "", file: configuration.tls.keyFile)
        tls.serverName = configuration.tls.serverName.isEmpty ? nil : configuration.tls.serverName
        tls.skipsVerification = configuration.tls.skipsVerification
        tls.minimumVersion = configuration.tls.minVersion.flatMap { TLSVersion(rawValue: $0.rawValue) }
        tls.maximumVersion = configuration.tls.maxVersion.flatMap { TLSVersion(rawValue: $0.rawValue) }
    }
}

extension HTTPSecret {
    fileprivate init(text: String, file: String) {
        self = file.isEmpty ? .literal(text) : .file(file)
    }
}

extension TLSMaterial {
    fileprivate init?(text: String, file: String) {
        if !file.isEmpty {
            self = .file(file)
        } else if !text.isEmpty {
            self = .text(text)
        } else {
            return nil
        }
    }
}
