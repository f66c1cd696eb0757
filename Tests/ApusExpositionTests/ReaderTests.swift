import ApusExposition
import ApusModel
import Testing

@Suite("Reading expositions")
struct ReaderTests {
    @Test("the text format is read with names, labels, escapes, timestamps and blanks as Prometheus reads them")
    func text() throws {
        let body = #"""
            # HELP http_requests_total Requests\nwith \\ and "quotes".
            # TYPE http_requests_total counter
            http_requests_total{code="200",method="get"} 1027 1395066363000
            http_requests_total { method = "a\"b\\c\nd" , code="200", } 3.5e2
              bare_metric	-0.25

            #a comment
            # HELP
            # TYPE 
            #    HELP spaced   text
            {"http.requests", "my.label"="v|w", empty=""} +Inf -1
            {a="b","요청"}7
            nan_metric NaN
            tiny 4.9e-324
            exact 0.1234567890123456789
            no_newline 1
            """#
        let read = try readFresh(body)
        #expect(
            read.samples == [
                ReadSample(
                    labels: labels("http_requests_total", ["code": "200", "method": "get"]), value: 1027,
                    timestamp: 1_395_066_363_000),
                ReadSample(
                    labels: labels("http_requests_total", ["code": "200", "method": "a\"b\\c\nd"]), value: 350),
                ReadSample(labels: labels("bare_metric"), value: -0.25),
                ReadSample(labels: labels("http.requests", ["my.label": "v|w"]), value: .infinity, timestamp: -1),
                ReadSample(labels: labels("요청", ["a": "b"]), value: 7),
                ReadSample(labels: labels("nan_metric"), value: SpecialValue.normalNaN),
                ReadSample(labels: labels("tiny"), value: .leastNonzeroMagnitude),
                ReadSample(labels: labels("exact"), value: 0.1234567890123456789),
                ReadSample(labels: labels("no_newline"), value: 1),
            ])
    }

    @Test("OpenMetrics is read with timestamps in seconds, exemplars and metadata")
    func openMetrics() throws {
        let body = #"""
            # HELP rpc_seconds Time "spent" \"here\".
            # TYPE rpc_seconds histogram
            # UNIT rpc_seconds seconds
            rpc_seconds_bucket{le="1"} 3 1520879607.789 # {trace_id="a b",x="\"}"} 0.5 1520879607.001
            rpc_seconds_bucket{le="+Inf"} 4 # {} 2
            rpc_seconds_count 4
            {"rpc.other","l.x"="v"} 1.5e1 0.001
            far 1 -1e300
            # EOF

            """#
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let result = try read(Array(body.utf8), as: .openMetrics, with: &reader, into: &scraped)
        #expect(
            result.samples == [
                ReadSample(labels: labels("rpc_seconds_bucket", ["le": "1.0"]), value: 3, timestamp: 1_520_879_607_789),
                ReadSample(labels: labels("rpc_seconds_bucket", ["le": "+Inf"]), value: 4),
                ReadSample(labels: labels("rpc_seconds_count"), value: 4),
                ReadSample(labels: labels("rpc.other", ["l.x": "v"]), value: 15, timestamp: 1),
                ReadSample(labels: labels("far"), value: 1, timestamp: -.max),
            ])
        let exemplarLabels = LabelSet([Label(name: "trace_id", value: "a b"), Label(name: "x", value: "\"}")])
        #expect(
            result.exemplars == [
                0: Exemplar(labels: exemplarLabels, value: 0.5, timestamp: 1_520_879_607_001),
                1: Exemplar(labels: .empty, value: 2, timestamp: nil),
            ])
        #expect(scraped.metadata.map(\.family) == ["rpc_seconds"])
        #expect(
            scraped.metadata.first?.metadata
                == MetricMetadata(type: .histogram, help: "Time \"spent\" \"here\".", unit: "seconds"))
    }

    @Test("bounds and quantiles get one spelling, but only below a TYPE that makes them numbers")
    func normalisedNumbers() throws {
        let body = """
            plain{le="1",quantile="1"} 1
            # TYPE h histogram
            h_bucket{le="1",quantile="1"} 1
            h_bucket{le="1000000"} 1
            h_bucket{le="x"} 1
            # TYPE s summary
            s{le="1",quantile="1"} 1
            h_bucket{le="1",quantile="1"} 1

            """
        #expect(
            try readFresh(body).samples.map(\.labels) == [
                labels("plain", ["le": "1", "quantile": "1"]),
                labels("h_bucket", ["le": "1.0", "quantile": "1"]),
                labels("h_bucket", ["le": "1e+06"]),
                labels("h_bucket", ["le": "x"]),
                labels("s", ["le": "1", "quantile": "1.0"]),
                labels("h_bucket", ["le": "1", "quantile": "1.0"]),
            ])
    }

    @Test("texts of one label set share a slot, and new slots are told once")
    func slots() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let body = Array("a{x=\"1\",y=\"2\"} 1\na{y=\"2\", x=\"1\"} 2\nb 3\nb 4\na{x=\"1\",y=\"2\",z=\"\"} 5\n".utf8)
        try reader.read(body.span, format: .text, into: &scraped)
        #expect(scraped.slots == [0, 0, 1, 1, 0])
        #expect(scraped.values == [1, 2, 3, 4, 5])
        #expect(scraped.newSlots == [0, 1])
        #expect(scraped.timestamps == [])
        try reader.read(body.span, format: .text, into: &scraped)
        #expect(scraped.slots == [0, 0, 1, 1, 0])
        #expect(scraped.newSlots == [])
        let openMetrics = Array("b 3\na{y=\"2\",x=\"1\"} 1 2\nc 1\n# EOF".utf8)
        try reader.read(openMetrics.span, format: .openMetrics, into: &scraped)
        #expect(scraped.slots == [1, 0, 2])
        #expect(scraped.timestamps == [ScrapedBody.noTimestamp, 2_000, ScrapedBody.noTimestamp])
        #expect(scraped.newSlots == [2])
        let count = reader.seriesCount
        #expect(count == 3)
    }

    @Test("metadata is told when it is new or changes")
    func metadata() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        func metadata(_ text: String) throws -> [String: MetricMetadata] {
            let body = Array(text.utf8)
            try reader.read(body.span, format: .text, into: &scraped)
            return Dictionary(uniqueKeysWithValues: scraped.metadata.map { ($0.family, $0.metadata) })
        }
        let first = "# HELP a A\\\\ \\n.\n# TYPE a counter\na 1\n# TYPE \"b.c\" gauge\n"
        #expect(
            try metadata(first) == [
                "a": MetricMetadata(type: .counter, help: "A\\ \n."), "b.c": MetricMetadata(type: .gauge),
            ])
        #expect(try metadata(first) == [:])
        #expect(try metadata("# HELP a B\n" + first) == ["a": MetricMetadata(type: .counter, help: "A\\ \n.")])
        #expect(
            try metadata(first.replacing("counter", with: "untyped")) == [
                "a": MetricMetadata(type: .unknown, help: "A\\ \n.")
            ])
        #expect(try metadata(first) == ["a": MetricMetadata(type: .counter, help: "A\\ \n.")])
    }

    @Test("a broken body leaves nothing behind and the next is read as if it had not been")
    func rollback() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let good = Array("# TYPE a counter\na 1\nb 2\n".utf8)
        let bad = Array("# TYPE a gauge\n# TYPE z gauge\na 1\nnew{x=\"y\"} 2\nb x\n".utf8)
        try reader.read(good.span, format: .text, into: &scraped)
        #expect(throws: ExpositionError.self) { try reader.read(bad.span, format: .text, into: &scraped) }
        #expect(scraped.count == 0)
        #expect(scraped.newSlots.isEmpty && scraped.metadata.isEmpty && scraped.values.isEmpty)
        let count = reader.seriesCount
        #expect(count == 2)
        try reader.read(good.span, format: .text, into: &scraped)
        #expect(scraped.slots == [0, 1])
        #expect(scraped.newSlots.isEmpty && scraped.metadata.isEmpty)
        let repaired = Array("# TYPE z gauge\nnew{x=\"y\"} 2\n".utf8)
        try reader.read(repaired.span, format: .text, into: &scraped)
        #expect(scraped.newSlots == [2])
        #expect(scraped.metadata.map(\.family) == ["z"])
    }

    @Test("series that were not seen for some bodies are forgotten and their slots used again")
    func forgetting() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        func read(_ text: String) throws {
            let body = Array(text.utf8)
            try reader.read(body.span, format: .text, into: &scraped)
        }
        try read("# TYPE a counter\na{x=\"1\", y=\"2\"} 1\ngone 2\nc 3\n")
        try read("# TYPE a counter\na{y=\"2\",x=\"1\"} 1\nc 3\n")
        #expect(reader.forget(unseenFor: 2) == [])
        #expect(reader.forget(unseenFor: 1) == [1])
        #expect(reader.labels(of: 0) == labels("a", ["x": "1", "y": "2"]))
        #expect(reader.labels(of: 2) == labels("c"))
        try read("# TYPE a counter\na{x=\"1\", y=\"2\"} 1\nnew 1\nc 3\n")
        #expect(scraped.slots == [0, 1, 2])
        #expect(scraped.newSlots == [1])
        #expect(scraped.metadata.isEmpty)
        #expect(reader.labels(of: 1) == labels("new"))
    }

    @Test("limits are checked for new series, and for all when they change")
    func limits() throws {
        let body = Array("a{x=\"12345\",yy=\"1\"} 1\nb 2\n".utf8)
        func problem(_ limits: ExpositionLimits, knowing: Bool) -> String? {
            var reader = ExpositionReader()
            var scraped = ScrapedBody()
            do throws(ExpositionError) {
                if knowing { try reader.read(body.span, format: .text, into: &scraped) }
                try reader.read(body.span, format: .text, limits: limits, into: &scraped)
                return nil
            } catch {
                return error.description
            }
        }
        for knowing in [false, true] {
            #expect(problem(ExpositionLimits(sampleLimit: 2, labelLimit: 3), knowing: knowing) == nil)
            #expect(
                problem(ExpositionLimits(labelNameLengthLimit: 8, labelValueLengthLimit: 5), knowing: knowing) == nil)
            #expect(
                problem(ExpositionLimits(sampleLimit: 1), knowing: knowing) == "sample limit exceeded (limit: 1)")
            #expect(
                problem(ExpositionLimits(labelLimit: 2), knowing: knowing)
                    == "label_limit exceeded (metric: a, number of labels: 3, limit: 2)")
            #expect(
                problem(ExpositionLimits(labelNameLengthLimit: 1), knowing: knowing)
                    == "label_name_length_limit exceeded (metric: a, label name: __name__, length: 8, limit: 1)")
            #expect(
                problem(ExpositionLimits(labelValueLengthLimit: 4), knowing: knowing)
                    == "label_value_length_limit exceeded (metric: a, label name: x, value: \"12345\", length: 5, limit: 4)"
            )
        }
    }
}
