import ApusConfig
import ApusModel
package import ApusScrape

extension ScrapeManager: TargetStatusSource {
    package func targets() async -> TargetSnapshot {
        let snapshot: ApusScrape.TargetsSnapshot = targets()
        return TargetSnapshot(
            pools: scrapePools,
            active: snapshot.active.map { active in
                TargetStatus(
                    discoveredLabels: active.target.discoveredLabels, labels: active.target.labels,
                    pool: active.scrapePool, url: active.target.url, globalURL: active.target.url,
                    lastError: active.status.lastError, lastScrape: active.status.lastScrape,
                    lastScrapeDuration: active.status.lastDuration,
                    health: TargetHealth(active.status.health), interval: active.target.interval,
                    timeout: active.target.timeout)
            },
            dropped: snapshot.dropped.map {
                DroppedTarget(discoveredLabels: $0.discoveredLabels, pool: $0.scrapePool)
            },
            droppedCounts: snapshot.droppedCounts)
    }

    package func metadata() async -> [TargetMetadata] {
        families().map { TargetMetadata(target: $0.target, family: $0.family.family, metadata: $0.family.metadata) }
    }
}

extension TargetHealth {
    fileprivate init(_ health: ApusScrape.TargetHealth) {
        switch health {
        case .unknown: self = .unknown
        case .up: self = .up
        case .down: self = .down
        }
    }
}
