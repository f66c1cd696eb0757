import ApusQuery
import Logging

/// What `--enable-feature` names, in Prometheus' spelling.
struct FeatureFlags: Sendable {
    /// What a name means for this program.
    private enum Meaning {
        /// Switches on something in the query engine that is off by default.
        case switchesOn
        /// Here it is on without the flag.
        case alwaysOn
        /// Prometheus has it by default meanwhile.
        case graduated
        /// This program works in another way and needs no such switch, or does not have the feature.
        case withoutEffect
        case unknown
    }

    private static let withoutEffect: Set<String> = [
        "concurrent-rule-eval", "created-timestamp-zero-ingestion", "delayed-compaction", "extra-scrape-metrics",
        "histograms-st-encoding", "memory-snapshot-on-shutdown", "metadata-wal-records", "old-ui",
        "otlp-deltatocumulative", "otlp-native-delta-ingestion", "search-api", "st-storage", "st-synthesis",
        "use-uncached-io", "xor2-encoding",
    ]
    private static let graduated: Set<String> = [
        "auto-gomaxprocs", "auto-gomemlimit", "expand-external-labels", "native-histograms",
        "new-service-discovery-manager", "no-default-scrape-port", "promql-at-modifier", "promql-duration-expr",
        "promql-negative-offset", "remote-write-receiver", "utf8-names",
    ]

    /// The names, in the order in which they were given.
    let names: [String]

    /// - Parameter values: the flag's values, each one name or several with commas between them.
    init(_ values: [String]) {
        names = values.flatMap { $0.split(separator: ",") }.map { String($0.filter { $0 != " " }) }.filter {
            !$0.isEmpty
        }
    }

    /// Switches on what concerns the engine.
    func apply(to features: inout EngineFeatures) {
        for name in names { features.enable(named: name) }
    }

    /// Tells what each name does here.
    func report(to logger: Logger) {
        for name in names {
            let metadata: Logger.Metadata = ["option": "\(name)"]
            switch Self.meaning(of: name) {
            case .switchesOn: logger.info("Feature enabled", metadata: metadata)
            case .alwaysOn: logger.info("This feature is on without the option", metadata: metadata)
            case .graduated:
                logger.warning(
                    "This option for --enable-feature is a no-op: the feature is part of every installation",
                    metadata: metadata)
            case .withoutEffect:
                logger.warning("This option for --enable-feature has no effect in this program", metadata: metadata)
            case .unknown: logger.warning("Unknown option for --enable-feature", metadata: metadata)
            }
        }
    }

    private static func meaning(of name: String) -> Meaning {
        if graduated.contains(name) { return .graduated }
        if let feature = EngineFeatures.Feature(rawValue: name) {
            return feature.isOnByDefault ? .alwaysOn : .switchesOn
        }
        if name == "exemplar-storage" { return .alwaysOn }
        return withoutEffect.contains(name) ? .withoutEffect : .unknown
    }
}
