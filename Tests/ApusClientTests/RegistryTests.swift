import ApusClient
import Testing

@Suite("Registry and exposition")
struct RegistryTests {
    private func text(_ registry: MetricRegistry, accept: String? = nil) -> String {
        String(decoding: registry.expose(accept: accept).body, as: UTF8.self)
    }

    @Test("counters, gauges and histograms are exposed sorted and escaped")
    func classicText() throws {
        let registry = MetricRegistry()
        let requests = try registry.counter(
            "requests_total", help: "Requests\nanswered with \\.", labels: ["code", "method"])
        let temperature = try registry.gauge("temperature_celsius", help: "Now.")
        let latency = try registry.histogram("latency_seconds", help: "Time.", buckets: [0.1, 0.5, 1])
        requests["500", "get"].increment()
        requests["200", "a\"b\\c\nd"].increment(by: 41)
        requests["200", "a\"b\\c\nd"].increment(by: 0.5)
        requests["200", ""].increment(by: 1_234_567)
        temperature.set(21.5)
        for value in [0.05, 0.1, 0.3, 7] { latency.observe(value) }
        #expect(
            text(registry) == """
                # HELP latency_seconds Time.
                # TYPE latency_seconds histogram
                latency_seconds_bucket{le="0.1"} 2
                latency_seconds_bucket{le="0.5"} 3
                latency_seconds_bucket{le="1"} 3
                latency_seconds_bucket{le="+Inf"} 4
                latency_seconds_sum 7.45
                latency_seconds_count 4
                # HELP requests_total Requests\\nanswered with \\\\.
                # TYPE requests_total counter
                requests_total{code="200"} 1234567
                requests_total{code="200",method="a\\"b\\\\c\\nd"} 41.5
                requests_total{code="500",method="get"} 1
                # HELP temperature_celsius Now.
                # TYPE temperature_celsius gauge
                temperature_celsius 21.5

                """)
    }

    @Test("OpenMetrics names counters without _total, floats with a point, and ends with EOF")
    func openMetrics() throws {
        let registry = try MetricRegistry(constantLabels: ["hostname": "a"])
        let bytes = try registry.counter("read_bytes_total", help: "Read \"now\".", unit: "bytes")
        let latency = try registry.histogram("latency_seconds", help: "Time.", buckets: [1])
        try registry.gauge("level", help: "Level.") { 3 }
        bytes.increment()
        latency.observe(.milliseconds(250))
        let exposition = registry.expose(accept: "application/openmetrics-text;version=1.0.0")
        #expect(
            exposition.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
        )
        #expect(
            String(decoding: exposition.body, as: UTF8.self) == """
                # HELP latency_seconds Time.
                # TYPE latency_seconds histogram
                latency_seconds_bucket{hostname="a",le="1.0"} 1
                latency_seconds_bucket{hostname="a",le="+Inf"} 1
                latency_seconds_sum{hostname="a"} 0.25
                latency_seconds_count{hostname="a"} 1
                # HELP level Level.
                # TYPE level gauge
                level{hostname="a"} 3.0
                # HELP read_bytes Read \\"now\\".
                # TYPE read_bytes counter
                # UNIT read_bytes bytes
                read_bytes_total{hostname="a"} 1
                # EOF

                """)
    }

    @Test("UTF-8 names are quoted for those who read them and underscored for others")
    func utf8Names() throws {
        let registry = MetricRegistry()
        let requests = try registry.counter("http.requests", help: "요청.", labels: ["http.method"])
        requests["get"].increment()
        #expect(
            text(registry) == """
                # HELP http_requests 요청.
                # TYPE http_requests counter
                http_requests{http_method="get"} 1

                """)
        #expect(
            text(registry, accept: "text/plain;version=1.0.0;escaping=allow-utf-8") == """
                # HELP "http.requests" 요청.
                # TYPE "http.requests" counter
                {"http.requests","http.method"="get"} 1

                """)
        #expect(
            text(registry, accept: "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8") == """
                # HELP "http.requests" 요청.
                # TYPE "http.requests" counter
                {"http.requests_total","http.method"="get"} 1
                # EOF

                """)
    }
}
