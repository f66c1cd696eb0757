package import ApusClient
package import ApusModel
import ApusPromQL
import Synchronization

/// Evaluates PromQL over a store.
///
/// Queries run on threads of the engine's own, a bounded number at a time, others wait in the order of their arrival; the
/// asking task only waits. A query ends early when its task is cancelled, its time is up or it holds too many samples,
/// and then fails alone.
package final class QueryEngine: Sendable {
    private let queryable: any Queryable
    private let metrics: QueryMetrics?
    /// The limits that hold for every query.
    package let limits: QueryLimits
    private let threads: WorkerThreads
    private let helpers: WorkerThreads?
    private let pendingCount = Atomic<Int>(0)

    /// An engine over `queryable` that counts its queries in `registry`.
    ///
    /// - Throws: when the registry has metrics of the engine's names already.
    package init(
        queryable: any Queryable, limits: QueryLimits = QueryLimits(), registry: MetricRegistry? = nil
    ) throws(MetricError) {
        self.queryable = queryable
        self.limits = limits
        threads = WorkerThreads(limit: limits.maxConcurrency)
        helpers = limits.helperThreads > 0 ? WorkerThreads(limit: limits.helperThreads) : nil
        if let registry {
            metrics = try QueryMetrics(registry: registry, limits: limits)
        } else {
            metrics = nil
        }
    }

    /// The value of an expression at one time, in milliseconds since the epoch.
    package func instant(
        _ text: String, at timestamp: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> QueryResult {
        try Self.check(timestamp)
        return try await evaluate(text, on: StepGrid(instant: timestamp), step: nil, options)
    }

    /// The values of an expression from one time through another, `step` apart; all in milliseconds.
    package func range(
        _ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions = QueryOptions()
    ) async throws(QueryError) -> QueryResult {
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
        let grid = StepGrid(start: start, step: step, count: Int(intervals) + 1)
        return try await evaluate(text, on: grid, step: step, options)
    }

    private func evaluate(
        _ text: String, on grid: StepGrid, step: Int64?, _ options: QueryOptions
    ) async throws(QueryError) -> QueryResult {
        let pending = pendingCount.wrappingAdd(1, ordering: .relaxed).newValue
        defer { pendingCount.wrappingSubtract(1, ordering: .relaxed) }
        guard pending <= limits.maxConcurrency + limits.maxQueued else {
            throw .tooBusy(
                "too many queries: \(limits.maxConcurrency) are running and \(limits.maxQueued) are waiting; try again")
        }
        metrics?.queries.increment()
        defer { metrics?.queries.decrement() }
        let timeout = min(limits.timeout, max(0, options.timeout ?? limits.timeout))
        let evaluation = Evaluation(
            text: text, queryable: queryable, limits: limits, grid: grid, step: step ?? 0,
            lookback: min(max(1, options.lookback ?? limits.lookback), Self.longestLookback),
            deadline: .now + .milliseconds(timeout), helpers: helpers)
        let job = QueryJob(text, isRange: step != nil, evaluation: evaluation)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if job.attach(continuation) { threads.submit { job.run() } }
            }
        } onCancel: {
            job.cancel()
        }
        let result = try outcome.get()
        metrics?.record(result.statistics)
        return result
    }

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
