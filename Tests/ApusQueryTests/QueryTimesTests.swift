import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Times of a query")
struct QueryTimesTests {
    @Test(
        "the end is the one that was asked for, also where the last step lies before it",
        arguments: [("end()", 100.0), ("range()", 100), ("x @ end()", 100), ("max_over_time(x[range()] @ end())", 100)])
    func end(query: String, value: Double) async throws {
        let store = MemoryQueryable()
        store.add(
            SampleColumns(timestamps: (0...20).map { $0 * 5_000 }, values: (0...20).map { Double($0) * 5 }),
            to: LabelSet([Label(name: "__name__", value: "x")]))
        let engine = try QueryEngine(queryable: store, limits: QueryLimits())
        let result = try await engine.range(query, from: 0, through: 100_000, step: 30_000)
        guard case .matrix(let series) = result.value else {
            Issue.record("no matrix")
            return
        }
        #expect(series.map(\.samples.values) == [[value, value, value, value]])
    }
}
