/// When a target is scraped: every `interval`, at its own place within the interval.
///
/// The place is pinned to the wall clock and follows from the target and a seed, so that targets spread evenly, restarts
/// keep the rhythm, and two servers with different seeds do not ask at the same moment. All values are milliseconds.
package struct ScrapeSchedule: Equatable, Sendable {
    /// From one scrape to the next; at least 1.
    package let interval: Int64
    /// The place within the interval, `0 ..< interval`.
    package let offset: Int64
    /// How late a scrape may begin and still take its planned time as timestamp.
    package let tolerance: Int64

    /// A schedule whose place within the interval follows from `hash`.
    ///
    /// - Parameter tolerance: an upper bound; one hundredth of the interval is never exceeded, as in Prometheus.
    package init(interval: Int64, hash: UInt64, tolerance: Int64) {
        self.interval = max(1, interval)
        offset = Int64(hash % UInt64(self.interval))
        self.tolerance = max(0, min(tolerance, self.interval / 100))
    }

    /// The first planned time after `time`.
    package func firstTime(after time: Int64) -> Int64 {
        let phase = (time &- offset) % interval
        return time &- phase &+ (phase < 0 ? 0 : interval)
    }

    /// The timestamp of a scrape that was planned for one time and begins at another.
    package func timestamp(planned: Int64, begun: Int64) -> Int64 {
        let delay = begun &- planned
        return delay >= 0 && delay <= tolerance ? planned : begun
    }
}
