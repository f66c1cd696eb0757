import ApusScrape
import ApusTestSupport
import Testing

@Suite
struct ScrapeLoopTests {
    private static func loop(interval: Int64 = 10_000, offset: Int64 = 3_000) -> ScrapeLoop {
        ScrapeLoop(schedule: ScrapeSchedule(interval: interval, hash: UInt64(offset), tolerance: 2))
    }

    @Test("scrapes take place at the target's own place in the interval")
    func rhythm() {
        var loop = Self.loop()
        #expect(loop.start(at: 100_000) == .wait(until: 103_000))
        #expect(loop.timerFired(at: 103_000) == .scrape(timestamp: 103_000, sinceLast: nil))
        #expect(loop.scrapeFinished(at: 103_700) == .wait(until: 113_000))
        #expect(loop.timerFired(at: 113_001) == .scrape(timestamp: 113_000, sinceLast: 10_001))
        #expect(loop.scrapeFinished(at: 113_002) == .wait(until: 123_000))
    }

    @Test("a scrape that begins later than the tolerance takes its own time as timestamp")
    func lateBeginning() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        #expect(loop.timerFired(at: 103_003) == .scrape(timestamp: 103_003, sinceLast: nil))
        #expect(loop.scrapeFinished(at: 103_010) == .wait(until: 113_000))
    }

    @Test("the tolerance is never more than a hundredth of the interval")
    func toleranceOfShortIntervals() {
        let schedule = ScrapeSchedule(interval: 100, hash: 0, tolerance: 2)
        #expect(schedule.timestamp(planned: 1_000, begun: 1_001) == 1_000)
        #expect(schedule.timestamp(planned: 1_000, begun: 1_002) == 1_002)
    }

    @Test("planned times that a slow scrape used up are skipped, not caught up with")
    func slowScrape() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        _ = loop.timerFired(at: 103_000)
        #expect(loop.scrapeFinished(at: 135_000) == .wait(until: 143_000))
        #expect(loop.skippedCount == 3)
    }

    @Test("a timer that fires early is waited for again; one that fires far too late skips")
    func timers() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        #expect(loop.timerFired(at: 102_998) == .wait(until: 103_000))
        #expect(loop.timerFired(at: 153_500) == .scrape(timestamp: 153_500, sinceLast: nil))
        #expect(loop.skippedCount == 5)
        #expect(loop.scrapeFinished(at: 154_000) == .wait(until: 163_000))
    }

    @Test("a clock that is set back does not silence the target")
    func clockSetBack() {
        var loop = Self.loop()
        _ = loop.start(at: 1_000_000)
        #expect(loop.timerFired(at: 1_003_000) == .scrape(timestamp: 1_003_000, sinceLast: nil))
        #expect(loop.scrapeFinished(at: 500_000) == .wait(until: 503_000))
        #expect(loop.timerFired(at: 503_000) == .scrape(timestamp: 503_000, sinceLast: 0))
    }

    @Test("the series of a target that went away end after two further intervals, at the time of the next scrape")
    func disappearance() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        _ = loop.timerFired(at: 103_000)
        _ = loop.scrapeFinished(at: 103_100)
        #expect(loop.stop(.marksSeries) == .letFinish)
        #expect(loop.timerFired(at: 113_000) == .wait(until: 124_000))
        #expect(loop.timerFired(at: 124_000) == .endSeries(timestamp: 113_000))
        #expect(loop.scrapeFinished(at: 124_010) == .finish)
        #expect(loop.hasEnded)
    }

    @Test("a target that goes away during a scrape finishes it first")
    func disappearanceDuringScrape() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        _ = loop.timerFired(at: 103_000)
        #expect(loop.stop(.marksSeries) == .letFinish)
        #expect(loop.scrapeFinished(at: 103_100) == .wait(until: 113_000))
        #expect(loop.timerFired(at: 113_000) == .wait(until: 124_000))
    }

    @Test("a target that was never scraped ends at once, and so does one whose series another loop takes over")
    func quietEnds() {
        var never = Self.loop()
        _ = never.start(at: 100_000)
        #expect(never.stop(.marksSeries) == .interruptWait)
        #expect(never.timerFired(at: 100_001) == .finish)

        var replaced = Self.loop()
        _ = replaced.start(at: 100_000)
        _ = replaced.timerFired(at: 103_000)
        _ = replaced.scrapeFinished(at: 103_100)
        #expect(replaced.stop(.leavesSeries) == .interruptWait)
        #expect(replaced.timerFired(at: 103_200) == .finish)

        var busy = Self.loop()
        _ = busy.start(at: 100_000)
        _ = busy.timerFired(at: 103_000)
        #expect(busy.stop(.leavesSeries) == .letFinish)
        #expect(busy.scrapeFinished(at: 103_100) == .finish)
    }

    @Test("an end of the server breaks off the wait for the end of the series")
    func serverEndsDuringEnding() {
        var loop = Self.loop()
        _ = loop.start(at: 100_000)
        _ = loop.timerFired(at: 103_000)
        _ = loop.scrapeFinished(at: 103_100)
        _ = loop.stop(.marksSeries)
        _ = loop.timerFired(at: 113_000)
        #expect(loop.stop(.leavesSeries) == .interruptWait)
        #expect(loop.timerFired(at: 113_500) == .finish)
    }

    @Test("targets spread evenly over the interval, and each keeps its place over restarts")
    func spread() {
        var generator = SeededGenerator(seed: 4)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let hash = generator.next()
            let schedule = ScrapeSchedule(interval: 15_000, hash: hash, tolerance: 2)
            counts[Int(schedule.offset / 1_500)] += 1
            let first = schedule.firstTime(after: Int64.random(in: 0..<1_000_000_000, using: &generator))
            #expect(first % 15_000 == schedule.offset)
        }
        #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    }

    @Test("whatever happens, a loop scrapes on its grid, never twice for one time, and ends when it is stopped")
    func randomLives() {
        for seed in 0..<2_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let interval = Int64.random(in: 1...60_000, using: &generator)
            let schedule = ScrapeSchedule(interval: interval, hash: generator.next(), tolerance: 2)
            var loop = ScrapeLoop(schedule: schedule)
            var now = Int64.random(in: 0...2_000_000_000_000, using: &generator)
            var action = loop.start(at: now)
            var lastTimestamp = Int64.min
            var markers = 0
            var hasScraped = false
            let stopStep = Int.random(in: 1...60, using: &generator)
            let ending: ScrapeLoop.Ending = Bool.random(using: &generator) ? .marksSeries : .leavesSeries
            var steps = 0
            life: while true {
                steps += 1
                #expect(steps < 200, "seed \(seed): the loop does not end")
                if steps >= 200 { break }
                var isInterrupted = false
                if steps == stopStep { isInterrupted = loop.stop(ending) == .interruptWait }
                switch action {
                case .wait(let until):
                    #expect(until > now && until - now <= interval * 2 + 1, "seed \(seed)")
                    if !isInterrupted { now = until + Int64.random(in: 0...3, using: &generator) }
                    if Int.random(in: 0..<20, using: &generator) == 0 { now += interval * 3 }
                    action = loop.timerFired(at: now)
                case .scrape(let timestamp, let sinceLast):
                    #expect(timestamp > lastTimestamp, "seed \(seed): two scrapes with one timestamp")
                    #expect((sinceLast == nil) == !hasScraped, "seed \(seed)")
                    #expect(now - timestamp <= schedule.tolerance, "seed \(seed)")
                    #expect(timestamp == now || timestamp % interval == schedule.offset, "seed \(seed)")
                    lastTimestamp = timestamp
                    hasScraped = true
                    now += Int64.random(in: 0...(interval + interval / 2), using: &generator)
                    action = loop.scrapeFinished(at: now)
                case .endSeries(let timestamp):
                    #expect(timestamp > lastTimestamp, "seed \(seed)")
                    markers += 1
                    action = loop.scrapeFinished(at: now)
                case .finish:
                    break life
                }
            }
            #expect(loop.hasEnded, "seed \(seed)")
            #expect(markers == (hasScraped && ending == .marksSeries ? 1 : 0), "seed \(seed)")
        }
    }
}
