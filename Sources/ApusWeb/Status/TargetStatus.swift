package import ApusModel

/// How the last scrape of a target went.
package enum TargetHealth: String, Sendable {
    /// The target was not scraped yet.
    case unknown
    /// The last scrape succeeded.
    case up
    /// The last scrape failed.
    case down
}

/// A target that is scraped, as the API shows it.
package struct TargetStatus: Sendable {
    /// The labels before relabelling.
    package var discoveredLabels: LabelSet
    /// The labels that its series carry.
    package var labels: LabelSet
    /// The name of the scrape pool: the job.
    package var pool: String
    /// The URL that is scraped.
    package var url: String
    /// The URL as seen from other machines.
    package var globalURL: String
    /// Why the last scrape failed; empty when it did not.
    package var lastError: String
    /// When the last scrape began, in milliseconds since the epoch; `nil` before the first.
    package var lastScrape: Int64?
    /// How long it took, in seconds.
    package var lastScrapeDuration: Double
    /// How it went.
    package var health: TargetHealth
    /// The scrape interval in milliseconds.
    package var interval: Int64
    /// The scrape timeout in milliseconds.
    package var timeout: Int64

    /// A target with the given state.
    package init(
        discoveredLabels: LabelSet,
        labels: LabelSet,
        pool: String,
        url: String,
        globalURL: String,
        lastError: String = "",
        lastScrape: Int64? = nil,
        lastScrapeDuration: Double = 0,
        health: TargetHealth = .unknown,
        interval: Int64,
        timeout: Int64
    ) {
        self.discoveredLabels = discoveredLabels
        self.labels = labels
        self.pool = pool
        self.url = url
        self.globalURL = globalURL
        self.lastError = lastError
        self.lastScrape = lastScrape
        self.lastScrapeDuration = lastScrapeDuration
        self.health = health
        self.interval = interval
        self.timeout = timeout
    }
}

/// A target that relabelling dropped.
package struct DroppedTarget: Sendable {
    /// The labels before relabelling.
    package var discoveredLabels: LabelSet
    /// The name of the scrape pool: the job.
    package var pool: String

    /// A dropped target.
    package init(discoveredLabels: LabelSet, pool: String) {
        self.discoveredLabels = discoveredLabels
        self.pool = pool
    }
}

/// All targets at one time.
package struct TargetSnapshot: Sendable {
    /// The names of all scrape pools, in any order.
    package var pools: [String]
    /// The targets that are scraped, in any order.
    package var active: [TargetStatus]
    /// The targets that relabelling dropped; possibly not all of them.
    package var dropped: [DroppedTarget]
    /// How many were dropped, by pool; pools without an entry dropped none.
    package var droppedCounts: [String: Int]

    /// A snapshot with the given targets.
    package init(pools: [String], active: [TargetStatus], dropped: [DroppedTarget], droppedCounts: [String: Int]) {
        self.pools = pools
        self.active = active
        self.dropped = dropped
        self.droppedCounts = droppedCounts
    }
}

/// What one target said of one metric family.
package struct TargetMetadata: Sendable {
    /// The labels of the target.
    package var target: LabelSet
    /// The name of the metric family.
    package var family: String
    /// What was said.
    package var metadata: MetricMetadata

    /// What `target` said of `family`.
    package init(target: LabelSet, family: String, metadata: MetricMetadata) {
        self.target = target
        self.family = family
        self.metadata = metadata
    }
}

/// Tells of targets: the scrape manager, or a fake in a test.
package protocol TargetStatusSource: Sendable {
    /// All targets as they are now.
    func targets() async -> TargetSnapshot

    /// What the targets said of their metrics, in any order.
    func metadata() async -> [TargetMetadata]
}
