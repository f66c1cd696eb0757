import Synchronization

/// How long and how much is kept; can be changed while the store is open.
package struct RetentionSettings: Sendable {
    /// How long samples are kept, in milliseconds.
    package var time: Int64
    /// How long the samples of selected series are kept, in place of `time`.
    package var rules: RetentionRules
    /// The most bytes of all files; 0 for no limit.
    package var bytes: Int
    /// The same as percentage of the disk, 0 for no limit; the lower of both counts.
    package var percentage: Double
    /// What of old blocks is kept in coarser steps beside the samples.
    package var rollups: [RollupRule]
    /// Another number after each change.
    fileprivate(set) var revision = 0

    /// What the options say.
    package init(_ options: StorageOptions) {
        time = options.retention
        rules = options.retentionRules
        bytes = options.retentionBytes
        percentage = options.retentionPercentage
        rollups = options.rollups
    }

    /// How long anything is kept at most, samples or what roll-ups tell of them.
    var longestTime: Int64 { max(rules.longest(retention: time), rollups.compactMap(\.keep).max() ?? 0) }

    /// The longest span of time of a block that is good for this, in milliseconds: a tenth of the longest time of samples, at most 31 days.
    var longestBlock: Int64 { min(31 * 86_400_000, rules.longest(retention: time) / 10) }

    /// The same for blocks of which only roll-ups are left.
    var longestRolledBlock: Int64 { min(31 * 86_400_000, longestTime / 10) }
}

extension Storage {
    /// How long and how much is kept: at first what the options say.
    ///
    /// What is past a shorter time is hidden from queriers that are opened from now on where a rule selects it; the rest of it, and what a
    /// longer time would have kept, goes and stays as blocks are looked at next.
    package var retentionSettings: RetentionSettings {
        get { settings.withLock { $0 } }
        set {
            settings.withLock { settings in
                let revision = settings.revision
                settings = newValue
                settings.revision = revision + 1
            }
        }
    }
}
