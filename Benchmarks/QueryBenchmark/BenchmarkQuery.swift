import FoundationEssentials

/// A query to be measured, as a file of queries describes it.
struct BenchmarkQuery: Decodable {
    var id: String
    /// `instant`, `range`, or one of the kinds about series, which are measured elsewhere.
    var kind: String
    var query: String?
    /// Named times of the data set.
    var time: String?
    var start: String?
    var end: String?
    /// Seconds.
    var step: Double?

    private struct File: Decodable { var queries: [BenchmarkQuery] }

    /// The queries of a file; those about labels are left out.
    static func load(_ path: String) throws -> [BenchmarkQuery] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchmarkError("cannot read \(path)")
        }
        return try JSONDecoder().decode(File.self, from: data).queries.filter { $0.query != nil }
    }

    /// What is measured without a file: one query of each usual shape.
    static let builtIn: [BenchmarkQuery] = [
        instant("one-metric", "node_load1{job=\"wide\"}"),
        instant("sum-rate", "sum by (mode) (rate(node_cpu_seconds_total{job=\"wide\"}[5m]))"),
        instant(
            "quantile-each", "histogram_quantile(0.9, rate(http_request_duration_seconds_bucket{job=\"wide\"}[5m]))"),
        instant("count-all", "count by (__name__) ({job=\"wide\"})"),
        instant("join", "node_filesystem_avail_bytes{job=\"wide\"} / node_filesystem_size_bytes{job=\"wide\"}"),
        range("wide", 30, "sum by (instance) (rate(node_cpu_seconds_total{job=\"wide\",mode!=\"idle\"}[5m]))"),
        range(
            "wide", 60,
            "histogram_quantile(0.99, sum by (le, handler) (rate(http_request_duration_seconds_bucket{job=\"wide\"}[5m])))"
        ),
        range("wide", 60, "container_memory_usage_bytes{job=\"wide\"}"),
        range("long", 120, "sum by (instance) (rate(node_cpu_seconds_total{job=\"long\"}[5m]))"),
    ]

    private static func instant(_ id: String, _ query: String) -> BenchmarkQuery {
        BenchmarkQuery(id: id, kind: "instant", query: query, time: "wide_end")
    }

    private static func range(_ set: String, _ step: Double, _ query: String) -> BenchmarkQuery {
        BenchmarkQuery(
            id: "\(set)-\(Int(step))s", kind: "range", query: query, start: "\(set)_start", end: "\(set)_end",
            step: step)
    }
}
