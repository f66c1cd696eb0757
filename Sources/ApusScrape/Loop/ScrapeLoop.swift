/// The life of one target's scraping as a state machine without I/O: events go in, the next action comes out.
///
/// ```
/// idle ──start──▶ waiting ──timer──▶ scraping ──finished──▶ waiting …
///                    │                   │
///                    └──────stop─────────┴──▶ ending ──timer──▶ marking ──finished──▶ ended
/// ```
///
/// A target that goes away does not end its series at once: it may come back under another configuration. Two further
/// intervals are waited for, as in Prometheus, then the staleness markers are written with the time at which
/// the next scrape would have been. Times are milliseconds since the epoch.
package struct ScrapeLoop: Sendable {
    /// What the driver has to do next.
    package enum Action: Equatable, Sendable {
        /// Wait until the time, then report `timerFired`.
        case wait(until: Int64)
        /// Scrape, store under the timestamp, then report `scrapeFinished`.
        ///
        /// `sinceLast` is the time since the last scrape began, `nil` for the first.
        case scrape(timestamp: Int64, sinceLast: Int64?)
        /// Write staleness markers for all series of the target, then report `scrapeFinished`.
        case endSeries(timestamp: Int64)
        /// Nothing more will come.
        case finish
    }

    /// What becomes of a loop that is stopped.
    package enum Ending: Equatable, Sendable {
        /// The target is gone: its series end after two further intervals.
        case marksSeries
        /// Another loop takes over the target, or the server ends: the series stay as they are.
        case leavesSeries
    }

    /// What the driver has to do about a loop that was stopped.
    package enum StopAction: Equatable, Sendable {
        /// Nothing: the loop ends by itself when its present action is done.
        case letFinish
        /// Break off the present wait and report `timerFired`: nothing is to be waited for any more.
        case interruptWait
    }

    private enum State: Equatable {
        case idle
        case waiting(planned: Int64)
        case scraping(planned: Int64)
        /// Two intervals pass, in which a target with the same series may appear.
        case ending(timestamp: Int64)
        case marking
        case ended
    }

    private let schedule: ScrapeSchedule
    private var state = State.idle
    private var ending: Ending?
    private var lastBegun: Int64?
    /// The number of planned scrapes that did not take place, because the one before took too long or the clock jumped.
    package private(set) var skippedCount = 0

    /// A loop that has not started.
    package init(schedule: ScrapeSchedule) {
        self.schedule = schedule
    }

    /// Whether the loop has ended.
    package var hasEnded: Bool { state == .ended }

    /// Starts the loop.
    package mutating func start(at now: Int64) -> Action {
        guard state == .idle else { return .finish }
        if ending != nil { return finish() }
        return wait(until: schedule.firstTime(after: now))
    }

    /// The awaited time has come, or the wait was broken off.
    package mutating func timerFired(at now: Int64) -> Action {
        switch state {
        case .waiting(let planned):
            return switch ending {
            case nil: begin(planned: planned, now: now)
            case .leavesSeries: finish()
            case .marksSeries: waitForEnd(planned: planned, now: now)
            }
        case .ending(let timestamp):
            guard ending == .marksSeries else { return finish() }
            let due = endTime(after: timestamp)
            if now < due && due &- now <= schedule.interval &* 2 { return .wait(until: due) }
            state = .marking
            return .endSeries(timestamp: timestamp)
        case .idle, .scraping, .marking, .ended:
            return .finish
        }
    }

    /// The scrape, or the writing of the staleness markers, is done.
    package mutating func scrapeFinished(at now: Int64) -> Action {
        switch state {
        case .scraping(let planned):
            if ending == .leavesSeries { return finish() }
            return wait(until: nextTime(after: planned, now: now))
        case .marking, .idle, .waiting, .ending, .ended:
            return finish()
        }
    }

    /// Asks the loop to end; of two requests the one that leaves the series as they are wins.
    package mutating func stop(_ requested: Ending) -> StopAction {
        if ending != .leavesSeries { ending = requested }
        switch state {
        case .idle, .scraping, .marking, .ended:
            return .letFinish
        case .waiting, .ending:
            // Without a scrape there are no series to end.
            if lastBegun == nil { ending = .leavesSeries }
            return ending == .leavesSeries ? .interruptWait : .letFinish
        }
    }

    // MARK: - Transitions

    private mutating func wait(until planned: Int64) -> Action {
        state = .waiting(planned: planned)
        return .wait(until: planned)
    }

    private mutating func begin(planned: Int64, now: Int64) -> Action {
        // A timer that fires early, or a clock set back: wait again rather than scrape twice for one planned time.
        if now < planned {
            return wait(until: planned &- now > schedule.interval ? schedule.firstTime(after: now) : planned)
        }
        var planned = planned
        if now &- planned >= schedule.interval {
            // The driver slept through planned times: they are skipped, not caught up with.
            let missed = (now &- planned) / schedule.interval
            planned &+= missed &* schedule.interval
            skip(missed)
        }
        let sinceLast = lastBegun.map { max(0, now &- $0) }
        lastBegun = now
        state = .scraping(planned: planned)
        return .scrape(timestamp: schedule.timestamp(planned: planned, begun: now), sinceLast: sinceLast)
    }

    private mutating func waitForEnd(planned: Int64, now: Int64) -> Action {
        let timestamp = now &- planned < schedule.interval ? planned : now
        state = .ending(timestamp: timestamp)
        return .wait(until: endTime(after: timestamp))
    }

    private mutating func finish() -> Action {
        state = .ended
        return .finish
    }

    private mutating func nextTime(after planned: Int64, now: Int64) -> Int64 {
        let next = planned &+ schedule.interval
        if next > now {
            // A clock that was set back must not silence the target.
            return next &- now <= schedule.interval ? next : schedule.firstTime(after: now)
        }
        let missed = (now &- next) / schedule.interval &+ 1
        skip(missed)
        return next &+ missed &* schedule.interval
    }

    private mutating func skip(_ count: Int64) {
        skippedCount &+= Int(count)
    }

    private func endTime(after timestamp: Int64) -> Int64 {
        timestamp &+ schedule.interval &+ schedule.interval / 10
    }
}
