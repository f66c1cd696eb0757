import ApusModel

/// A roll-up of old blocks: an entry of `storage.tsdb.rollups`.
package struct RollupConfiguration: Sendable, Hashable {
    /// The length of a bucket in milliseconds.
    package let resolution: Int64
    /// From which age on blocks have it, in milliseconds.
    package let after: Int64
    /// How long it is kept when the samples are gone, in milliseconds; `nil` when it goes with them.
    package let keep: Int64?
    /// Which series have it; `nil` for all.
    package let match: SelectorText?

    /// What a bucket may be long: shorter ones save nothing, longer ones hold more samples than one column can.
    private static let resolutions: ClosedRange<Int64> = 60_000...86_400_000
    /// The age that counts where none is given, in milliseconds.
    private static let defaultAge: Int64 = 2 * 86_400_000
    private static let maximumCount = 4

    /// Reads a list with each resolution once.
    static func list(_ nodes: [YAMLNode]) throws(ConfigurationError) -> [RollupConfiguration] {
        var result: [RollupConfiguration] = []
        for node in nodes {
            let rollup = try RollupConfiguration(node)
            guard !result.contains(where: { $0.resolution == rollup.resolution }) else {
                let resolution = DurationText.string(rollup.resolution)
                throw .invalid(node.position, "'storage.tsdb.rollups' has the resolution \(resolution) twice; keep one")
            }
            guard result.count < maximumCount else {
                throw .invalid(node.position, "'storage.tsdb.rollups' may have at most \(maximumCount) entries")
            }
            result.append(rollup)
        }
        return result
    }

    private init(_ node: YAMLNode) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.RollupConfig")
        guard let length = reader.value("resolution") else {
            throw .invalid(node.position, "an entry of 'storage.tsdb.rollups' needs 'resolution', such as 5m")
        }
        resolution = try length.duration()
        guard Self.resolutions.contains(resolution) else {
            throw .invalid(length.position, "'resolution' of an entry of 'storage.tsdb.rollups' must be from 1m to 1d")
        }
        after = try reader.duration("after") ?? Self.defaultAge
        if let node = reader.value("keep") {
            let keep = try node.duration()
            guard keep > after else {
                throw .invalid(
                    node.position,
                    "'keep' of an entry of 'storage.tsdb.rollups' must be longer than 'after', which is"
                        + " \(DurationText.string(after))")
            }
            self.keep = keep
        } else {
            keep = nil
        }
        match = if let node = reader.value("match") { try SelectorText(node) } else { nil }
        try reader.finish()
    }
}
