package import ApusModel
import ApusRegex

/// From which age on blocks tell their samples also in coarser steps, of which series, and for how long.
package struct RollupRule: Sendable {
    /// The length of a bucket in milliseconds.
    package let resolution: Int64
    /// How far behind the newest sample of the store a block ends that has the roll-up, in milliseconds.
    package let after: Int64
    /// How long the roll-up is kept when the samples are gone, in milliseconds; `nil` when it goes with them.
    package let keep: Int64?
    private let matchers: [CompiledMatcher]

    /// A roll-up of the series that all matchers select, every series without any.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package init(
        resolution: Int64, after: Int64, keep: Int64? = nil, matchers: [Matcher] = []
    ) throws(QueryableError) {
        self.resolution = min(max(1, resolution), RollupFormat.longestResolution)
        self.after = max(0, after)
        self.keep = keep.map { max(0, $0) }
        self.matchers = try CompiledMatcher.compile(matchers)
    }

    /// The rule as text: `5m 90d {job="x"}`.
    package var description: String {
        var text = DurationText.string(resolution)
        if let keep { text += " \(DurationText.string(keep))" }
        if matchers.isEmpty { return text }
        return text + " {\(matchers.map(\.matcher.description).joined(separator: ","))}"
    }

    /// Whether a series is rolled up.
    func selects(_ labels: LabelSet) -> Bool { matchers.allSatisfy { $0.matches(labels) } }

    /// Whether a block is old enough, `newest` being the time of the newest sample of the store.
    func isDue(_ block: Block, newest: Int64) -> Bool {
        let (limit, overflow) = newest.subtractingReportingOverflow(after)
        return !overflow && block.header.maximumTime <= limit
    }
}
