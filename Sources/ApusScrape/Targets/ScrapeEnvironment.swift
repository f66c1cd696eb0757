import ApusModel
import Logging

/// What every target needs of its surroundings.
struct ScrapeEnvironment: Sendable {
    let store: any Appendable
    let workers: ScrapeWorkers
    let scratches: ScratchPool
    let metrics: ScrapeMetrics
    let families: FamilyTable
    let clock: any WallClock
    let options: ScrapeOptions
    /// Targets within this process, by URL.
    let localTargets: [String: any LocalTarget]
    let logger: Logger
}
