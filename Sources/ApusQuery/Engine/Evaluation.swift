import ApusModel
import ApusPromQL
import Synchronization

/// One query while it is evaluated: its data, its limits, and what it has used and remarked so far.
///
/// Shared by the threads that work on the query.
final class Evaluation: Sendable {
    let queryable: any Queryable
    let limits: QueryLimits
    /// The query's own grid, which `@ start()` and `@ end()` refer to whatever the subquery.
    let grid: StepGrid
    /// The query's step in milliseconds as `step()` shows it: 0 for an instant query.
    let step: Int64
    let lookback: Int64
    /// The names that go wherever the metric's name goes.
    let metadataNames: LabelNames
    private let source: SourceText
    private let helpers: WorkerThreads?
    private let deadline: ContinuousClock.Instant
    private let isCancelled = Atomic<Bool>(false)
    private let heldSamples = Atomic<Int>(0)
    private let peakSamples = Atomic<Int>(0)
    private let samplesRead = Atomic<Int>(0)
    private let seriesSelected = Atomic<Int>(0)
    private let remarks = Mutex(Remarks())

    private struct Remarks: Sendable {
        var warnings = AnnotationList()
        var infos = AnnotationList()
        var monotonicityFixes: [MonotonicityKey: MonotonicityFix] = [:]
    }

    private struct MonotonicityKey: Hashable, Sendable {
        var position: Int
        var metric: String
    }

    init(
        text: String, queryable: any Queryable, limits: QueryLimits, grid: StepGrid, step: Int64, lookback: Int64,
        deadline: ContinuousClock.Instant, helpers: WorkerThreads?
    ) {
        source = SourceText(text)
        self.queryable = queryable
        self.limits = limits
        self.grid = grid
        self.step = step
        self.lookback = lookback
        self.deadline = deadline
        self.helpers = helpers
        let typeAndUnit = limits.treatsTypeAndUnitAsMetadata ? ["__type__", "__unit__"] : []
        metadataNames = LabelNames([LabelSet.metricName] + typeAndUnit)
    }

    // MARK: Limits

    /// Makes the next `check` fail.
    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
    }

    /// Fails when the query was cancelled or its time is up; called once per series.
    func check(in place: String = "expression evaluation") throws(QueryError) {
        if isCancelled.load(ordering: .relaxed) { throw .cancelled("query was canceled in \(place)") }
        if ContinuousClock.now >= deadline { throw .timeout("query timed out in \(place)") }
    }

    /// Counts samples that are held in memory from now on; fails when there are too many.
    func hold(_ count: Int) throws(QueryError) {
        let held = heldSamples.wrappingAdd(count, ordering: .relaxed).newValue
        if held > limits.maxSamples {
            throw .execution("query processing would load too many samples into memory in query execution")
        }
        peakSamples.max(held, ordering: .relaxed)
    }

    /// Counts samples that are no longer held.
    func release(_ count: Int) {
        heldSamples.wrappingSubtract(count, ordering: .relaxed)
    }

    /// Counts samples that were read for one series and are gone with the next.
    func countRead(_ count: Int) throws(QueryError) {
        samplesRead.wrappingAdd(count, ordering: .relaxed)
        try hold(count)
        release(count)
    }

    /// Counts series that a selector found.
    func countSelected(_ count: Int) {
        seriesSelected.wrappingAdd(count, ordering: .relaxed)
    }

    // MARK: Work on many series

    /// Runs `body` for `count` numbered parts, on this thread and the helpers, and gives the results in their order.
    func parallel<Result: Sendable>(
        parts count: Int, _ body: @escaping @Sendable (Int, inout Scratch) throws(QueryError) -> Result
    ) throws(QueryError) -> [Result] {
        try ParallelLoop.run(parts: count, helpers: helpers, helperCount: limits.helperThreads, body)
    }

    /// Splits `count` series into runs that are worth a thread's while; the split depends on `count` only.
    func parts(of count: Int, atLeast size: Int = 64) -> [Range<Int>] {
        let size = max(size, (count + 63) / 64)
        return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
    }

    // MARK: Annotations

    /// Remarks on what stands at a byte offset of the query's text.
    func annotate(_ annotation: Annotation, at position: Int) {
        let text = annotation.text + source.suffix(at: position)
        remarks.withLock { remarks in
            if annotation.isWarning { remarks.warnings.add(text) } else { remarks.infos.add(text) }
        }
    }

    /// Remarks that buckets were made monotonic; fixes of one call and metric become one annotation.
    func annotate(_ fix: MonotonicityFix, metric: String, at position: Int) {
        remarks.withLock { remarks in
            let key = MonotonicityKey(position: position, metric: metric)
            if remarks.monotonicityFixes[key]?.join(fix) == nil { remarks.monotonicityFixes[key] = fix }
        }
    }

    /// The annotations so far, as many as an answer shows.
    var annotations: (warnings: [String], infos: [String]) {
        remarks.withLock { remarks in
            var infos = remarks.infos
            for (key, fix) in remarks.monotonicityFixes {
                infos.add(fix.text(metric: key.metric) + source.suffix(at: key.position))
            }
            return (
                remarks.warnings.shown(limit: limits.maxAnnotations, kind: "warning"),
                infos.shown(limit: limits.maxAnnotations, kind: "info")
            )
        }
    }

    /// The text of a run of the query.
    func sourceText(_ range: SourceRange) -> String { source.text(range) }

    /// What the evaluation has cost so far; the times are left open.
    var statistics: QueryStatistics {
        var result = QueryStatistics()
        result.samplesRead = samplesRead.load(ordering: .relaxed)
        result.peakSamples = peakSamples.load(ordering: .relaxed)
        result.seriesSelected = seriesSelected.load(ordering: .relaxed)
        return result
    }
}

/// A query's text with the places of its lines.
private struct SourceText: Sendable {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// ` (line:column)`, both from one, as annotations end.
    func suffix(at position: Int) -> String {
        let place = SourceRange(start: max(0, position), end: max(0, position)).lineAndColumn(in: bytes)
        return " (\(place.line):\(place.column))"
    }

    func text(_ range: SourceRange) -> String {
        let start = min(max(0, range.start), bytes.count)
        return String(decoding: bytes[start..<min(max(start, range.end), bytes.count)], as: UTF8.self)
    }
}
