import ApusModel
import ApusPromQL

/// One query while it is evaluated, as one node of its tree sees it.
///
/// What is counted and remarked through it goes to the whole query, and bytes and samples also to the node, so that an
/// error says which part was large and an explanation what each part did. A value; copies speak for the same query.
struct Evaluation: Sendable {
    let query: QueryState
    /// The node that is evaluated; the whole text for the query as such.
    let part: SourceRange
    /// Where the node's figures go; `nil` unless the query is to be explained.
    let figures: NodeFigures?
    /// Whether the node is evaluated at the steps of the query itself, not at those of a subquery.
    let isOnQueryGrid: Bool
    /// The innermost part around the node, or the node itself, that is evaluated once for several places.
    private(set) var sharedPart: SharedWork.PartID?

    /// The query as such.
    init(_ query: QueryState) {
        self.query = query
        part = SourceRange(start: 0, end: .max)
        figures = nil
        isOnQueryGrid = true
    }

    private init(_ query: QueryState, part: SourceRange, isOnQueryGrid: Bool, sharedPart: SharedWork.PartID?) {
        self.query = query
        self.part = part
        figures = query.recorder?.figures(of: part)
        self.isOnQueryGrid = isOnQueryGrid
        self.sharedPart = sharedPart
    }

    /// The same query as the node `expression` sees it when it is evaluated on `grid`.
    func focused(on expression: Expression, _ grid: StepGrid) -> Evaluation {
        Evaluation(query, part: expression.range, isOnQueryGrid: grid == query.grid, sharedPart: sharedPart)
    }

    /// The same node when it is evaluated for all places of a part.
    func shared(as part: SharedWork.PartID) -> Evaluation {
        var copy = self
        copy.sharedPart = part
        return copy
    }

    var queryable: any Queryable { query.queryable }
    var limits: QueryLimits { query.limits }
    /// The query's own grid, to whose start `@ start()` refers whatever the subquery.
    var grid: StepGrid { query.grid }
    /// The end that was asked for, which `@ end()` refers to and which may lie behind the last step.
    var end: Int64 { query.setting.end }
    /// The query's step in milliseconds as `step()` shows it: 0 for an instant query.
    var step: Int64 { query.setting.step }
    var lookback: Int64 { query.lookback }
    /// The names that go wherever the metric's name goes.
    var metadataNames: LabelNames { query.metadataNames }

    // MARK: Limits

    /// Fails when the query was cancelled or its time is up; called once per series.
    func check(in place: String = "expression evaluation") throws(QueryError) {
        try query.check(in: place)
    }

    /// Counts values that are held in memory from now on, one `Double` each; fails when there are too many.
    ///
    /// What is held beyond the values (timestamps, histograms, tables) is counted by `hold(bytes:)` beside.
    func hold(_ count: Int) throws(QueryError) {
        guard query.hold(samples: count) else { throw .tooManySamples }
        try hold(bytes: count &* MemoryLayout<Double>.stride)
    }

    /// Counts values that are no longer held.
    func release(_ count: Int) {
        query.release(samples: count)
        release(bytes: count &* MemoryLayout<Double>.stride)
    }

    /// Counts bytes that are held from now on; fails when they are too many for the query or for all queries.
    ///
    /// Called once per series or table, never per sample.
    func hold(bytes: Int) throws(QueryError) {
        do throws(MemoryAccount.Refusal) {
            try query.memory.hold(bytes)
        } catch {
            throw memoryError(error, for: nil)
        }
        figures?.addBytes(bytes)
    }

    /// Counts bytes as held if they may be.
    ///
    /// - Returns: whether they are held now.
    func holdIfPossible(bytes: Int) -> Bool {
        do throws(MemoryAccount.Refusal) {
            try query.memory.hold(bytes)
        } catch {
            return false
        }
        figures?.addBytes(bytes)
        return true
    }

    /// Counts bytes that are no longer held.
    func release(bytes: Int) {
        query.memory.release(bytes)
    }

    /// Fails early when rows of `series` series at `steps` steps cannot be held, before any is made.
    func expectRows(series: Int, steps: Int) throws(QueryError) {
        let (values, overflows) = series.multipliedReportingOverflow(by: steps)
        let (bytes, overflowsAgain) = values.multipliedReportingOverflow(by: MemoryLayout<Double>.stride)
        do throws(MemoryAccount.Refusal) {
            try query.memory.check(overflows || overflowsAgain ? .max : bytes)
        } catch {
            throw memoryError(error, for: (series, steps))
        }
    }

