/// Remembers the limits of groups, which are a third of their files and change seldom.
struct LimitsMemory {
    private struct Known {
        let limits: GroupLimits
        /// The revision of the place that they were read at.
        let revision: UInt64
        /// When they are read again, in milliseconds.
        let end: Int64
    }

    private let interval: Int64
    private var known: [String: Known] = [:]
    private var nextCleaning: Int64 = .min

    init(interval: Int64) {
        self.interval = max(0, interval)
    }

    /// The limits of a container's group, read again where that is due.
    mutating func limits(
        of id: String, _ place: GroupLocator.Place, now: Int64, _ reader: inout FileReader
    ) throws(ExporterError) -> GroupLimits {
        // A clock that was set back must not make them last.
        if let known = known[id], known.revision == place.revision, now < known.end, known.end - now <= interval {
            return known.limits
        }
        if now >= nextCleaning {
            // Those of containers that are gone are long over.
            known = known.filter { now - $0.value.end < interval }
            nextCleaning = now + interval
        }
        let limits = try GroupReader.limits(of: place.folders, &reader)
        // Not all at the same scrape: each lasts between a half and the whole of the interval, by its id.
        let share = Int64(id.utf8.prefix(8).reduce(0) { ($0 &* 31 &+ UInt32($1)) } % 1_024)
        known[id] = Known(
            limits: limits, revision: place.revision, end: now + interval / 2 + interval / 2 * share / 1_024)
        return limits
    }
}
