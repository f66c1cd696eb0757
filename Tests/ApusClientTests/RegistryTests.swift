import ApusClient
import ApusExposition
import ApusModel
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

    @Test("wrong names, labels, units and bounds are refused and leave nothing behind")
    func refusals() throws {
        let registry = MetricRegistry()
        func error(_ make: () throws -> Void) -> MetricError? {
            do {
                try make()
                return nil
            } catch {
                return error as? MetricError
            }
        }
        #expect(error { _ = try registry.counter("", help: "") } == .invalidName(""))
        #expect(error { _ = try registry.counter("a\0b", help: "") } == .invalidName("a\0b"))
        #expect(error { _ = try registry.counter("_total", help: "") } == .invalidName("_total"))
        #expect(
            error { _ = try registry.gauge("g", help: "", labels: ["__x"]) }
                == .invalidLabelName("__x", metric: "g", reason: "begins with __, which is reserved"))
        #expect(
            error { _ = try registry.gauge("g", help: "", labels: ["a", "a"]) }
                == .invalidLabelName("a", metric: "g", reason: "occurs twice"))
        #expect(
            error { _ = try registry.histogram("g", help: "", labels: ["le"]) }
                == .invalidLabelName("le", metric: "g", reason: "is reserved for the bounds of the buckets"))
        #expect(
            error { _ = try registry.gauge("g", help: "", unit: "seconds") }
                == .unitNotInName(unit: "seconds", metric: "g"))
        for buckets in [[1, 1], [2, 1], [.nan], [-.infinity, 1], [.infinity, .infinity]] as [HistogramBuckets] {
            #expect(
                error { _ = try registry.histogram("g", help: "", buckets: buckets) } == .invalidBuckets(metric: "g"))
        }
        #expect(error { _ = try MetricRegistry(constantLabels: ["": "x"]) } != nil)
        #expect(registry.expose().body.isEmpty)
        _ = try registry.gauge("g", help: "")
    }

    @Test("a name that another family or its samples have is refused")
    func duplicates() throws {
        let registry = MetricRegistry()
        _ = try registry.histogram("h", help: "")
        _ = try registry.counter("c_total", help: "")
        for name in ["h", "h_bucket", "h_sum", "h_count", "c_total", "c"] {
            #expect(throws: MetricError.duplicateName(name)) { try registry.gauge(name, help: "") }
        }
        #expect(registry.unregister("h"))
        #expect(!registry.unregister("h"))
        _ = try registry.gauge("h_sum", help: "")
    }

    private struct Failing: Collector {
        static let good = MetricDescriptor(.gauge, "good", help: "Good.", labelNames: ["a"])
        static let other = MetricDescriptor(.info, "build_info", help: "Build.", labelNames: ["version"])
        let problem: Int

        var families: [MetricDescriptor] { [Self.good, Self.other] }

        func collect(into samples: inout CollectedSamples) throws(MetricError) {
            try samples.append(2, labels: ["y"], to: Self.good)
            try samples.append(1, labels: ["x"], to: Self.good)
            try samples.append(1, labels: ["1.0"], to: Self.other)
            switch problem {
            case 1: try samples.append(1, labels: [], to: Self.good)
            case 2: try samples.append(1, labels: ["x"], to: Self.good)
            case 3: try samples.append(1, to: MetricDescriptor(.gauge, "undeclared", help: ""))
            default: break
            }
        }
    }

    @Test("a collector's values are exposed sorted; one that fails is left out and named")
    func collectors() throws {
        let registry = MetricRegistry()
        _ = try registry.gauge("a", help: "")
        try registry.register(Failing(problem: 0))
        #expect(throws: MetricError.duplicateName("good")) { try registry.register(Failing(problem: 0)) }
        #expect(
            text(registry) == """
                # TYPE a gauge
                a 0
                # HELP build_info Build.
                # TYPE build_info gauge
                build_info{version="1.0"} 1
                # HELP good Good.
                # TYPE good gauge
                good{a="x"} 1
                good{a="y"} 2

                """)
        #expect(text(registry, accept: "application/openmetrics-text").contains("# TYPE build info\nbuild_info{"))
        #expect(registry.unregister("build_info"))
        for (problem, failure) in [
            (1, MetricError.wrongLabelCount(metric: "good", expected: 1, given: 0)),
            (2, .duplicateSample(metric: "good")), (3, .undeclaredFamily("undeclared")),
        ] {
            try registry.register(Failing(problem: problem))
            let exposition = registry.expose()
            #expect(exposition.failures == [failure.description])
            #expect(String(decoding: exposition.body, as: UTF8.self) == "# TYPE a gauge\na 0\n")
            #expect(registry.unregister("good"))
        }
    }

    @Test("a collector gives histograms and summaries that are kept elsewhere, and times of its own")
    func collectedHistograms() throws {
        struct Pauses: Collector {
            static let pauses = MetricDescriptor(.histogram, "pauses_seconds", help: "", constantLabels: ["gc": "mark"])
            static let waits = MetricDescriptor(.summary, "waits_seconds", help: "", labelNames: ["lock"])
            let counts: [UInt64]
            var families: [MetricDescriptor] { [Self.pauses, Self.waits] }

            func collect(into samples: inout CollectedSamples) throws(MetricError) {
                let histogram = HistogramSnapshot(upperBounds: [0.1, 1], bucketCounts: counts, sum: 3.5)
                try samples.append(histogram, to: Self.pauses, timestamp: 1_500)
                let summary = SummarySnapshot(count: 3, sum: 2, quantiles: [(0.5, 0.25)])
                try samples.append(summary, labels: ["a"], to: Self.waits)
            }
        }
        let registry = MetricRegistry()
        try registry.register(Pauses(counts: [1, 2, 3]))
        #expect(
            text(registry) == """
                # TYPE pauses_seconds histogram
                pauses_seconds_bucket{gc="mark",le="0.1"} 1 1500
                pauses_seconds_bucket{gc="mark",le="1"} 3 1500
                pauses_seconds_bucket{gc="mark",le="+Inf"} 6 1500
                pauses_seconds_sum{gc="mark"} 3.5 1500
                pauses_seconds_count{gc="mark"} 6 1500
                # TYPE waits_seconds summary
                waits_seconds{lock="a",quantile="0.5"} 0.25
                waits_seconds_sum{lock="a"} 2
                waits_seconds_count{lock="a"} 3

                """)
        let wrong = MetricRegistry()
        try wrong.register(Pauses(counts: [1, 2]))
        #expect(wrong.expose().failures == [MetricError.wrongKind(metric: "pauses_seconds").description])
    }

    @Test("the process shows its standard metrics with values that can be true")
    func process() throws {
        let registry = MetricRegistry()
        try registry.register(ProcessCollector())
        let exposition = registry.expose()
        #expect(exposition.failures == [])
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        try reader.read(exposition.body.span, format: .text, into: &scraped)
        var values: [String: Double] = [:]
        for index in scraped.slots.indices {
            values[reader.labels(of: scraped.slots[index]).metricName ?? ""] = scraped.values[index]
        }
        func value(_ name: String) throws -> Double { try #require(values[name], "\(name) is missing") }
        let now = Double(SystemWallClock().now()) / 1_000
        #expect(try value("process_cpu_seconds_total") >= 0)
        #expect((3...100_000).contains(try value("process_open_fds")))
        #expect(try value("process_max_fds") >= value("process_open_fds"))
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_virtual_memory_max_bytes") > 0)
        #expect(try value("process_threads") >= 1)
        #expect((now - 86_400...now + 2).contains(try value("process_start_time_seconds")))
    }

    @Test("both formats of one registry are read back to the same series and values")
    func readBack() throws {
        let registry = try MetricRegistry(constantLabels: ["host": "a\"b"])
        let latency = try registry.histogram("latency_seconds", help: "L.", labels: ["한 글"])
        let requests = try registry.counter("requests_total", help: "R.", labels: ["code", "path"])
        for number in 0..<100 {
            latency["v\(number % 3)"].observe(Double(number) / 10)
            requests["\(number % 4)", "/a\\b\n\"\(number % 7)"].increment(by: Double(number) / 4)
        }
        func read(_ accept: String, _ format: ExpositionFormat) throws -> [LabelSet: Double] {
            let body = registry.expose(accept: accept).body
            var reader = ExpositionReader()
            var scraped = ScrapedBody()
            try reader.read(body.span, format: format, into: &scraped)
            var values: [LabelSet: Double] = [:]
            for index in scraped.slots.indices {
                values[reader.labels(of: scraped.slots[index])] = scraped.values[index]
            }
            #expect(values.count == scraped.count)
            return values
        }
        let text = try read("text/plain;version=1.0.0;escaping=allow-utf-8", .text)
        let openMetrics = try read("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8", .openMetrics)
        #expect(text == openMetrics)
        #expect(text.count == 3 * 14 + 28)
    }
}
