import ApusModel

/// The rules of retention and roll-ups seen from one moment: what of a series counts as gone.
struct RetentionHorizon: Sendable {
    private let rules: RetentionRules
    private let retention: Int64
    /// The roll-ups that outlive the samples.
    private let kept: [RollupRule]
    private let newest: Int64
    /// Samples from this time on are never gone.
    let latestStart: Int64

    /// The horizon when the newest sample of the store has the time `newest`; `nil` when every series is kept equally long.
    init?(_ settings: RetentionSettings, newest: Int64) {
        kept = settings.rollups.filter { $0.keep != nil }
        guard !settings.rules.isEmpty || !kept.isEmpty, newest > .min else { return nil }
        rules = settings.rules
        retention = settings.time
        self.newest = newest
        latestStart = Self.start(newest: newest, keep: rules.shortest(retention: retention))
    }

    /// Whether any roll-up outlives samples.
    var keepsRollups: Bool { !kept.isEmpty }

    /// How many rules, the store's own retention, and roll-ups keep nothing of what is at `time` or before.
    func endedRules(before time: Int64) -> Int {
        (rules.keeps + [retention] + kept.compactMap(\.keep)).count { Self.start(newest: newest, keep: $0) > time }
    }

    /// What there is of a series before this time is gone, samples and roll-ups.
    ///
    /// Where a roll-up outlives the samples, these stay visible until all of their block is past its time.
    func start(of labels: LabelSet) -> Int64 {
        let samples = sampleStart(of: labels)
        guard !kept.isEmpty, let keep = kept.filter({ $0.selects(labels) }).compactMap(\.keep).max() else {
            return samples
        }
        return min(samples, Self.start(newest: newest, keep: keep))
    }

    /// Samples of a series before this time need not be kept.
    func sampleStart(of labels: LabelSet) -> Int64 {
        Self.start(newest: newest, keep: rules.keep(of: labels, retention: retention))
    }

    /// The resolutions in which a series is kept whose newest sample in a block is at `time`, when its samples are gone.
    func keptResolutions(of labels: LabelSet, through time: Int64) -> [Int64] {
        kept.filter { rule in
            rule.keep.map { Self.start(newest: newest, keep: $0) <= time } ?? false && rule.selects(labels)
        }.map(\.resolution)
    }

    private static func start(newest: Int64, keep: Int64) -> Int64 {
        let (start, overflow) = newest.subtractingReportingOverflow(keep)
        return overflow ? .min : start
    }
}
