import ApusClient
import ApusConfig
import ApusHTTP
import ApusModel
import ApusScrape
import ApusTestSupport
import Logging
import Synchronization
import Testing

/// A page that a test changes between two scrapes.
final class Page: Sendable {
    private let steps: Mutex<[LoopbackServer.Step]>

    init(_ text: String) { steps = Mutex(LoopbackServer.answer(text.utf8)) }

    /// Serves `text` from now on.
    func set(_ text: String, contentType: String? = "text/plain; version=0.0.4") {
        set(LoopbackServer.answer(text.utf8, contentType: contentType))
    }

    /// Answers with `steps` from now on.
    func set(_ steps: [LoopbackServer.Step]) { self.steps.withLock { $0 = steps } }

    var answer: [LoopbackServer.Step] { steps.withLock { $0 } }
}

/// One target, one job and a store in memory; each `scrape` is a whole one, over a socket.
final class ScrapeBench: Sendable {
    let page: Page
    let server: LoopbackServer
    let store = MemoryStore()
    let registry = MetricRegistry()
    private let probe: SingleTargetScraper

    /// - Parameter change: what the job has beside the defaults.
    init(
        _ text: String = "", now: Int64 = 1_000_000, change: (inout ScrapeConfiguration) throws -> Void = { _ in }
    ) throws {
        let page = Page(text)
        self.page = page
        server = try LoopbackServer { _ in page.answer }
        var job = ScrapeConfiguration(jobName: "j")
        job.scrapeTimeout = 2_000
        try change(&job)
        var options = ScrapeOptions()
        options.largestBody = 4 << 20
        probe = try SingleTargetScraper(
            job: job, address: "127.0.0.1:\(server.port)", labels: [Label(name: "instance", value: "i")],
            store: store, registry: registry, options: options, clock: ManualClock(milliseconds: now))
    }

    /// Scrapes once.
    @discardableResult
    func scrape(at timestamp: Int64) async -> TargetStatus {
        await probe.scrape(timestamp: timestamp)
        return probe.status
    }

    /// Ends the target's series.
    func endSeries(at timestamp: Int64) async { await probe.endSeries(timestamp: timestamp) }

    var rememberedSeriesCount: Int { probe.rememberedSeriesCount }

    var families: [FamilyMetadata] { probe.families }

    /// The value of one of the scraper's metrics.
    func metric(_ name: String) -> Double? {
        let text = String(decoding: registry.expose().body, as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
            return Double(line.dropFirst(name.count + 1))
        }
        return nil
    }

    func stop() async {
        await probe.shutDown()
        server.stop()
    }
}

/// Runs `body` with a bench and stops it afterwards.
func withBench(
    _ text: String = "", now: Int64 = 1_000_000, change: (inout ScrapeConfiguration) throws -> Void = { _ in },
    _ body: (ScrapeBench) async throws -> Void
) async throws {
    let bench = try ScrapeBench(text, now: now, change: change)
    do {
        try await body(bench)
    } catch {
        await bench.stop()
        throw error
    }
    await bench.stop()
}
