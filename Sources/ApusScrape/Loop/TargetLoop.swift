import ApusBytes
import ApusClient
import ApusConfig
import ApusModel
import Synchronization

/// Drives the state machine of one target: waits, scrapes, and tells it what happened.
final class TargetLoop: Sendable {
    let scraper: TargetScraper
    private let environment: ScrapeEnvironment
    private let machine: Mutex<ScrapeLoop>
    private let intervalText: String
    /// Set once, when the loop is started.
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ scraper: TargetScraper, environment: ScrapeEnvironment) {
        self.scraper = scraper
        self.environment = environment
        let target = scraper.target
        // Without the process' seed, so that a restart keeps the places.
        let hash =
            SeededHash(seed: 0).hash(target.labels.run.span) ^ SeededHash(seed: 1).hash(Array(target.url.utf8).span)
        machine = Mutex(
            ScrapeLoop(
                schedule: ScrapeSchedule(
                    interval: target.interval, hash: hash ^ environment.options.offsetSeed,
                    tolerance: environment.options.timestampTolerance)))
        intervalText = DurationText.string(target.interval)
    }

    /// Starts scraping, once the loop before has ended.
    func start(after predecessor: TargetLoop? = nil) {
        task.withLock { task in
            task = Task {
                await predecessor?.waitUntilEnded()
                await run()
            }
        }
    }

    /// Asks the loop to end as `ending` says.
    func stop(_ ending: ScrapeLoop.Ending) {
        let action = machine.withLock { $0.stop(ending) }
        if action == .interruptWait { task.withLock { $0?.cancel() } }
    }

    /// Ends the loop now; a scrape under way is broken off and stores nothing.
    func cancel() {
        _ = machine.withLock { $0.stop(.leavesSeries) }
        task.withLock { $0?.cancel() }
    }

    /// Whether the loop has ended.
    var hasEnded: Bool { machine.withLock { $0.hasEnded } }

    /// Waits until the loop has ended.
    func waitUntilEnded() async {
        await task.withLock { $0 }?.value
    }

    private func run() async {
        var action = machine.withLock { $0.start(at: environment.clock.now()) }
        var skippedCount = 0
        while true {
            switch action {
            case .wait(let until):
                await wait(until: until)
                action = machine.withLock { $0.timerFired(at: environment.clock.now()) }
            case .scrape(let timestamp, let sinceLast):
                if let sinceLast {
                    environment.metrics.intervalLength[intervalText].observe(Double(sinceLast) / 1_000)
                }
                await scraper.scrape(timestamp: timestamp)
                action = scrapeFinished(countingSkips: &skippedCount)
            case .endSeries(let timestamp):
                await scraper.endSeries(timestamp: timestamp)
                action = scrapeFinished(countingSkips: &skippedCount)
            case .finish:
                return
            }
            if Task.isCancelled { _ = machine.withLock { $0.stop(.leavesSeries) } }
        }
    }

    private func scrapeFinished(countingSkips known: inout Int) -> ScrapeLoop.Action {
        let (action, skipped) = machine.withLock { ($0.scrapeFinished(at: environment.clock.now()), $0.skippedCount) }
        if skipped > known {
            environment.metrics.skippedScrapes.increment(by: skipped - known)
            known = skipped
        }
        return action
    }

    /// Waits, at most an hour at once so that a clock that is set forward is noticed; cancelling ends the wait.
    private func wait(until time: Int64) async {
        let milliseconds = max(0, min(time &- environment.clock.now(), 3_600_000))
        try? await Task.sleep(for: .milliseconds(milliseconds), tolerance: .zero)
    }
}
