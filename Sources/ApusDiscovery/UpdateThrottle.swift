/// Decides when changes of jobs are passed on: at once when a job has been quiet, else gathered until an interval is over.
///
/// Neither waits nor reads a clock.
package struct UpdateThrottle: Sendable {
    private let interval: Duration
    /// When each changed job is due.
    private var dueTimes: [String: ContinuousClock.Instant] = [:]
    private var lastUpdates: [String: ContinuousClock.Instant] = [:]

    /// A throttle that passes on changes of a job at most once per `interval`.
    package init(interval: Duration) {
        self.interval = interval
    }

    /// Notes that a job has changed.
    ///
    /// - Returns: whether the change must wait.
    package mutating func note(_ job: String, now: ContinuousClock.Instant) -> Bool {
        if dueTimes[job] != nil { return true }
        let earliest = lastUpdates[job].map { $0 + interval } ?? now
        dueTimes[job] = max(now, earliest)
        return earliest > now
    }

    /// When the next change is due; `nil` when there is none.
    package var nextDue: ContinuousClock.Instant? {
        dueTimes.values.min()
    }

    /// The changed jobs that are due, sorted; they count as passed on.
    package mutating func takeDue(now: ContinuousClock.Instant) -> [String] {
        let jobs = dueTimes.filter { $0.value <= now }.keys.sorted()
        for job in jobs {
            dueTimes[job] = nil
            lastUpdates[job] = now
        }
        return jobs
    }

    /// Forgets a job that is gone.
    package mutating func forget(_ job: String) {
        dueTimes[job] = nil
        lastUpdates[job] = nil
    }
}
