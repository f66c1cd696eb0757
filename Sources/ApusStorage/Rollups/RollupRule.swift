package import ApusModel
import ApusRegex

/// From which age on blocks tell their samples also in coarser steps, and of which series.
package struct RollupRule: Sendable {
    /// The length of a bucket in milliseconds.
    package let resolution: Int64
    /// How far behind the newest sample of the store a block ends that has the roll-up, in milliseconds.
    package let after: Int64
    private let matchers: [CompiledMatcher]

    /// A roll-up of the series that all matchers select, every series without any.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package init(resolution: Int64, after: Int64, matchers: [Matcher] = []) throws(QueryableError) {
        self.resolution = min(max(1, resolution), 86_400_000)
        self.after = max(0, after)
        self.matchers = try CompiledMatcher.compile(matchers)
    }

    /// Whether a series of a block is rolled up.
    func selects(_ number: UInt32, of block: Block) throws(QueryableError) -> Bool {
        if matchers.isEmpty { return true }
        let labels = try block.labelSet(of: number)
        return matchers.allSatisfy { $0.matches(labels) }
    }

    /// Whether a block is old enough, `newest` being the time of the newest sample of the store.
    func isDue(_ block: Block, newest: Int64) -> Bool {
        let (limit, overflow) = newest.subtractingReportingOverflow(after)
        return !overflow && block.header.maximumTime <= limit
    }
}
