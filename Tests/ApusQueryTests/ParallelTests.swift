import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Work on many series at once")
struct ParallelTests {
    private static let queries = [
        "sum(m)", "sum by (group) (rate(m[1m]))", "avg by (group) (m)", "stddev(m)", "min by (group) (m)",
        "max(m)", "count by (group) (m > 50)", "group by (i) (m)", "quantile by (group) (0.3, m)",
        "topk by (group) (3, m)", "bottomk(5, m)", "limitk(7, m)", "limit_ratio(0.3, m)",
        "count_values(\"v\", round(m, 10))", "m * on (i) group_left () sum by (i) (m)", "m and on (i) m > 50",
        "m unless m > 50", "m > 80 or m < 20", "absent(m > 1000)", "sort_desc(m)",
        "label_replace(m, \"i\", \"x\", \"i\", \"5\")",
    ]

    private static func value(_ query: String, _ store: MemoryQueryable, helpers: Int) async throws -> String {
        var limits = QueryLimits()
        limits.helperThreads = helpers
        let result = try await QueryEngine(queryable: store, limits: limits)
            .range(query, from: 0, through: 300_000, step: 30_000)
        guard case .matrix(let matrix) = result.value else { return "no matrix" }
        return matrix.map { "\($0.labels) \($0.samples.timestamps) \($0.samples.values.map(\.bitPattern))" }
            .joined(separator: "\n")
    }

    @Test("the result is the same to the last bit whatever the number of threads", arguments: queries)
    func independentOfThreads(query: String) async throws {
        var generator = SeededGenerator(seed: 7)
        let store = MemoryQueryable()
        for index in 0..<1_500 {
            let times = (0..<22).map { Int64($0) * 15_000 }
            store.add(
                SampleColumns(
                    timestamps: times, values: times.map { _ in Double.random(in: 0...100, using: &generator) }),
                to: LabelSet([
                    Label(name: "__name__", value: "m"), Label(name: "i", value: "\(index)"),
                    Label(name: "group", value: "\(index % 5)"),
                ]))
        }
        let alone = try await Self.value(query, store, helpers: 0)
        #expect(alone == (try await Self.value(query, store, helpers: 3)))
        #expect(!alone.isEmpty)
    }
}
