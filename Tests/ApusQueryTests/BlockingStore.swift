import ApusModel
import Dispatch
import Synchronization

/// A store whose reads wait until a test lets them go on.
final class BlockingStore: Queryable, Querier, SeriesSelection {
    private let gate = DispatchSemaphore(value: 0)
    private let readCount = Atomic<Int>(0)

    /// How many reads began.
    var reads: Int { readCount.load(ordering: .relaxed) }

    /// Lets one read go on.
    func release() { gate.signal() }

    /// Returns once a read waits.
    func awaitRead() async {
        while reads == 0 { await Task.yield() }
    }

    func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier { self }
    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection { self }
    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { [] }
    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] { [] }

    var count: Int { 2 }
    func labels(at index: Int) -> LabelSet { LabelSet([Label(name: "i", value: "\(index)")]) }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        readCount.wrappingAdd(1, ordering: .relaxed)
        gate.wait()
        columns.append(1, at: end)
    }
}
