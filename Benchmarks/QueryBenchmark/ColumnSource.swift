import ApusModel

/// A source of series without a store: samples are copied from columns, so that only evaluation is measured.
struct ColumnSource: Queryable, Querier, SeriesSelection {
    /// The number of series.
    let count: Int
    /// The samples of all series: the times, and a few columns of values that the series take in turn.
    let timestamps: [Int64]
    let columns: [[Double]]
    /// Made ahead, but for so many series that memory is what is measured.
    private var labelSets: [LabelSet] = []

    /// `count` series of counters with `samples` samples each, 15 s apart.
    init(count: Int, samples: Int) {
        self.count = count
        timestamps = (0..<samples).map { Int64($0) * 15_000 }
        columns = (0..<64).map { column in
            var value = Double(column * 1_000)
            return (0..<samples).map { sample in
                value += Double((sample &* 2_654_435_761 ^ column &* 40_503) & 31)
                return value
            }
        }
        if count <= 100_000 { labelSets = (0..<count).map(makeLabels) }
    }

    func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier { self }

    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection { self }

    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { [] }

    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { [] }

    func labels(at index: Int) -> LabelSet { labelSets.isEmpty ? makeLabels(index) : labelSets[index] }

    private func makeLabels(_ index: Int) -> LabelSet {
        LabelSet([
            Label(name: LabelSet.metricName, value: "http_requests_total"),
            Label(name: "group", value: "group-\(index % 100)"),
            Label(name: "instance", value: "10.1.\(index / 250).\(index % 250):9100"),
        ])
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into samples: inout SampleColumns
    ) throws(QueryableError) {
        samples.timestamps += timestamps
        samples.values += columns[index % columns.count]
    }
}
