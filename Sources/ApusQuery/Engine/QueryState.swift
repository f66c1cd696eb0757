import ApusModel
import ApusPromQL
import Synchronization

/// What all parts of one query share while it is evaluated: its data, its limits, and what it has used and remarked.
final class QueryState: Sendable {
    /// What the query is made of.
    let setting: Setting
    let queryable: any Queryable
    let limits: QueryLimits
    /// The names that go wherever the metric's name goes.
    let metadataNames: LabelNames
    let source: SourceText
    let helpers: WorkerThreads?
    let memory: MemoryAccount
    /// Where each node's figures go; `nil` unless the query is to be explained.
    let recorder: Recorder?
    let remarks = RemarkBook()
    /// What of the plan is evaluated once for several places.
    let sharing: SharedWork
    private let stopReason = Atomic<UInt8>(0)
    private let heldSamples = Atomic<Int>(0)
    private let peakSamples = Atomic<Int>(0)
    private let samplesRead = Atomic<Int>(0)
    private let queryableSamples = Atomic<Int>(0)
    private let seriesSelected = Atomic<Int>(0)
    private let stepSamples: Mutex<[Int]>?

    /// What a query is made of.
    struct Setting: Sendable {
        var text: String
        /// The query's own grid, to whose start `@ start()` refers whatever the subquery.
        var grid: StepGrid
        /// The end that was asked for, which `@ end()` refers to.
        var end: Int64
        /// The query's step in milliseconds as `step()` shows it: 0 for an instant query.
        var step: Int64
        var lookback: Int64
        var deadline: ContinuousClock.Instant
        var countsSteps: Bool
    }

    init(
        _ setting: Setting, queryable: any Queryable, limits: QueryLimits, memory: MemoryAccount,
        helpers: WorkerThreads?, recorder: Recorder?
    ) {
        self.setting = setting
        source = SourceText(setting.text)
        self.queryable = queryable
        self.limits = limits
        self.memory = memory
        self.helpers = helpers
        self.recorder = recorder
        sharing = SharedWork()
        stepSamples = setting.countsSteps ? Mutex([Int](repeating: 0, count: setting.grid.count)) : nil
        let typeAndUnit = limits.treatsTypeAndUnitAsMetadata ? ["__type__", "__unit__"] : []
        metadataNames = LabelNames([LabelSet.metricName] + typeAndUnit)
    }

    var grid: StepGrid { setting.grid }
    var lookback: Int64 { setting.lookback }
    var deadline: ContinuousClock.Instant { setting.deadline }

    /// Why a query is stopped from outside.
    enum StopReason: UInt8, Sendable {
        case cancelled = 1
        case killed = 2
    }

    // MARK: Stopping

    /// Makes the next `check` fail.
    func stop(_ reason: StopReason) {
        _ = stopReason.compareExchange(expected: 0, desired: reason.rawValue, ordering: .relaxed)
    }

    /// Fails when the query was stopped or its time is up.
    func check(in place: String) throws(QueryError) {
        if let reason = StopReason(rawValue: stopReason.load(ordering: .relaxed)) {
            throw .stopped(reason, in: place)
        }
        if ContinuousClock.now >= deadline { throw .timeout("query timed out in \(place)") }
    }

    // MARK: Counting

    /// Counts samples that are held from now on.
    ///
    /// - Returns: whether they are not too many.
    func hold(samples count: Int) -> Bool {
        let held = heldSamples.wrappingAdd(count, ordering: .relaxed).newValue
        guard held <= limits.maxSamples else { return false }
        peakSamples.max(held, ordering: .relaxed)
        return true
    }

    /// Counts samples that are held for a moment only, without writing to what other threads write to.
    ///
    /// - Returns: whether they are not too many.
    func passThrough(samples count: Int) -> Bool {
        let held = heldSamples.load(ordering: .relaxed) &+ count
        guard held <= limits.maxSamples else { return false }
        if held > peakSamples.load(ordering: .relaxed) { peakSamples.max(held, ordering: .relaxed) }
        return true
    }

    /// Counts samples that are no longer held.
    func release(samples count: Int) {
        heldSamples.wrappingSubtract(count, ordering: .relaxed)
    }

    /// Counts samples that were read from storage.
    func countRead(_ count: Int) {
        samplesRead.wrappingAdd(count, ordering: .relaxed)
    }

    /// Counts series that a selector found.
    func countSelected(_ count: Int) {
        seriesSelected.wrappingAdd(count, ordering: .relaxed)
    }

    /// Counts samples that the steps look at, those of a step as `samples` gives them.
    func countQueryable(_ total: Int, onQueryGrid: Bool, _ samples: (Int) -> Int) {
        queryableSamples.wrappingAdd(total, ordering: .relaxed)
        stepSamples?.withLock { counts in
            // Samples of a subquery have no step of the query; the peers count them at its end.
            guard onQueryGrid else {
                if let last = counts.indices.last { counts[last] &+= total }
                return
            }
            for step in counts.indices { counts[step] &+= samples(step) }
        }
    }

    /// What the evaluation has cost so far; the times are left open.
    var statistics: QueryStatistics {
        var result = QueryStatistics()
        result.samplesRead = samplesRead.load(ordering: .relaxed)
        result.peakSamples = peakSamples.load(ordering: .relaxed)
        result.seriesSelected = seriesSelected.load(ordering: .relaxed)
        result.queryableSamples = queryableSamples.load(ordering: .relaxed)
        result.samplesPerStep = stepSamples?.withLock { counts in
            counts.enumerated().map { (grid.timestamp(at: $0.offset), $0.element) }
        }
        result.peakMemoryBytes = memory.peakBytes
        return result
    }
}

extension QueryError {
    /// The error of a query that was stopped from outside.
    static func stopped(_ reason: QueryState.StopReason, in place: String) -> QueryError {
        switch reason {
        case .cancelled: .cancelled("query was canceled in \(place)")
        case .killed: .cancelled("query was killed by request in \(place)")
        }
    }
}
