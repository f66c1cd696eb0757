/// What the compaction of blocks remembers from one to the next.
struct LevelState {
    private var delays: [String: RetryDelay] = [:]
    /// How many rules had ended for a block when it was last found to hold nothing that is past its retention.
    var checkedRules: [String: Int] = [:]
    /// Damaged roll-ups whose samples are gone, which were told of.
    var reportedRollups: Set<String> = []
    /// The rules for which that holds.
    private var rulesRevision = 0

    /// Whether the compaction of a block has to wait.
    func isHeldBack(_ identifier: String, now: Int) -> Bool {
        delays[identifier]?.isWaiting(now: now) ?? false
    }

    /// Notes that the compaction of blocks failed: a minute, then twice as long each time, up to an hour.
    mutating func noteFailure(of identifiers: [String], now: Int) {
        for identifier in identifiers {
            delays[identifier, default: RetryDelay(first: 60_000, longest: 3_600_000)].noteFailure(now: now)
        }
    }

    /// Forgets which blocks hold nothing that is past its retention, when the rules are others now.
    mutating func forgetCheckedRules(unless revision: Int) {
        if revision == rulesRevision { return }
        rulesRevision = revision
        checkedRules = [:]
    }

    /// Forgets blocks that are no more.
    mutating func keepOnly(_ identifiers: Set<String>) {
        delays = delays.filter { identifiers.contains($0.key) }
        checkedRules = checkedRules.filter { identifiers.contains($0.key) }
    }
}
