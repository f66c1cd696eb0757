import ApusBytes
package import ApusClient
package import ApusModel
import ApusPromQL

/// Evaluates PromQL over a store.
///
/// Queries run on threads of the engine's own, a bounded number at a time, others wait in the order of their arrival; the
/// asking task only waits. A query ends early when its task is cancelled, someone kills it, its time is up or it holds too
/// much, and then fails alone.
package final class QueryEngine: Sendable {
    /// The limits that hold for every query.
    package let limits: QueryLimits
    /// The query log, silent until it is given a file.
    package let log = QueryLog()
    private let queryable: any Queryable
    private let metrics: QueryMetrics?
    private let threads: WorkerThreads
    private let helpers: WorkerThreads?
    private let registry: QueryRegistry
    private let heavy: HeavyQueryTable
    private let memory: ByteBudget
    private let activeQueries: ActiveQueryFile?
    private let clock: any WallClock

    /// An engine over `queryable` that counts its queries in `registry`.
    ///
    /// - Parameters:
    ///   - activeQueries: where the queries that run are noted, in case of a crash.
    ///   - clock: the time of day, for lists and logs.
    /// - Throws: when the registry has metrics of the engine's names already.
    package init(
        queryable: any Queryable, limits: QueryLimits = QueryLimits(), registry: MetricRegistry? = nil,
        activeQueries: ActiveQueryFile? = nil, clock: any WallClock = SystemWallClock()
    ) throws(MetricError) {
        self.queryable = queryable
        self.limits = limits
        self.activeQueries = activeQueries
        self.clock = clock
        threads = WorkerThreads(limit: limits.maxConcurrency)
        helpers = limits.helperThreads > 0 ? WorkerThreads(limit: limits.helperThreads) : nil
        self.registry = QueryRegistry(maxRunning: limits.maxConcurrency, maxWaiting: limits.maxQueued)
        heavy = HeavyQueryTable(capacity: limits.maxFingerprints)
        memory = ByteBudget(limit: limits.maxTotalMemory)
        if let registry {
            metrics = try QueryMetrics(
                registry: registry, limits: limits, queries: self.registry, memory: memory, log: log)
        } else {
            metrics = nil
        }
    }

    // MARK: Queries

    /// The value of an expression at one time, in milliseconds since the epoch.
    package func instant(
        _ text: String, at timestamp: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> QueryResult {
        try await answer(try request(text, at: timestamp, options)).result
    }

    /// The values of an expression from one time through another, `step` apart; all in milliseconds.
    package func range(
        _ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> QueryResult {
        try await answer(try request(text, from: start, through: end, step: step, options)).result
    }

    /// Evaluates an expression at one time and tells what each part did, and why the result is empty when it is.
    package func explain(
        _ text: String, at timestamp: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> Explanation {
        try await explanation(try request(text, at: timestamp, options))
    }

    /// Evaluates an expression at several times and tells what each part did, and why the result is empty when it is.
    package func explain(
        _ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> Explanation {
        try await explanation(try request(text, from: start, through: end, step: step, options))
    }

    private func explanation(_ request: QueryRequest) async throws(QueryError) -> Explanation {
        var request = request
        request.isExplained = true
        guard let explanation = try await answer(request).explanation else {
            throw .execution("the query was answered without an explanation")
        }
        return explanation
    }

    // MARK: Watching

    /// The queries that run and wait now, those that run first.
    package var runningQueries: [RunningQuery] { registry.jobs.map(\.snapshot) }

    /// The bytes that all queries hold now.
    package var heldMemoryBytes: Int { memory.heldBytes }

    /// What queries have cost by their shape, the costliest first.
    package var heavyQueries: [HeavyQuery] { heavy.queries }

    /// Stops a query: at once while it waits, at its next series while it runs.
    ///
    /// - Returns: whether there was a query with this name.
    package func kill(_ id: UInt64) -> Bool {
        guard let job = registry.job(id) else { return false }
        job.stop(.killed)
        registry.withdraw(job)
        return true
    }

    // MARK: Requests

    private func request(
        _ text: String, at timestamp: Int64, _ options: QueryOptions
    ) throws(QueryError) -> QueryRequest {
        try Self.check(timestamp)
        return QueryRequest(
            text: text, kind: .instant, grid: StepGrid(instant: timestamp), end: timestamp, step: 0,
            options: options, arrival: clock.now())
    }

    private func request(
        _ text: String, from start: Int64, through end: Int64, step: Int64, _ options: QueryOptions
    ) throws(QueryError) -> QueryRequest {
        try Self.check(start)
        try Self.check(end)
        guard end >= start else { throw .badData("end timestamp must not be before start time") }
        guard step > 0 else {
            throw .badData("zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        let intervals = (end - start) / step
        guard intervals <= Int64(limits.maxPointsPerSeries) else {
            throw .badData(
                "exceeded maximum resolution of \(Self.grouped(limits.maxPointsPerSeries)) points per timeseries."
                    + " Try decreasing the query resolution (?step=XX)")
        }
        return QueryRequest(
            text: text, kind: .range, grid: StepGrid(start: start, step: step, count: Int(intervals) + 1), end: end,
            step: step, options: options, arrival: clock.now())
    }

    private func answer(_ request: QueryRequest) async throws(QueryError) -> QueryAnswer {
        let job = makeJob(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if job.attach(continuation) { admit(job) }
            }
        } onCancel: {
            job.stop(.cancelled)
            registry.withdraw(job)
        }
        return try outcome.get()
    }

    private func admit(_ job: QueryJob) {
        switch registry.admit(job) {
        case .begins: threads.submit { [self] in work(on: job) }
        case .waits: job.expireWhileWaiting { [registry] in registry.withdraw(job) }
        case .refused:
            let error = QueryError.tooBusy(
                "too many queries: \(limits.maxConcurrency) are running and \(limits.maxQueued) are waiting; try again"
                    + " later")
            metrics?.record(unstarted: error)
            job.leaveQueue(with: error)
        }
    }

    private func makeJob(_ request: QueryRequest) -> QueryJob {
        let options = request.options
        let timeout = min(limits.timeout, max(0, options.timeout ?? limits.timeout))
        let setting = QueryState.Setting(
            text: request.text, grid: request.grid, end: request.end, step: request.step,
            lookback: min(max(1, options.lookback ?? limits.lookback), Self.longestLookback),
            deadline: .now + .milliseconds(timeout),
            countsSteps: options.wantsStepStatistics && limits.features[.perStepStatistics])
        let query = QueryState(
            setting, queryable: queryable, limits: limits,
            memory: MemoryAccount(limit: limits.maxMemory, pool: memory), helpers: helpers,
            recorder: request.isExplained ? Recorder() : nil)
        return QueryJob(request, id: registry.makeID(), query: query)
    }

    // MARK: Threads

    /// Evaluates a query and then those that wait, as long as there are any.
    private func work(on first: QueryJob) {
        var next: QueryJob? = first
        while let job = next {
            var slot: Int?
            next = nil
            job.run {
                slot = activeQueries?.begin(job.request.text, at: job.request.arrival)
            } atEnd: { ending in
                if let slot { activeQueries?.end(slot) }
                record(ending, of: job)
                next = registry.end(job)
            }
            // A query that was stopped before it began has not come to its end by itself.
            if next == nil { next = registry.end(job) }
        }
    }

    private func record(_ ending: QueryJob.Ending, of job: QueryJob) {
        let statistics = ending.statistics
        let seconds = Double(statistics.evaluationTotalNanoseconds) / 1e9
        let isSlow = seconds * 1_000 >= Double(limits.slowThreshold)
        var failure: QueryError?
        if case .failure(let error) = ending.outcome { failure = error }
        let end = clock.now()
        metrics?.record(statistics, isSlow: isSlow, failure: failure)
        if let expression = ending.expression {
            heavy.record(
                job.request.text, expression,
                .init(
                    seconds: seconds, isSlow: isSlow, hasFailed: failure != nil, samplesRead: statistics.samplesRead,
                    peakBytes: statistics.peakMemoryBytes, end: end))
        }
        if log.isEnabled {
            let line = QueryLogLine(request: job.request, statistics: statistics, failure: failure, end: end)
            log.record { line.bytes }
        }
    }

    // MARK: Checks

    /// A year in milliseconds, which keeps sums of times far from overflow.
    private static let longestLookback: Int64 = 365 * 86_400_000

    private static func check(_ timestamp: Int64) throws(QueryError) {
        guard TimestampText.validRange.contains(timestamp) else {
            throw .badData("timestamp \(timestamp) ms is out of range")
        }
    }

    /// A number with commas between thousands: `11,000`.
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }
}
