import ApusExposition
import Testing

@Suite("Media types of expositions")
struct ExpositionFormatTests {
    @Test(
        "a Content-Type names its format",
        arguments: [
            ("text/plain; version=0.0.4; charset=utf-8; escaping=underscores", ExpositionFormat.text),
            ("text/plain; charset=utf-8", .text), ("Text/Plain", .text),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
            (
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
                .protobuf
            ),
            ("application/vnd.google.protobuf", .protobuf),
            ("application/vnd.google.protobuf; proto=other.Message; encoding=delimited", nil),
            ("application/vnd.google.protobuf; encoding=text", nil),
            ("text/html", nil), ("", nil), ("/", nil), ("text", nil),
        ] as [(String, ExpositionFormat?)])
    func contentType(_ text: String, _ expected: ExpositionFormat?) {
        #expect(ExpositionFormat(contentType: text) == expected)
    }

    @Test("an answer without a known type takes the fallback or is refused in the peers' words")
    func answered() throws {
        #expect(try ExpositionFormat.answered(contentType: "text/html", fallback: .text) == .text)
        #expect(try ExpositionFormat.answered(contentType: "text/plain", fallback: .openMetrics) == .text)
        #expect(throws: ExpositionFormatError.blank) {
            try ExpositionFormat.answered(contentType: nil, fallback: nil)
        }
        let error = #expect(throws: ExpositionFormatError.self) {
            try ExpositionFormat.answered(contentType: "text/html", fallback: nil)
        }
        #expect(
            error?.description
                == "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target"
        )
    }

    @Test("the Accept header of a scrape has the weights that Prometheus sends")
    func accept() {
        #expect(
            ScrapeProtocol.acceptHeader()
                == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        #expect(
            ScrapeProtocol.acceptHeader(for: [.protobuf, .text004])
                == "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.4")
    }

    @Test(
        "negotiation gives what the scraper weighs highest",
        arguments: [
            (nil, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("text/html", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            (
                "text/plain;version=0.0.4;q=1,*/*;q=0.1",
                "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            ),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
            ),
            (
                "application/vnd.google.protobuf;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                    + "application/openmetrics-text;version=1.0.0;q=0.3",
                "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            ),
            (
                "application/openmetrics-text;q=7,text/plain;q=x",
                "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            ),
        ] as [(String?, String)])
    func negotiated(_ accept: String?, _ expected: String) {
        #expect(ExpositionMediaType.negotiated(accept: accept).contentType == expected)
        if accept == nil { #expect(ExpositionMediaType.negotiated(accept: accept) == .classicText) }
    }

    @Test("what Prometheus asks for is answered as OpenMetrics with UTF-8 names")
    func negotiatedWithPrometheus() {
        #expect(ExpositionMediaType.negotiated(accept: ScrapeProtocol.acceptHeader()) == .openMetrics)
    }
}
