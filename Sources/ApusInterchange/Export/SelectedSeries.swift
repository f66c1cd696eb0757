import ApusModel

/// The series of a store that any of some selectors selects, each once, in the order of labels.
struct SelectedSeries {
    private let selections: [any SeriesSelection]
    /// Which series of which selection.
    private let places: [(selection: Int, index: Int)]
    private let range: ClosedRange<Int64>

    /// Opens a view of the store between two times.
    private init(_ store: any Queryable, range: ClosedRange<Int64>, selectors: [[Matcher]]) throws(QueryableError) {
        let querier = try store.querier(from: range.lowerBound, through: range.upperBound)
        var selections: [any SeriesSelection] = []
        for selector in selectors.isEmpty ? [[]] : selectors { selections.append(try querier.select(selector)) }
        var all: [(labels: LabelSet, selection: Int, index: Int)] = []
        for (number, selection) in selections.enumerated() {
            for index in 0..<selection.count { all.append((selection.labels(at: index), number, index)) }
        }
        all.sort { $0.labels < $1.labels }
        var places: [(selection: Int, index: Int)] = []
        for (position, entry) in all.enumerated() where position == 0 || all[position - 1].labels != entry.labels {
            places.append((entry.selection, entry.index))
        }
        self.places = places
        self.selections = selections
        self.range = range
    }

    /// Calls `body` with each series that has samples between two times: its position among those selected, its labels, its samples.
    static func forEach(
        of store: any Queryable, range: ClosedRange<Int64>, selectors: [[Matcher]],
        _ body: (_ position: Int, _ labels: LabelSet, _ samples: borrowing SampleColumns) throws(InterchangeError) ->
            Void
    ) throws(InterchangeError) {
        let series: SelectedSeries
        do throws(QueryableError) {
            series = try SelectedSeries(store, range: range, selectors: selectors)
        } catch {
            throw .unreadable(error.description)
        }
        var columns = SampleColumns()
        for position in 0..<series.places.count {
            columns.removeAll()
            do throws(QueryableError) { try series.read(position, into: &columns) } catch {
                throw .unreadable(error.description)
            }
            if columns.count > 0 { try body(position, series.labels(at: position), columns) }
        }
    }

    /// The labels of the series at a position.
    private func labels(at position: Int) -> LabelSet {
        selections[places[position].selection].labels(at: places[position].index)
    }

    /// Appends the samples of the series at a position.
    private func read(_ position: Int, into columns: inout SampleColumns) throws(QueryableError) {
        try selections[places[position].selection].read(
            places[position].index, from: range.lowerBound, through: range.upperBound, into: &columns)
    }
}
