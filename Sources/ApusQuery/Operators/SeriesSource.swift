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

    /// Overwrites `row` with the values of the series at `index`: one per step, `Point.absent` where there is none.
    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError)
}

/// A range vector over all steps: series whose samples are read whole, with the windows located among them.
protocol WindowSource: Sendable {
    /// The series.
    var series: [SeriesIdentity] { get }
    /// Where the windows of the steps lie.
    var windows: WindowGrid { get }

    /// Fills `scratch.samples` with the samples of the series at `index` and locates the windows.
    func read(_ index: Int, scratch: inout Scratch) throws(QueryError)
}

/// The buffers of one working thread, reused from series to series.
struct Scratch: Sendable {
    /// The samples of the series that is read.
    var samples = RangeSamples()
    private var freeRows: [[Double]] = []

    /// A row with room for `count` values, whatever they are; give it back with `giveBack`.
    mutating func takeRow(_ count: Int) -> [Double] {
        if let index = freeRows.lastIndex(where: { $0.count == count }) {
            freeRows.swapAt(index, freeRows.count - 1)
            return freeRows.removeLast()
        }
        return [Double](repeating: Point.absent, count: count)
    }

    /// Takes back a row that is no longer needed.
    mutating func giveBack(_ row: consuming [Double]) {
        if freeRows.count >= 64 { freeRows.removeFirst() }
        freeRows.append(row)
    }
}

/// Rows that were computed before.
struct RowSource: SeriesSource {
    let series: [SeriesIdentity]
    let rows: [[Double]]

    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError) {
        row = rows[index]
    }

    static let empty = RowSource(series: [], rows: [])
}

/// The series of another source with each row changed in place.
struct MappedSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]
    let transform: @Sendable (inout [Double]) -> Void

    /// Keeps the identities, or marks the names as to be dropped.
    init(_ base: any SeriesSource, dropsName: Bool, _ transform: @escaping @Sendable (inout [Double]) -> Void) {
        self.base = base
        self.transform = transform
        series =
            dropsName
            ? base.series.map { SeriesIdentity(labels: $0.labels, dropsName: true) } : base.series
    }

    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError) {
        try base.read(index, into: &row, scratch: &scratch)
        transform(&row)
    }
}

/// The same values under other labels.
struct RelabelledSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]

    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError) {
        try base.read(index, into: &row, scratch: &scratch)
    }
}

/// A source of one step whose value holds at every step: a part of the query that does not depend on the time.
struct ConstantSource: SeriesSource {
    /// Evaluated at a single step.
    let base: any SeriesSource
    var series: [SeriesIdentity] { base.series }

    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError) {
        var single = scratch.takeRow(1)
        try base.read(index, into: &single, scratch: &scratch)
        let value = single[0]
        scratch.giveBack(single)
        for step in row.indices { row[step] = value }
    }
}
