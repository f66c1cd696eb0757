package import ApusConfig
package import ApusModel

/// Whether a target answers.
package enum TargetHealth: String, Sendable {
    /// It was not scraped yet.
    case unknown
    /// The last scrape succeeded.
    case up
    /// The last scrape failed.
    case down
}

/// How the last scrape of a target went.
package struct TargetStatus: Sendable {
    /// Whether the target answers.
    package var health = TargetHealth.unknown
    /// Why the last scrape failed; empty when it did not.
    package var lastError = ""
    /// When the last scrape began, in milliseconds since the epoch; `nil` before the first.
    package var lastScrape: Int64?
    /// Seconds that the last scrape took.
    package var lastDuration: Double = 0
}

/// A target as `/api/v1/targets` shows it.
package struct ActiveTarget: Sendable {
    /// The job.
    package let scrapePool: String
    /// Labels, address, interval and timeout.
    package let target: ResolvedTarget
    /// How the last scrape went.
    package let status: TargetStatus
}

/// A target that relabelling dropped.
package struct DroppedTarget: Sendable {
    /// The job.
    package let scrapePool: String
    /// The labels before relabelling.
    package let discoveredLabels: LabelSet
}

/// All targets at one moment.
package struct TargetsSnapshot: Sendable {
    /// The targets that are scraped, by job in the order of their names.
    package var active: [ActiveTarget] = []
    /// The dropped targets that are remembered.
    package var dropped: [DroppedTarget] = []
    /// How many targets each job dropped, remembered or not.
    package var droppedCounts: [String: Int] = [:]
}

/// What one target says of one of its families.
package struct TargetFamily: Sendable {
    /// The target's labels.
    package let target: LabelSet
    /// The family with its type, help and unit.
    package let family: FamilyMetadata
}