    private func memoryError(_ refusal: MemoryAccount.Refusal, for rows: (series: Int, steps: Int)?) -> QueryError {
        let place = "\(query.source.shortText(part)) (\(query.source.place(of: part.start)))"
        let wanted = ByteCountText.string(refusal.wanted)
        let why = rows.map { " for \($0.series) series at \($0.steps) steps" } ?? ""
        let limit = ByteCountText.string(refusal.limit)
        let held = ByteCountText.string(refusal.held)
        if refusal.isOfAllQueries {
            return .execution(
                "query would use too much memory: \(place) wants \(wanted)\(why) where all running queries hold \(held)"
                    + " of at most \(limit) together (--query.max-total-memory). Try again when other queries have"
                    + " ended, or ask for fewer series or steps")
        }
        return .execution(
            "query would use too much memory: \(place) wants \(wanted)\(why) beside \(held) that the query holds, the"
                + " limit is \(limit) (--query.max-memory). Select fewer series, aggregate them, or use a larger step or"
                + " a shorter range")
    }

    // MARK: Counting

    /// Counts samples that were read for one series and are gone with the next.
    func countRead(_ count: Int) throws(QueryError) {
        query.countRead(count)
        figures?.addRead(count)
        guard query.passThrough(samples: count) else { throw .tooManySamples }
        do throws(MemoryAccount.Refusal) {
            // A time and a value each.
            try query.memory.passThrough(count &* 16)
        } catch {
            throw memoryError(error, for: nil)
        }
    }

    /// Counts series that a selector found; fails when already their names could not be held.
    func countSelected(_ count: Int) throws(QueryError) {
        query.countSelected(count)
        figures?.addSelected(count)
        try expectRows(series: count, steps: 1)
    }

    /// Counts samples that the steps look at, windows overlapping: `samples` gives those of a step.
    func countQueryable(_ total: Int, _ samples: (Int) -> Int) {
        query.countQueryable(total, onQueryGrid: isOnQueryGrid, samples)
    }

    // MARK: Work on many series

    /// Runs `body` for `count` numbered parts, on this thread and the helpers, and gives the results in their order.
    func parallel<Result: Sendable>(
        parts count: Int, _ body: @escaping @Sendable (Int, inout Scratch) throws(QueryError) -> Result
    ) throws(QueryError) -> [Result] {
        guard let figures else {
            return try ParallelLoop.run(
                parts: count, helpers: query.helpers, helperCount: limits.helperThreads, body)
        }
        return try ParallelLoop.run(parts: count, helpers: query.helpers, helperCount: limits.helperThreads) {
            (part, scratch) throws(QueryError) in
            let frame = WorkClock.begin()
            defer { figures.addTime(WorkClock.end(frame)) }
            return try body(part, &scratch)
        }
    }

    /// Splits `count` series into runs that are worth a thread's while; the split depends on `count` only.
    func parts(of count: Int, atLeast size: Int = 64) -> [Range<Int>] {
        let size = max(size, (count + 63) / 64)
        return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
    }

    // MARK: Annotations

    /// Remarks on what stands at a byte offset of the query's text.
    func annotate(_ annotation: Annotation, at position: Int) {
        query.remarks.add(annotation, at: RemarkPlace(position: position, node: part, part: sharedPart))
    }

    /// Remarks that buckets were made monotonic; fixes of one call and metric become one annotation.
    func annotate(_ fix: MonotonicityFix, metric: String, at position: Int) {
        query.remarks.add(fix, metric: metric, at: RemarkPlace(position: position, node: part, part: sharedPart))
    }

    /// Remarks that only roll-ups are left of a span of time; spans of one place become one annotation.
    ///
    /// - Parameter position: a byte offset of the query's text; without one where the node begins.
    func annotate(_ span: RolledSpan, at position: Int? = nil) {
        query.remarks.add(span, at: RemarkPlace(position: position ?? part.start, node: part, part: sharedPart))
    }

    /// The text of a run of the query.
    func sourceText(_ range: SourceRange) -> String { query.source.text(range) }
}

extension QueryError {
    /// The query holds more samples than it may, in the peers' words.
    static let tooManySamples = QueryError.execution(
        "query processing would load too many samples into memory in query execution")
}
