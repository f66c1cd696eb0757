import ApusModel

/// How many series and values of labels are taken: `storage.tsdb.limits`.
package struct SeriesLimitsConfiguration: Sendable, Hashable {
    /// A limit on some series or on one label: an entry of `rules`.
    package enum Rule: Sendable, Hashable {
        /// The most series that a selector selects.
        case series(SelectorText, maximum: Int)
        /// The most values of a label.
        case values(label: String, maximum: Int)
    }

    private static let maximumRules = 1_000

    /// The most series of all; `nil` for no limit of this kind, as below.
    package private(set) var maxSeries: Int?
    /// The most series of each metric.
    package private(set) var maxSeriesPerMetric: Int?
    /// The most values of each label but the metric's name.
    package private(set) var maxValuesPerLabel: Int?
    /// Limits on some series or labels.
    package private(set) var rules: [Rule] = []

    init(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.SeriesLimits")
        maxSeries = try Self.limit("max_series", &reader)
        maxSeriesPerMetric = try Self.limit("max_series_per_metric", &reader)
        maxValuesPerLabel = try Self.limit("max_values_per_label", &reader)
        if let nodes = try reader.elements("rules") {
            guard nodes.count <= Self.maximumRules else {
                throw .invalid(
                    node.position, "'storage.tsdb.limits.rules' may have at most \(Self.maximumRules) entries")
            }
            for node in nodes { rules.append(try Self.rule(node)) }
        }
        try reader.finish()
    }

    /// A limit for all; as with the limits of scrapes, 0 is none.
    private static func limit(_ name: String, _ reader: inout FieldReader) throws(ConfigurationError) -> Int? {
        guard let count = try reader.count(name), count > 0 else { return nil }
        return Int(clamping: count)
    }

    private static func rule(_ node: YAMLNode) throws(ConfigurationError) -> Rule {
        var reader = try FieldReader(node, section: "config.SeriesLimitRule")
        let match = reader.value("match")
        let label = try reader.text("label")
        let maxSeries = try reader.count("max_series")
        let maxValues = try reader.count("max_values")
        try reader.finish()
        switch (match, maxSeries, label, maxValues) {
        case (let match?, let maximum?, nil, nil):
            return .series(try SelectorText(match), maximum: Int(clamping: maximum))
        case (nil, nil, let label?, let maximum?) where !label.isEmpty:
            return .values(label: label, maximum: Int(clamping: maximum))
        default:
            throw .invalid(
                node.position,
                "a rule of 'storage.tsdb.limits.rules' needs either 'match' and 'max_series', or 'label' and 'max_values'"
            )
        }
    }
}

extension SeriesLimitsConfiguration {
    /// The section as it is shown.
    var shown: ShownFields {
        var fields = ShownFields()
        fields.addUnlessZero("max_series", UInt64(maxSeries ?? 0))
        fields.addUnlessZero("max_series_per_metric", UInt64(maxSeriesPerMetric ?? 0))
        fields.addUnlessZero("max_values_per_label", UInt64(maxValuesPerLabel ?? 0))
        fields.addUnlessEmpty("rules", values: rules.map(\.shown))
        return fields
    }
}

extension SeriesLimitsConfiguration.Rule {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        switch self {
        case .series(let match, let maximum):
            fields.add("match", .text(match.text))
            fields.add("max_series", .plain("\(maximum)"))
        case .values(let label, let maximum):
            fields.add("label", .text(label))
            fields.add("max_values", .plain("\(maximum)"))
        }
        return fields.value
    }
}
