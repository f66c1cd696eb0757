import ApusModel
import Synchronization

/// A store of equal series that are made when they are read, and that counts what is asked of it.
final class CountingStore: Queryable, Querier, SeriesSelection {
    let count: Int
    private let metric: String
    private let interval: Int64
    private let selectCount = Atomic<Int>(0)
    private let readCount = Atomic<Int>(0)

    /// - Parameters:
    ///   - seriesCount: how many series `metric` has; they differ in the label `i`.
    ///   - interval: the distance of samples in milliseconds.
    init(_ metric: String = "m", seriesCount: Int, interval: Int64 = 1_000) {
        self.metric = metric
        count = seriesCount
        self.interval = interval
    }

    /// How often series were selected.
    var selects: Int { selectCount.load(ordering: .relaxed) }
    /// How often a series was read.
    var reads: Int { readCount.load(ordering: .relaxed) }

    func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier { self }

    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection {
        selectCount.wrappingAdd(1, ordering: .relaxed)
        return self
    }

    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { ["__name__", "i"] }
    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { [] }

    func labels(at index: Int) -> LabelSet {
        LabelSet([Label(name: "__name__", value: metric), Label(name: "i", value: "\(index)")])
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        readCount.wrappingAdd(1, ordering: .relaxed)
        var time = (start + interval - 1) / interval * interval
        while time <= end {
            columns.append(Double(time) / 1_000, at: time)
            time += interval
        }
    }
}
