import ApusModel

/// Where a job's targets come from.
package enum DiscoveryConfiguration: Sendable, Hashable {
    /// Written in the configuration itself.
    case fixed([TargetGroup])
    /// Written in the configuration, and targets only from the moment they first accept a connection: what is watched
    /// without a configuration file and may not be there.
    case answering([TargetGroup])
    /// Files that are watched.
    case files(FileDiscoveryConfiguration)
    /// Names that are asked for in the DNS.
    case dns(DNSDiscoveryConfiguration)
    /// A mechanism that this version reads but does not run; `key` is the section's name.
    case retained(key: String, RetainedSection)

    /// The mechanism's name as the peers' metrics call it: `static`, `file`, `dns`.
    package var mechanism: String {
        switch self {
        case .fixed, .answering: "static"
        case .files: "file"
        case .dns: "dns"
        case .retained(let key, _): key.hasSuffix(Self.suffix) ? String(key.dropLast(Self.suffix.count)) : key
        }
    }

    static let suffix = "_sd_configs"
}

/// Files with target groups.
package struct FileDiscoveryConfiguration: Sendable, Hashable {
    /// File names with `*`, `?` and `[…]` in the last part.
    package var patterns: [String]
    /// Milliseconds between two looks when nothing tells of a change.
    package var refreshInterval: Int64 = 300_000

    /// Looks for files like `patterns`.
    package init(patterns: [String], refreshInterval: Int64 = 300_000) {
        self.patterns = patterns
        self.refreshInterval = refreshInterval
    }

    init(_ node: YAMLNode, context: LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "file.plain")
        patterns = []
        for element in try reader.elements("files") ?? [] {
            let pattern = try element.text()
            guard Self.isValid(pattern) else {
                throw .invalid(
                    element.position,
                    "path name \(QuotedText.quoted(pattern)) is not valid for file discovery; it must end in "
                        + ".json, .yml or .yaml and have wildcards in its last part only")
            }
            patterns.append(context.resolve(pattern))
        }
        refreshInterval = try reader.duration("refresh_interval") ?? refreshInterval
        try reader.finish()
        guard !patterns.isEmpty else {
            throw .invalid(node.position, "file service discovery config must contain at least one path name")
        }
        guard refreshInterval > 0 else { throw .invalid(node.position, "refresh_interval must be greater than 0") }
    }

    private static func isValid(_ pattern: String) -> Bool {
        let hasEnding = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].contains { pattern.hasSuffix($0) }
        let last = pattern.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        return hasEnding && !pattern.dropLast(last.count).contains("*")
    }
}

/// Names that are asked for in the DNS.
package struct DNSDiscoveryConfiguration: Sendable, Hashable {
    /// The kind of record that is asked for.
    package enum RecordType: String, Sendable, CaseIterable {
        case srv = "SRV"
        case a = "A"
        case aaaa = "AAAA"
        case mx = "MX"
        case ns = "NS"
    }

    /// The names.
    package var names: [String]
    /// The kind of record.
    package var recordType = RecordType.srv
    /// The port of the targets; SRV records bring their own.
    package var port: UInt16 = 0
    /// Milliseconds between two questions; where none is given, those of a job are asked as often as it scrapes.
    package var refreshInterval: Int64 = 30_000
    private var isRefreshIntervalGiven = true

    /// Asks for `names`.
    package init(names: [String], recordType: RecordType = .srv, port: UInt16 = 0, refreshInterval: Int64 = 30_000) {
        self.names = names
        self.recordType = recordType
        self.port = port
        self.refreshInterval = refreshInterval
    }

    init(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "dns.plain")
        names = try reader.texts("names") ?? []
        let givenInterval = try reader.duration("refresh_interval")
        isRefreshIntervalGiven = givenInterval != nil
        refreshInterval = givenInterval ?? refreshInterval
        if let node = reader.value("type") {
            let text = try node.text()
            guard let type = RecordType(rawValue: text.uppercased()) else {
                throw .invalid(
                    node.position, "invalid DNS-SD records type \(text); use SRV, A, AAAA, MX or NS")
            }
            recordType = type
        }
        if let node = reader.value("port") {
            guard let number = UInt16(try node.plainText(expected: "int")) else {
                throw .invalid(node.position, "port must be a number from 0 to 65535")
            }
            port = number
        }
        try reader.finish()
        guard !names.isEmpty, !names.contains("") else {
            throw .invalid(node.position, "DNS-SD config must contain at least one SRV record name")
        }
        guard recordType == .srv || port > 0 else {
            throw .invalid(
                node.position, "a port is required in DNS-SD configs for all record types except SRV")
        }
        guard refreshInterval > 0 else { throw .invalid(node.position, "refresh_interval must be greater than 0") }
    }

    /// The same, asked at each scrape unless an interval was given, once a second at most and never more seldom than by default.
    ///
    /// A question costs less than a scrape, and replicas that come and go are seen within two scrapes.
    func following(scrapeInterval: Int64) -> DNSDiscoveryConfiguration {
        guard !isRefreshIntervalGiven else { return self }
        var result = self
        result.refreshInterval = min(refreshInterval, max(1_000, scrapeInterval))
        return result
    }
}
