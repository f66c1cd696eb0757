package import ApusClient
package import ApusConfig
import ApusHTTP
package import ApusModel
import Logging

/// Scrapes one target when it is told to, without a loop: for tools that try a configuration, and for tests.
package final class SingleTargetScraper: Sendable {
    private let scraper: TargetScraper
    private let fetcher: HTTPFetcher

    /// A scraper of the target at `address` under the rules of `job`.
    ///
    /// - Throws: when the job relabels the target away, its certificates cannot be used, or no thread can be started.
    package init(
        job: ScrapeConfiguration, address: String, labels: [Label] = [], store: any Appendable,
        registry: MetricRegistry, options: ScrapeOptions = ScrapeOptions(), clock: any WallClock = SystemWallClock()
    ) throws {
        let workers = try ScrapeWorkers(threadCount: 1)
        let environment = ScrapeEnvironment(
            store: store, workers: workers, scratches: ScratchPool(count: 1),
            metrics: try ScrapeMetrics(registry: registry), families: FamilyTable(), clock: clock, options: options,
            localTargets: [:], logger: Logger(label: "apus.scrape", factory: { _ in SwiftLogNoOpLogHandler() }))
        let group = TargetGroup(source: "single", addresses: [address], labels: LabelSet(labels))
        guard case .active(let target)? = TargetBuilder(job).outcomes(of: group).first else {
            throw SingleTargetError.notActive(address: address)
        }
        fetcher = try HTTPFetcher(options: HTTPClientOptions(job.http))
        scraper = TargetScraper(
            target, job: JobSettings(job, fetcher: fetcher, options: options), environment: environment)
    }

    /// Scrapes once and stores under `timestamp` (milliseconds since the epoch).
    package func scrape(timestamp: Int64) async { await scraper.scrape(timestamp: timestamp) }

    /// Writes the staleness markers of all series of the target.
    package func endSeries(timestamp: Int64) async { await scraper.endSeries(timestamp: timestamp) }

    /// How the last scrape went.
    package var status: TargetStatus { scraper.status }

    /// What the target says of its metrics.
    package var families: [FamilyMetadata] { scraper.families }

    /// How many series are remembered from scrape to scrape.
    package var rememberedSeriesCount: Int { scraper.rememberedSeriesCount }

    /// Closes the connections; must be called at the end.
    package func shutDown() async { await fetcher.shutDown() }
}

/// Why one target cannot be scraped.
package enum SingleTargetError: Error, Equatable, CustomStringConvertible {
    /// The job drops the target, or it is not valid.
    case notActive(address: String)

    package var description: String {
        switch self {
        case .notActive(let address): "the job's relabelling drops \(address), or the target is not valid"
        }
    }
}
