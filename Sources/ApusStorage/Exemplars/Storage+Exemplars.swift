package import ApusModel
import ApusRegex
import Synchronization

extension Storage: ExemplarQueryable {
    package func exemplars(
        matching selectors: [[Matcher]], from start: Int64, through end: Int64
    ) throws(QueryableError) -> [ExemplarSeries] {
        let compiled = try CompiledMatcher.compile(selectors)
        guard start <= end else { return [] }
        // A copy shares its memory with the ring, so that matching holds nobody up.
        let ring = head.exemplars.withLock { $0 }
        return ring.select(start...end) { labels in
            compiled.contains { matchers in
                matchers.allSatisfy { $0.matches(labels) }
            }
        }
    }
}
