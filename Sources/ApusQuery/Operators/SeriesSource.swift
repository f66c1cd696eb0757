import ApusModel

/// What is known of a series before any of its values.
struct SeriesIdentity: Sendable, Equatable {
    /// The labels, the metric's name still among them.
    var labels: LabelSet
    /// Whether the name goes at the end of the evaluation: it stays visible to label functions until then.
    var dropsName = false
}

/// An instant vector over all steps, as series that are evaluated one by one and whole.
///
/// The identities are known first; then each series is read when its consumer wants it, usually once, and several
/// threads may read different series. What a source holds in memory is at most of the size of its result.
protocol SeriesSource: Sendable {
    /// The series, in an order that only sorting functions give a meaning.
    var series: [SeriesIdentity] { get }

    /// Overwrites `row` with the values of the series at `index`: one per step.
    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError)
}

/// A range vector over all steps: series whose samples are read whole, with the windows located among them.
protocol WindowSource: Sendable {
    /// The series.
    var series: [SeriesIdentity] { get }
    /// Where the windows of the steps lie.
    var windows: WindowGrid { get }

    /// Fills `scratch.samples` with the samples of the series at `index` and locates the windows.
    func read(_ index: Int, scratch: inout Scratch) throws(QueryError)

    /// Summaries of the samples whose runs do not lie on both sides of the start or end of any window; `nil` when there are none.
    func summaries() -> (any SummarySelection)?

    /// The same, each window moved outwards to whole multiples of `resolution` milliseconds.
    func read(_ index: Int, widenedTo resolution: Int64, scratch: inout Scratch) throws(QueryError)

    /// Where only roll-ups of the series at `index` are left within the windows; `nil` when nowhere.
    func rolledSpan(of index: Int) -> RolledSpan?
}

/// The buffers of one working thread, reused from series to series.
struct Scratch: Sendable {
    /// The samples of the series that is read.
    var samples = RangeSamples()
    /// Summaries of its samples, where these are not read.
    var summaries = SampleSummaries()
    private var freeRows: [Row] = []

    /// A row with room for `count` values, whatever they are; give it back with `giveBack`.
    mutating func takeRow(_ count: Int) -> Row {
        if let index = freeRows.lastIndex(where: { $0.count == count }) {
            freeRows.swapAt(index, freeRows.count - 1)
            return freeRows.removeLast()
        }
        return Row(count: count)
    }

    /// Takes back a row that is no longer needed.
    mutating func giveBack(_ row: consuming Row) {
        row.clearHistograms()
        if freeRows.count >= 64 { freeRows.removeFirst() }
        freeRows.append(row)
    }
}

/// Rows that were computed before.
struct RowSource: SeriesSource {
    let series: [SeriesIdentity]
    let rows: [Row]

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        row = rows[index]
    }

    static let empty = RowSource(series: [], rows: [])
}

/// The series of another source with each row changed in place.
struct MappedSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]
    let transform: @Sendable (inout Row) -> Void

    /// Keeps the identities, or marks the names as to be dropped.
    init(_ base: any SeriesSource, dropsName: Bool, _ transform: @escaping @Sendable (inout Row) -> Void) {
        self.base = base
        self.transform = transform
        series =
            dropsName
            ? base.series.map { SeriesIdentity(labels: $0.labels, dropsName: true) } : base.series
    }

    /// Changes floats only; histograms are left out of the result.
    init(
        floatsOf base: any SeriesSource, dropsName: Bool, _ transform: @escaping @Sendable (inout [Double]) -> Void
    ) {
        self.init(base, dropsName: dropsName) { row in
            row.dropHistograms()
            transform(&row.values)
        }
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try base.read(index, into: &row, scratch: &scratch)
        transform(&row)
    }
}

/// The same values under other labels.
struct RelabelledSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try base.read(index, into: &row, scratch: &scratch)
    }
}

/// A source of one step whose value holds at every step: a part of the query that does not depend on the time.
struct ConstantSource: SeriesSource {
    /// Evaluated at a single step.
    let base: any SeriesSource
    var series: [SeriesIdentity] { base.series }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        var single = scratch.takeRow(1)
        try base.read(index, into: &single, scratch: &scratch)
        row.clearHistograms()
        let value = single.values[0]
        for step in row.values.indices { row.values[step] = value }
        if let histogram = single.histogram(at: 0) {
            for step in row.values.indices { row.set(histogram, at: step) }
        }
        scratch.giveBack(single)
    }
}
