import ApusClient
import Synchronization

/// Times the calls of a method as the framework of the textbook's service does: count, sum, and the longest of late.
struct TimedMethod: Sendable {
    private let durations: Summary
    private let longest: RecentMaximum

    /// Registers `method_timed_seconds` and `method_timed_seconds_max`.
    init(_ method: String, of type: String, registry: MetricRegistry) throws(MetricError) {
        let labels: MetricLabels = ["class": type, "exception": "none", "method": method]
        durations = try registry.summary("method_timed_seconds", help: "Time of calls.", constantLabels: labels)
        let longest = RecentMaximum()
        try registry.gauge(
            "method_timed_seconds_max", help: "Longest call of the last two to three minutes.", constantLabels: labels
        ) {
            longest.seconds
        }
        self.longest = longest
    }

    /// Times a call.
    func measure<Result>(_ work: () -> Result) -> Result {
        let timer = RunningTimer()
        defer { longest.note(timer.stop(durations)) }
        return work()
    }
}

/// The longest duration of the last two to three minutes, kept minute by minute.
private final class RecentMaximum: Sendable {
    private struct State {
        var minutes: [Duration] = [.zero, .zero, .zero]
        var began = ContinuousClock.now

        /// Forgets the minutes that have passed.
        mutating func advance(to now: ContinuousClock.Instant) {
            var passed = 0
            while began.duration(to: now) >= .seconds(60), passed < minutes.count {
                minutes = [.zero] + minutes.dropLast()
                began = began.advanced(by: .seconds(60))
                passed += 1
            }
            if passed == minutes.count { began = now }
        }
    }

    private let state = Mutex(State())

    func note(_ duration: Duration) {
        state.withLock { state in
            state.advance(to: .now)
            state.minutes[0] = max(state.minutes[0], duration)
        }
    }

    var seconds: Double {
        state.withLock { state in
            state.advance(to: .now)
            return (state.minutes.max() ?? .zero) / .seconds(1)
        }
    }
}
