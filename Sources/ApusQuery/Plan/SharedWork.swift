import ApusModel
import ApusPromQL
import Synchronization

/// What one query evaluates once for several places: selections of series, and whole parts of the tree.
///
/// Set up with the plan before evaluation; then used from all threads of the query.
final class SharedWork: Sendable {
    private struct SelectionKey: Hashable, Sendable {
        var matchers: [Matcher]
        var first: Int64
        var last: Int64
    }

    private struct PartKey: Hashable, Sendable {
        var expression: Expression
        var start: Int64
        var step: Int64
        var count: Int
        var marksResets: Bool
    }

    /// A part of the tree that is evaluated once on one grid for several places.
    struct PartID: Hashable, Sendable {
        fileprivate var number: Int
    }

    /// A place at which a part was asked for, and the part around it.
    private struct Use: Sendable {
        var start: Int
        var part: PartID?
    }

    private struct State: Sendable {
        var places: [Expression: [SourceRange]] = [:]
        var selections: [SelectionKey: any SeriesSelection] = [:]
        var parts: [PartKey: (id: PartID, source: any SeriesSource)] = [:]
        /// For each part where it was asked for, first the place at which it was evaluated.
        var uses: [[Use]] = []
        /// How far behind the place at which it was evaluated a part was asked for last, as far as that is known.
        var distances: [PartID: Int] = [:]

        /// How far behind the place at which it was evaluated a part was asked for last.
        ///
        /// Parts stand in parts no deeper than the expression is nested.
        mutating func distance(to part: PartID) -> Int {
            if let known = distances[part] { return known }
            var last = 0
            for use in uses[part.number] {
                let outer = use.part.map { distance(to: $0) } ?? 0
                last = max(last, use.start &+ outer)
            }
            let result = last &- (uses[part.number].first?.start ?? 0)
            distances[part] = result
            return result
        }
    }

    private let state = Mutex(State())

    /// Takes over what a plan found to occur several times.
    func adopt(_ plan: QueryPlan) {
        state.withLock { $0.places = plan.shared }
    }

    /// Lets go of all selections and rows: the query has ended.
    func removeAll() {
        state.withLock { state in
            state.selections = [:]
            state.parts = [:]
        }
    }

    /// The selection of a selector between two times; `select` is asked for each different one once.
    func selection(
        _ matchers: [Matcher], from first: Int64, through last: Int64,
        _ select: () throws(QueryError) -> any SeriesSelection
    ) throws(QueryError) -> any SeriesSelection {
        let key = SelectionKey(matchers: matchers, first: first, last: last)
        if let known = state.withLock({ $0.selections[key] }) { return known }
        let selection = try select()
        state.withLock { $0.selections[key] = selection }
        return selection
    }

    /// The rows of a part of the tree on a grid; of a part that occurs several times, `open` is called once.
    ///
    /// - Parameters:
    ///   - evaluation: as the part at the place at which it is asked for sees the query.
    ///   - open: opens the part as what it is given sees the query.
    func vector(
        _ expression: Expression, on grid: StepGrid, _ marksResets: Bool, _ evaluation: Evaluation,
        _ open: (Evaluation) throws(QueryError) -> any SeriesSource
    ) throws(QueryError) -> any SeriesSource {
        guard let uses = state.withLock({ $0.places.isEmpty ? nil : $0.places[expression]?.count }) else {
            return try open(evaluation)
        }
        let use = Use(start: expression.range.start, part: evaluation.sharedPart)
        let key = PartKey(
            expression: expression, start: grid.start, step: grid.step, count: grid.count,
            marksResets: marksResets)
        let known = state.withLock { state -> (any SeriesSource)? in
            guard let known = state.parts[key] else { return nil }
            state.uses[known.id.number].append(use)
            state.distances = [:]
            return known.source
        }
        if let known { return known }
        let id = state.withLock { state in
            state.uses.append([use])
            return PartID(number: state.uses.count - 1)
        }
        var source = try open(evaluation.shared(as: id))
        if !(source is RowSource) { source = SharedSource(source, uses: uses, evaluation) }
        state.withLock { $0.parts[key] = (id, source) }
        return source
    }

    /// The last place in the text for which a remark holds: where the part that it is on was asked for last.
    func lastPlace(of place: RemarkPlace) -> RemarkPlace {
        guard let part = place.part else { return place }
        return place.outsideOfParts(movedBy: state.withLock { $0.distance(to: part) })
    }

    /// The places of an expression that is evaluated once for several; empty for any other.
    func places(of expression: Expression) -> [SourceRange] {
        state.withLock { $0.places[expression] ?? [] }
    }
}

/// Rows that several consumers read: each is evaluated for the first of them and kept until the last one had it.
///
/// Rows are kept as far as the query's memory allows; one that is not is evaluated again, so that sharing never makes a
/// query fail.
final class SharedSource: SeriesSource {
    /// The rows kept at a time are at most this share of what the query may hold.
    private static let memoryShare = 8

    let series: [SeriesIdentity]
    private let base: any SeriesSource
    private let uses: Int
    private let evaluation: Evaluation
    private let keptLimit: Int
    private let kept = Mutex(Kept())

    private struct Kept: Sendable {
        var rows: [Int: (row: Row, uses: Int)] = [:]
        var bytes = 0
    }

    init(_ base: any SeriesSource, uses: Int, _ evaluation: Evaluation) {
        self.base = base
        self.uses = uses
        self.evaluation = evaluation
        series = base.series
        keptLimit = evaluation.limits.maxMemory / Self.memoryShare
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let known = kept.withLock { kept -> Row? in
            guard let entry = kept.rows[index] else { return nil }
            if entry.uses > 1 {
                kept.rows[index] = (entry.row, entry.uses - 1)
            } else {
                kept.rows[index] = nil
                kept.bytes -= Self.bytes(of: entry.row)
                evaluation.release(bytes: Self.bytes(of: entry.row))
            }
            return entry.row
        }
        if let known {
            row = known
            return
        }
        try base.read(index, into: &row, scratch: &scratch)
        let bytes = Self.bytes(of: row)
        kept.withLock { kept in
            guard kept.rows[index] == nil, bytes <= keptLimit - kept.bytes, evaluation.holdIfPossible(bytes: bytes)
            else { return }
            kept.rows[index] = (row, uses - 1)
            kept.bytes += bytes
        }
    }

    private static func bytes(of row: Row) -> Int { row.weight &* MemoryLayout<Double>.stride &+ 64 }
}
