/// What a scrape may bring; 0 is no limit.
package struct ScrapeLimits: Sendable, Hashable {
    /// Bytes of an uncompressed body.
    package var bodySize: Int64 = 0
    /// Samples after metric relabelling.
    package var samples: UInt64 = 0
    /// Labels of one sample.
    package var labels: UInt64 = 0
    /// Bytes of a label's name.
    package var labelNameLength: UInt64 = 0
    /// Bytes of a label's value.
    package var labelValueLength: UInt64 = 0
    /// Targets of the job after relabelling.
    package var targets: UInt64 = 0
    /// Dropped targets of the job that are remembered.
    package var keptDroppedTargets: UInt64 = 0

    /// No limits.
    package init() {}

    /// Reads the limits; what is absent or 0 is inherited.
    init(_ reader: inout FieldReader, inheriting inherited: ScrapeLimits) throws(ConfigurationError) {
        func orInherited(_ value: UInt64?, _ inherited: UInt64) -> UInt64 {
            guard let value, value > 0 else { return inherited }
            return value
        }
        let position = reader.value("body_size_limit")?.position ?? reader.position
        let size = try reader.size("body_size_limit") ?? 0
        guard size >= 0 else { throw .invalid(position, "body_size_limit must be greater than or equal to 0") }
        bodySize = size > 0 ? size : inherited.bodySize
        samples = orInherited(try reader.count("sample_limit"), inherited.samples)
        labels = orInherited(try reader.count("label_limit"), inherited.labels)
        labelNameLength = orInherited(try reader.count("label_name_length_limit"), inherited.labelNameLength)
        labelValueLength = orInherited(try reader.count("label_value_length_limit"), inherited.labelValueLength)
        targets = orInherited(try reader.count("target_limit"), inherited.targets)
        keptDroppedTargets = orInherited(try reader.count("keep_dropped_targets"), inherited.keptDroppedTargets)
    }
}
