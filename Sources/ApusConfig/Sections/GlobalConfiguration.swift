package import ApusModel

/// The `global` section: what jobs and rules inherit.
package struct GlobalConfiguration: Sendable {
    /// Milliseconds between two scrapes.
    package var scrapeInterval: Int64 = 60_000
    /// Milliseconds that a scrape may take.
    package var scrapeTimeout: Int64 = 10_000
    /// The formats to ask for; `nil` when the file does not say.
    package var scrapeProtocols: [ScrapeProtocol]?
    /// Milliseconds between two evaluations of a rule group.
    package var evaluationInterval: Int64 = 60_000
    /// Milliseconds by which rules look into the past.
    package var ruleQueryOffset: Int64 = 0
    /// Where queries are logged; empty for nowhere.
    package var queryLogFile = ""
    /// Where failed scrapes are logged; empty for nowhere.
    package var scrapeFailureLogFile = ""
    /// Labels for everything that leaves this server, with environment variables expanded.
    package var externalLabels: LabelSet = .empty
    /// The limits that jobs inherit.
    package var limits = ScrapeLimits()
    /// Which names are valid.
    package var nameValidation = NameValidationScheme.utf8
    /// How targets are asked to spell names; `nil` when the file does not say.
    package var nameEscaping: NameEscapingScheme?
    /// Whether native histograms are scraped.
    package var takesNativeHistograms = false
    /// Whether classic histograms become native ones.
    package var convertsClassicHistograms = false
    /// Whether classic histograms are kept beside native ones.
    package var keepsClassicHistograms = false
    /// Whether scrapes store their limits and sizes as series.
    package var storesExtraMetrics = false

    /// The defaults.
    package init() {}

    init(_ node: YAMLNode, context: inout LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.plain")
        let validation = reader.value("metric_name_validation_scheme")
        let escaping = reader.value("metric_name_escaping_scheme")
        if let validation { nameValidation = try Self.nameValidation(validation) }
        if let escaping { nameEscaping = try Self.nameEscaping(escaping, scope: "global") }
        if let labels = reader.value("external_labels") {
            externalLabels = try Self.externalLabels(labels, scheme: nameValidation, context: &context)
        }
        if let interval = try reader.duration("scrape_interval"), interval > 0 { scrapeInterval = interval }
        let timeoutPosition = reader.value("scrape_timeout")?.position
        let timeout = try reader.duration("scrape_timeout") ?? 0
        guard timeout <= scrapeInterval else {
            throw .invalid(
                timeoutPosition ?? reader.position, "global scrape timeout greater than scrape interval")
        }
        scrapeTimeout = timeout > 0 ? timeout : min(scrapeTimeout, scrapeInterval)
        scrapeProtocols = try reader.scrapeProtocols(scope: "for global config")
        if let interval = try reader.duration("evaluation_interval"), interval > 0 { evaluationInterval = interval }
        ruleQueryOffset = try reader.duration("rule_query_offset") ?? ruleQueryOffset
        queryLogFile = context.resolve(try reader.text("query_log_file") ?? "")
        scrapeFailureLogFile = context.resolve(try reader.text("scrape_failure_log_file") ?? "")
        limits = try ScrapeLimits(&reader, inheriting: limits)
        takesNativeHistograms = try reader.flag("scrape_native_histograms") ?? takesNativeHistograms
        convertsClassicHistograms = try reader.flag("convert_classic_histograms_to_nhcb") ?? convertsClassicHistograms
        keepsClassicHistograms = try reader.flag("always_scrape_classic_histograms") ?? keepsClassicHistograms
        storesExtraMetrics = try reader.flag("extra_scrape_metrics") ?? storesExtraMetrics
        try reader.finish()
    }

    static func nameValidation(_ node: YAMLNode) throws(ConfigurationError) -> NameValidationScheme {
        let text = try node.text()
        guard let scheme = NameValidationScheme(rawValue: text) else {
            throw .invalid(
                node.position, "unrecognized ValidationScheme: \(QuotedText.quoted(text)); use utf8 or legacy")
        }
        return scheme
    }

    static func nameEscaping(_ node: YAMLNode, scope: String) throws(ConfigurationError) -> NameEscapingScheme {
        let text = try node.text()
        guard let scheme = NameEscapingScheme(rawValue: text) else {
            throw .invalid(
                node.position,
                "unknown \(scope) name escaping method specified, must be one of 'allow-utf-8', 'underscores', "
                    + "'dots', or 'values', got \(QuotedText.quoted(text))")
        }
        return scheme
    }

    private static func externalLabels(
        _ node: YAMLNode, scheme: NameValidationScheme, context: inout LoadContext
    ) throws(ConfigurationError) -> LabelSet {
        var labels = LabelSetBuilder()
        for field in try node.entries(expected: "map[string]string") {
            let (name, value) = try field.label(scheme: scheme)
            labels.set(name, to: context.expandVariables(value, at: field.value.position))
        }
        return labels.labelSet()
    }
}

extension YAMLField {
    /// The entry as a label.
    func label(scheme: NameValidationScheme) throws(ConfigurationError) -> (name: String, value: String) {
        guard key.invalidBytes == nil, scheme.isValidLabelName(key.text) else {
            throw .invalid(keyPosition, "\(key.quoted) is not a valid label name")
        }
        if case .scalar(let scalar) = value.content, scalar.invalidBytes != nil {
            throw .invalid(value.position, "\(scalar.quoted) is not a valid label value")
        }
        return (key.text, try value.text())
    }
}

extension FieldReader {
    /// The field `scrape_protocols`; `nil` when it is absent.
    mutating func scrapeProtocols(scope: String) throws(ConfigurationError) -> [ScrapeProtocol]? {
        guard let node = value("scrape_protocols") else { return nil }
        let names = try node.texts()
        guard !names.isEmpty else { throw .invalid(node.position, "scrape_protocols cannot be empty \(scope)") }
        var result: [ScrapeProtocol] = []
        var seen: Set<String> = []
        for name in names {
            guard seen.insert(name.lowercased()).inserted else {
                throw .invalid(
                    node.position,
                    "duplicated protocol in scrape_protocols, got [\(names.joined(separator: " "))] \(scope)")
            }
            guard let known = ScrapeProtocol(rawValue: name) else {
                throw .invalid(
                    node.position,
                    "scrape_protocols: unknown scrape protocol \(name), supported: \(ScrapeProtocol.listing) \(scope)")
            }
            result.append(known)
        }
        return result
    }
}
