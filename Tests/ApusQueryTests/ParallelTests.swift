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
        let notes = "\(result.warnings) \(result.infos)"
        return matrix.map { series in
            let histograms = series.samples.histograms.map { "\($0.position) \($0.histogram)" }
            let values = series.samples.values.map(\.bitPattern)
            return "\(series.labels) \(series.samples.timestamps) \(values) \(histograms)"
        }.joined(separator: "\n") + notes
    }

    private static let histogramQueries = [
        "h", "sum(h)", "avg by (group) (h)", "count by (group) (h)", "sum by (group) (rate(h[1m]))", "max(h)",
        "histogram_quantile(0.9, sum by (group) (h))", "h * on (i) group_left () sum by (i) (h)", "h + h", "topk(3, h)",
        "sum_over_time(h[1m])", "avg(avg_over_time(h[1m]))", "histogram_count(sum(h))", "h and on (i) h", "info(h)",
        "count_values(\"v\", h)", "limitk(100, h)", "increase(h[1m:15s])", "-h", "h smoothed",
    ]

    /// Series of histograms of several layouts, some with floats between them.
    private static let histogramStore: MemoryQueryable = {
        var generator = SeededGenerator(seed: 11)
        let store = MemoryQueryable()
        for index in 0..<140 {
            var samples = SampleColumns()
            var histogram = NativeHistogram()
            histogram.schema = Int32(index % 3)
            histogram.positiveSpans = [.init(offset: Int32(index % 2), length: 3)]
            histogram.positiveBuckets = [0, 0, 0]
            for step in 0..<12 {
                for bucket in 0..<3 {
                    let observed = Double.random(in: 0...1, using: &generator)
                    histogram.positiveBuckets[bucket] += observed
                    histogram.count += observed
                    histogram.sum += observed * Double(bucket)
                }
                if index % 50 == 49, step > 8 {
                    samples.append(Double(step), at: Int64(step) * 15_000)
                } else {
                    samples.append(histogram, at: Int64(step) * 15_000)
                }
            }
            store.add(
                samples,
                to: LabelSet([
                    Label(name: "__name__", value: "h"), Label(name: "i", value: "\(index)"),
                    Label(name: "group", value: "\(index % 5)"),
                ]))
        }
        return store
    }()

    @Test(
        "results with histograms are the same to the last bit whatever the number of threads",
        arguments: histogramQueries)
    func histogramsIndependentOfThreads(query: String) async throws {
        let store = Self.histogramStore
        let alone = try await Self.value(query, store, helpers: 0)
        #expect(alone == (try await Self.value(query, store, helpers: 3)))
        #expect(alone.count > 100)
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
