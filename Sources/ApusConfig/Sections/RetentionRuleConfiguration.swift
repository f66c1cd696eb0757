/// How long the series of one selector are kept: an entry of `storage.tsdb.retention.rules`.
package struct RetentionRuleConfiguration: Sendable, Hashable {
    /// Which series.
    package let match: SelectorText
    /// Milliseconds.
    package let time: Int64

    init(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.RetentionRule")
        guard let match = reader.value("match") else {
            throw .invalid(
                node.position, "a rule of 'storage.tsdb.retention.rules' needs 'match', such as '{job=\"x\"}'")
        }
        guard let length = reader.value("time") else {
            throw .invalid(node.position, "a rule of 'storage.tsdb.retention.rules' needs 'time', such as 90d")
        }
        self.match = try SelectorText(match)
        time = try length.duration()
        guard time > 0 else {
            throw .invalid(length.position, "'time' of a rule of 'storage.tsdb.retention.rules' must be above 0")
        }
        try reader.finish()
    }
}
