import ApusModel
import ApusPromQL
import ApusQuery
import ApusTestSupport
import Testing

/// A store of a small shop: two services, scraped every 30 s for an hour from 0, one of them down for the last quarter.
private func shop() throws -> MemoryQueryable {
    let store = MemoryQueryable()
    func add(_ series: String, from: Int64 = 0, through: Int64 = 3_600, every: Int64 = 30, _ value: (Int64) -> Double)
        throws
    {
        let times = stride(from: from, through: through, by: Int64.Stride(every)).map { $0 }
        store.add(
            SampleColumns(timestamps: times.map { $0 * 1_000 }, values: times.map(value)),
            to: try Parser.parseSeries(series))
    }
    for code in ["200", "500"] {
        for instance in ["a:80", "b:80"] {
            try add(#"http_requests_total{job="shop",instance="\#(instance)",code="\#(code)"}"#) { Double($0) }
        }
    }
    try add(#"http_requests_total{job="cart",instance="c:80",code="200"}"#, through: 2_760) { Double($0) }
    try add(#"http_request_duration_seconds_count{job="shop",instance="a:80"}"#) { Double($0) }
    for le in ["0.1", "+Inf"] {
        try add(#"http_request_duration_seconds_bucket{job="shop",instance="a:80",le="\#(le)"}"#) { Double($0) }
    }
    try add(#"node_cpu_seconds_total{node="n1",mode="idle"}"#) { Double($0) }
    try add(#"node_memory_bytes{node="n1"}"#) { _ in 7 }
    try add(#"temperature{room="k"}"#) { 20 + Double($0 % 7) }
    try add(#"slow_metric{job="shop"}"#, every: 120) { Double($0) }
    try add(#"up{job="shop",instance="a:80"}"#) { _ in 1 }
    try add(#"up{job="cart",instance="c:80"}"#) { $0 > 2_760 ? 0 : 1 }
    try add(#"ended{job="x"}"#, through: 600) { $0 == 600 ? SpecialValue.staleMarker : 1 }
    try add(#"later{job="x"}"#, from: 7_200, through: 7_800) { _ in 1 }
    return store
}

@Suite("Why a result is empty")
struct ReasonTests {
    private static func explain(_ query: String, at seconds: Int64 = 3_600) async throws -> [Explanation.Reason] {
        try await QueryEngine(queryable: try shop()).explain(query, at: seconds * 1_000).reasons
    }

    /// A query, the reason's kind, words of its text, the run of the query it is about, and the first suggestion.
    struct Case: Sendable, CustomTestStringConvertible {
        var query: String
        var kind: Explanation.Reason.Kind
        var text: String
        var place: String
        var suggestion: String?
        var testDescription: String { query }
    }

    @Test(
        "the reason is found and stands where it should",
        arguments: [
            Case(
                query: "sum(rate(http_reqests_total[5m]))", kind: .metricNeverSeen,
                text: #"no series has the metric name "http_reqests_total""#, place: "http_reqests_total[5m]",
                suggestion: "http_requests_total"),
            Case(
                query: "requests_total", kind: .metricNeverSeen,
                text: #"no series has the metric name "requests_total""#,
                place: "requests_total", suggestion: "http_requests_total"),
            Case(
                query: "node_cpu", kind: .metricNeverSeen, text: #"no series has the metric name "node_cpu""#,
                place: "node_cpu", suggestion: "node_cpu_seconds_total"),
            Case(
                query: #"http_requests_total{job="shpo"} * 2"#, kind: .labelValueNotPresent,
                text: #"no series of "http_requests_total" has job="shpo"; its only values are "cart", "shop""#,
                place: #"http_requests_total{job="shpo"}"#, suggestion: #"job="shop""#),
            Case(
                query: #"http_requests_total{job="a:80"}"#, kind: .labelValueNotPresent,
                text: #"no series of "http_requests_total" has job="a:80";"#,
                place: #"http_requests_total{job="a:80"}"#,
                suggestion: #"instance="a:80""#),
            Case(
                query: #"http_requests_total{code=~"4.."}"#, kind: .labelValueNotPresent,
                text: #"no value of the label "code" of "http_requests_total" matches "4..";"#,
                place: #"http_requests_total{code=~"4.."}"#, suggestion: #"code="200""#),
            Case(
                query: #"http_requests_total{code!~"[25].."}"#, kind: .labelValueNotPresent,
                text: #"code!~"[25].." leaves nothing"#, place: #"http_requests_total{code!~"[25].."}"#, suggestion: nil
            ),
            Case(
                query: #"http_requests_total{status="500"}"#, kind: .labelNotPresent,
                text:
                    #"no series of "http_requests_total" has the label "status"; its labels are "code", "instance", "job""#,
                place: #"http_requests_total{status="500"}"#, suggestion: nil),
            Case(
                query: #"http_requests_total{job="cart",code="500"}"#, kind: .combinationNotPresent,
                text: #"code="500" and job="cart" each select series of "http_requests_total", but none has both"#,
                place: #"http_requests_total{job="cart",code="500"}"#, suggestion: #"job="shop""#),
            Case(
                query: "ended", kind: .noSamplesInRange,
                text: "the last of them ended 50 minutes before, at 1970-01-01T00:10:00Z", place: "ended",
                suggestion: #"last_over_time({__name__="ended"}[51m])"#),
            Case(
                query: "count(later)", kind: .noSamplesInRange,
                text: "first sample 1 hour later, at 1970-01-01T02:00:00Z",
                place: "later", suggestion: nil),
            Case(
                query: #"http_requests_total{job="cart"}"#, kind: .targetDown,
                text:
                    #"the target {job="cart",instance="c:80"} is down: "up" is 0 and has been for at least 14 minutes"#,
                place: #"http_requests_total{job="cart"}"#, suggestion: #"up{job="cart",instance="c:80"}"#),
            Case(
                query: "sum(rate(slow_metric[1m]))", kind: .rangeTooShort,
                text:
                    "rate() needs two samples in a window, and slow_metric[1m] holds at most one: samples come every 2 minutes. Use a range of 8m or more",
                place: "rate(slow_metric[1m])", suggestion: "rate(slow_metric[8m])"),
            Case(
                query: "temperature > 100", kind: .comparisonFilteredAll,
                text: "the comparison > 100 holds for none of the 1 series, whose values are all 22", place: " > ",
                suggestion: nil),
            Case(
                query: "1 + (http_requests_total < -5)", kind: .comparisonFilteredAll,
                text: "the comparison < -5 holds for none of the 4 series, whose values are all 3600", place: " < ",
                suggestion: nil),
            Case(
                query: "node_cpu_seconds_total / node_memory_bytes", kind: .noMatchingPartners,
                text: #"only the left has "mode""#, place: " / ", suggestion: "/ on (node)"),
            Case(
                query: "http_requests_total / http_request_duration_seconds_count", kind: .noMatchingPartners,
                text: #"only the left has "code""#, place: " / ", suggestion: "/ on (instance, job) group_left ()"),
            Case(
                query: "histogram_quantile(0.9, sum by (job) (rate(http_request_duration_seconds_bucket[5m])))",
                kind: .labelNotPresent, text: #"histogram_quantile() needs buckets with the label "le""#,
                place: "sum by (job) (rate(http_request_duration_seconds_bucket[5m]))",
                suggestion: "sum by (job, le) (rate(http_request_duration_seconds_bucket[5m]))"),
            Case(
                query: "absent(up)", kind: .presentOnOtherSide, text: "and up has 2 series, for example up{",
                place: "absent(up)", suggestion: nil),
            Case(
                query: "absent_over_time(up[5m])", kind: .presentOnOtherSide, text: "and up[5m] has 2 series",
                place: "absent_over_time(up[5m])", suggestion: nil),
            Case(
                query: "up unless up", kind: .presentOnOtherSide, text: "all 2 series on the left have one",
                place: " unless ", suggestion: nil),
            Case(
                query: "topk(0, up)", kind: .aggregationOfNothing,
                text: "topk with the parameter 0 keeps none of the 2 series", place: "0", suggestion: nil),
            Case(
                query: "histogram_count(up)", kind: .aggregationOfNothing,
                text: "works on native histograms only, and up has floats", place: "up", suggestion: nil),
            Case(
                query: "up + on () missing", kind: .metricNeverSeen, text: #"the metric name "missing""#,
                place: "missing", suggestion: nil),
            Case(
                query: "max_over_time(missing[10m:1m])", kind: .metricNeverSeen, text: #"the metric name "missing""#,
                place: "missing", suggestion: nil),
        ])
    func reason(_ expected: Case) async throws {
        let reasons = try await Self.explain(expected.query)
        let first = try #require(reasons.first)
        #expect(first.kind == expected.kind)
        #expect(first.text.contains(expected.text), "\(first.text)")
        let bytes = Array(expected.query.utf8)
        #expect(
            String(decoding: bytes[first.position.start..<first.position.end], as: UTF8.self) == expected.place)
        #expect(first.suggestions.first == expected.suggestion)
    }

    @Test("both sides of an operator have their reasons")
    func bothSides() async throws {
        let reasons = try await Self.explain(#"upp * http_requests_total{code="404"}"#)
        #expect(reasons.map(\.kind) == [.metricNeverSeen, .labelValueNotPresent])
        #expect(reasons.first?.suggestions.first == "up")
    }

    @Test("a target that is down stands before the silence of its series")
    func downFirst() async throws {
        let reasons = try await Self.explain(#"rate(http_requests_total{job="cart"}[5m])"#)
        #expect(reasons.map(\.kind) == [.targetDown, .noSamplesInRange])
        #expect(reasons.last?.text.contains("last sample 14 minutes before, at 1970-01-01T00:46:00Z") == true)
    }

    @Test("an empty side is told although the result is not empty")
    func emptySide() async throws {
        #expect(try await Self.explain("up or missing").map(\.kind) == [.metricNeverSeen])
        #expect(try await Self.explain("up or up").isEmpty)
        #expect(try await Self.explain("up").isEmpty)
    }

    @Test("an empty store says so")
    func emptyStore() async throws {
        let reasons = try await QueryEngine(queryable: MemoryQueryable()).explain("up", at: 0).reasons
        #expect(reasons.map(\.text) == [#"no series has the metric name "up"; nothing is stored at all"#])
    }

    @Test("the search for the reason ends in time")
    func deadline() async throws {
        var limits = QueryLimits()
        limits.maxReasonTime = 0
        let engine = try QueryEngine(queryable: try shop(), limits: limits)
        let reasons = try await engine.explain("rate(missing[5m])", at: 0).reasons
        #expect(reasons.map(\.kind) == [.unknown])
        #expect(reasons.first?.text == "the search for the reason was given up after 0 milliseconds")
    }

    @Test("a reason is found among a great many names in a moment")
    func manyNames() async throws {
        var limits = QueryLimits()
        limits.maxReasonTime = 60_000
        let store = MemoryQueryable()
        for index in 0..<3_000 {
            store.add(
                SampleColumns(timestamps: [0], values: [1]),
                to: LabelSet([Label(name: "__name__", value: "service_\(index)_requests_total")]))
        }
        let reasons = try await QueryEngine(queryable: store, limits: limits).explain(
            "service_777_request_total", at: 0
        ).reasons
        #expect(reasons.first?.suggestions.first == "service_777_requests_total")
    }
}
