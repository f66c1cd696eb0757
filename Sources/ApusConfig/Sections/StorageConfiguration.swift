import ApusModel

/// The `storage` section.
package struct StorageConfiguration: Sendable, Hashable {
    /// How float samples are packed into chunks.
    package enum FloatEncoding: String, Sendable, CaseIterable {
        case xor, xor2
    }

    /// What is kept, and for how long; `nil` where the file does not say.
    package struct Retention: Sendable, Hashable {
        /// Milliseconds.
        package var time: Int64?
        /// Bytes of all blocks.
        package var size: Int64?
        /// Per cent of the disk, 0 to 100.
        package var percentage: Double?
        /// How long the series of some selectors are kept, in place of `time`; the first that selects a series counts.
        package var rules: [RetentionRuleConfiguration] = []
    }

    /// Milliseconds that a sample may be older than the newest of its series.
    package var outOfOrderTimeWindow: Int64?
    /// The share of stale series that starts a compaction.
    package var staleSeriesCompactionThreshold: Double?
    /// How float samples are packed.
    package var floatEncoding: FloatEncoding?
    /// What is kept.
    package var retention: Retention?
    /// What of old blocks is kept in coarser steps beside the samples.
    package var rollups: [RollupConfiguration] = []
    /// How many series and values of labels are taken.
    package var limits: SeriesLimitsConfiguration?
    /// The most exemplars in memory.
    package var maxExemplars: Int?

    /// Nothing configured.
    package init() {}

    init(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.StorageConfig")
        if let node = reader.value("tsdb") { try readTSDB(node) }
        if let node = reader.value("exemplars") {
            var exemplars = try FieldReader(node, section: "config.ExemplarsConfig")
            maxExemplars = try exemplars.integer("max_exemplars")
            try exemplars.finish()
        }
        try reader.finish()
    }

    private mutating func readTSDB(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.plain")
        outOfOrderTimeWindow = try reader.duration("out_of_order_time_window")
        if let node = reader.value("stale_series_compaction_threshold") {
            let threshold = try node.number()
            guard threshold >= 0, threshold <= 1 else {
                throw .invalid(
                    node.position, "'storage.tsdb.stale_series_compaction_threshold' must be in the range [0, 1]")
            }
            staleSeriesCompactionThreshold = threshold
        }
        if let node = reader.value("chunk_encoding") {
            var encoding = try FieldReader(node, section: "config.ChunkEncodingConfig")
            if let node = encoding.value("floats") { floatEncoding = try Self.floatEncoding(node) }
            try encoding.finish()
        }
        if let node = reader.value("limits") { limits = try SeriesLimitsConfiguration(node) }
        if let node = reader.value("retention") { retention = try Self.retention(node) }
        if let nodes = try reader.elements("rollups") { rollups = try RollupConfiguration.list(nodes) }
        try reader.finish()
    }

    private static func floatEncoding(_ node: YAMLNode) throws(ConfigurationError) -> FloatEncoding {
        let text = try node.text()
        guard let encoding = FloatEncoding(rawValue: text) else {
            throw .invalid(
                node.position,
                "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, "
                    + "got \(QuotedText.quoted(text))")
        }
        return encoding
    }

    private static func retention(_ node: YAMLNode) throws(ConfigurationError) -> Retention {
        var reader = try FieldReader(node, section: "config.plain")
        var retention = Retention()
        retention.time = try reader.duration("time")
        if let node = reader.value("size") {
            let size = try node.size()
            guard size >= 0 else {
                throw .invalid(node.position, "'storage.tsdb.retention.size' must be greater than or equal to 0")
            }
            retention.size = size
        }
        if let node = reader.value("percentage") {
            let percentage = try node.number()
            guard percentage >= 0, percentage <= 100 else {
                throw .invalid(node.position, "'storage.tsdb.retention.percentage' must be in the range [0, 100]")
            }
            retention.percentage = percentage
        }
        for node in try reader.elements("rules") ?? [] { retention.rules.append(try RetentionRuleConfiguration(node)) }
        try reader.finish()
        return retention
    }
}
