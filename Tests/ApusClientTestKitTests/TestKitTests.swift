import ApusClient
import ApusClientTestKit
import Testing

@Suite("Test kit")
struct TestKitTests {
    @Test("the value of a series is read by name and labels")
    func value() throws {
        let registry = MetricRegistry()
        let requests = try registry.counter("r_total", help: "R.", labels: ["code"])
        requests["200"].increment(by: 3)
        try registry.histogram("h", help: "H.", buckets: [1]).observe(0.5)
        #expect(try registry.value(of: "r_total", ["code": "200"]) == 3)
        #expect(try registry.value(of: "r_total") == nil)
        #expect(try registry.value(of: "h_bucket", ["le": "1.0"]) == 1)
        #expect(try registry.seriesCount() == 5)
        #expect(try registry.seriesCount(of: "r_total", "h_sum") == 2)
    }

    @Test("an exposition that differs is told line by line")
    func difference() throws {
        let registry = MetricRegistry()
        let requests = try registry.counter("r_total", help: "R.", labels: ["code"])
        requests["200"].increment()
        requests["500"].increment(by: 2)
        _ = try registry.gauge("other", help: "")
        let good = """
            # HELP r_total R.
            # TYPE r_total counter

            r_total{code="200"} 1
            r_total{code="500"} 2
            """
        try registry.expectExposition(of: "r_total", text: good)
        let mismatch = #expect(throws: ExpositionMismatch.self) {
            try registry.expectExposition(
                of: "r_total", text: good.replacing("500\"} 2", with: "500\"} 3") + "\nr_total{code=\"503\"} 1")
        }
        #expect(
            mismatch?.description == """
                the metrics are not those expected (- expected, + exposed):
                  # HELP r_total R.
                  # TYPE r_total counter
                  r_total{code="200"} 1
                - r_total{code="500"} 3
                - r_total{code="503"} 1
                + r_total{code="500"} 2
                """)
    }

    @Test("a collector that fails is no value that is missing")
    func failure() throws {
        struct Failing: Collector {
            var families: [MetricDescriptor] { [MetricDescriptor(.gauge, "g", help: "")] }
            func collect(into samples: inout CollectedSamples) throws(MetricError) { throw .unreadable("it") }
        }
        let registry = MetricRegistry()
        try registry.register(Failing())
        #expect(throws: ExpositionMismatch.self) { try registry.value(of: "g") }
    }
}
