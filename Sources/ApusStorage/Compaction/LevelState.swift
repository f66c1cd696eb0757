/// What the compaction of blocks remembers from one to the next.
struct LevelState {
    /// When a block whose compaction failed may be tried again, on the clock that only goes forward.
    private struct Delay {
        var failures = 0
        var end = 0
    }

    private static let firstDelay = 60_000
    private static let longestDelay = 3_600_000

    private var delays: [String: Delay] = [:]
    /// How many rules had ended for a block when it was last found to hold nothing that is past its retention.
    var checkedRules: [String: Int] = [:]

    /// Whether the compaction of a block has to wait.
    func isHeldBack(_ identifier: String, now: Int) -> Bool {
        delays[identifier].map { now < $0.end } ?? false
    }

    /// Notes that the compaction of blocks failed: a minute, then twice as long each time, up to an hour.
    mutating func noteFailure(of identifiers: [String], now: Int) {
        for identifier in identifiers {
            var delay = delays[identifier] ?? Delay()
            delay.end = now + min(Self.longestDelay, Self.firstDelay << min(delay.failures, 10))
            delay.failures += 1
            delays[identifier] = delay
        }
    }

    /// Forgets blocks that are no more.
    mutating func keepOnly(_ identifiers: Set<String>) {
        delays = delays.filter { identifiers.contains($0.key) }
        checkedRules = checkedRules.filter { identifiers.contains($0.key) }
    }
}
