import ApusClient
import ApusExposition
import Testing

@Suite("Linter")
struct LinterTests {
    static let cases: [(String, [String])] = [
        ("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n", []),
        ("# TYPE a gauge\na 1\n", ["a no help text"]),
        ("# HELP a A.\n# TYPE a counter\na 1\n", ["a counter metrics should have \"_total\" suffix"]),
        (
            "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
            ["a_total non-counter metrics should not have \"_total\" suffix"]
        ),
        (
            "# HELP x_milliseconds X.\n# TYPE x_milliseconds gauge\nx_milliseconds 1\n",
            ["x_milliseconds use base unit \"seconds\" instead of \"milliseconds\""]
        ),
        ("# HELP thermometers X.\n# TYPE thermometers gauge\nthermometers 1\n", []),
        ("# HELP x_ms X.\n# TYPE x_ms gauge\nx_ms 1\n", ["x_ms metric names should not contain abbreviated units"]),
        ("# HELP x:y X.\n# TYPE x:y gauge\nx:y 1\n", ["x:y metric names should not contain ':'"]),
        (
            "# HELP aB X.\n# TYPE aB gauge\naB{cD=\"1\"} 1\n",
            [
                "aB metric names should be written in 'snake_case' not 'camelCase'",
                "aB label names should be written in 'snake_case' not 'camelCase'",
            ]
        ),
        (
            "# HELP a_gauge X.\n# TYPE a_gauge gauge\na_gauge 1\n",
            ["a_gauge metric name should not include type 'gauge'"]
        ),
        (
            "# HELP a_bucket X.\n# TYPE a_bucket gauge\na_bucket{le=\"1\",quantile=\"2\"} 1\n",
            [
                "a_bucket non-histogram metrics should not have \"_bucket\" suffix",
                "a_bucket non-histogram metrics should not have \"le\" label",
                "a_bucket non-summary metrics should not have \"quantile\" label",
            ]
        ),
        (
            "# HELP a_count X.\n# TYPE a_count gauge\na_count 1\n",
            ["a_count non-histogram and non-summary metrics should not have \"_count\" suffix"]
        ),
        ("# HELP h X.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", []),
    ]

    @Test("each convention that is broken is told in the words of the field's linter", arguments: cases)
    func conventions(_ text: String, _ expected: [String]) throws {
        #expect(try MetricLinter.problems(inText: Array(text.utf8)).map(\.description) == expected)
    }

    @Test("the metrics of a registry are checked, and text that is no exposition is refused")
    func sources() throws {
        let registry = MetricRegistry()
        try registry.register(ProcessCollector())
        #expect(try MetricLinter.problems(in: registry) == [])
        let openMetrics = registry.expose(accept: Accept.openMetrics).body
        #expect(try MetricLinter.problems(in: openMetrics, format: .openMetrics) == [])
        _ = try registry.gauge("size_kilobytes", help: "S.")
        #expect(try MetricLinter.problems(in: registry).map(\.metric) == ["size_kilobytes"])
        #expect(throws: MetricError.self) { try MetricLinter.problems(inText: Array("a{".utf8)) }
    }
}
