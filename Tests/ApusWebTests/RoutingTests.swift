import ApusWeb
import HTTPTypes
import Testing

@Suite("Routing")
struct RoutingTests {
    @Test(
        "unknown paths are not found",
        arguments: ["/nothing", "/api/v1/nothing", "/api/v1/label//values", "/ui/", "/ui/x/y.js"])
    func notFound(path: String) async throws {
        let answer = try await WebHarness().get(path)
        #expect(answer.status == 404)
        #expect(answer.text == "404 page not found\n")
        #expect(answer.fields[.contentType] == "text/plain; charset=utf-8")
    }

    @Test("a path that exists says which methods it takes")
    func wrongMethod() async throws {
        let web = try WebHarness()
        let put = try await web.ask(.put, "/api/v1/query")
        #expect(put.status == 405)
        #expect(put.text == "Method Not Allowed\n")
        #expect(put.fields[.allow] == "GET, OPTIONS, POST")
        #expect(try await web.ask(.head, "/api/v1/query?query=1").status == 405)
        #expect(try await web.ask(.post, "/api/v1/targets").fields[.allow] == "GET, OPTIONS")
    }

    @Test("OPTIONS answers on every path of the API")
    func options() async throws {
        for path in ["query", "label/a/values", "nothing"] {
            let answer = try await WebHarness().ask(.options, "/api/v1/\(path)")
            #expect(answer.status == 204)
            #expect(answer.bytes.isEmpty)
            #expect(answer.fields[.contentLength] == nil)
        }
    }

    @Test("nothing is answered from storage before it is ready")
    func notReady() async throws {
        let web = try WebHarness { $0.isReady = { false } }
        for path in ["/-/ready", "/api/v1/query?query=1", "/api/v1/labels", "/api/v1/targets", "/api/v1/status/tsdb"] {
            let answer = try await web.get(path)
            #expect(answer.status == 503, "\(path)")
            #expect(answer.text == "Service Unavailable")
        }
        for path in ["/-/healthy", "/metrics", "/api/v1/status/walreplay", "/api/v1/status/buildinfo"] {
            #expect(try await web.get(path).status == 200, "\(path)")
        }
    }

    @Test("health and readiness answer GET and HEAD", arguments: ["/-/healthy", "/-/ready"])
    func health(path: String) async throws {
        let web = try WebHarness()
        let get = try await web.get(path)
        #expect(get.status == 200)
        #expect(!get.bytes.isEmpty)
        let head = try await web.ask(.head, path)
        #expect(head.status == 200)
        #expect(head.bytes.isEmpty)
        #expect(head.fields[.contentLength] == String(get.bytes.count))
    }

    @Test("below a prefix, paths without it lead nowhere but to the start page")
    func prefix() async throws {
        var settings = WebSettings()
        settings.routePrefix = "/apus"
        let web = try WebHarness(settings: settings)
        #expect(try await web.get("/apus/-/healthy").status == 200)
        #expect(try await web.get("/apus/api/v1/query?query=1").status == 200)
        #expect(try await web.get("/-/healthy").status == 404)
        #expect(try await web.get("/apusx/-/healthy").status == 404)
        for path in ["/", "/apus"] {
            let answer = try await web.get(path)
            #expect(answer.status == 302)
            #expect(answer.fields[.location] == "/apus/")
        }
    }

    @Test("every answer forbids browsers what pages do not need")
    func securityFields() async throws {
        for path in ["/", "/nothing", "/api/v1/query", "/metrics", "/-/healthy"] {
            let fields = try await WebHarness().get(path).fields
            let policy = try #require(fields[.contentSecurityPolicy])
            #expect(policy.contains("default-src 'none'; script-src 'self'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(fields[.xContentTypeOptions] == "nosniff")
            #expect(fields[HTTPField.Name("Referrer-Policy")!] == "same-origin")
            #expect(fields[HTTPField.Name("Cross-Origin-Opener-Policy")!] == "same-origin")
            #expect(fields[.cacheControl] == "no-store")
            #expect(fields[.vary]?.contains("Accept-Encoding") == true)
            #expect(fields[.date]?.hasSuffix(" GMT") == true)
        }
    }

    @Test("pages of other sites read the API only when their origin is allowed")
    func crossOrigin() async throws {
        let origin: HTTPFields = [.origin: "https://a.example"]
        #expect(try await WebHarness().get("/api/v1/query?query=1", origin).fields[.accessControlAllowOrigin] == nil)
        var settings = WebSettings()
        settings.corsOrigin = "https?://[a-z]+\\.example"
        let web = try WebHarness(settings: settings)
        let fields = try await web.get("/api/v1/query?query=1", origin).fields
        #expect(fields[.accessControlAllowOrigin] == "https://a.example")
        #expect(fields[.accessControlExposeHeaders] == "Date")
        #expect(
            try await web.get("/api/v1/query", [.origin: "https://a.example.org"]).fields[.accessControlAllowOrigin]
                == nil)
        #expect(try await web.get("/metrics", origin).fields[.accessControlAllowOrigin] == nil)
        settings.corsOrigin = "("
        #expect(throws: WebServerError.self) { try WebHarness(settings: settings) }
    }

    @Test(
        "large answers are compressed for those who can read that",
        arguments: [
            ("gzip", true), ("deflate, gzip;q=0.5", true), ("*", true), ("gzip;q=0", false), ("gzip; q=0.000", false),
            ("br", false), ("", false),
        ])
    func compression(accepted: String, isCompressed: Bool) async throws {
        let web = try WebHarness { $0.configuration = { String(repeating: "scrape_configs: []\n", count: 200) } }
        let plain = try await web.get("/api/v1/status/config")
        let answer = try await web.get("/api/v1/status/config", [.acceptEncoding: accepted])
        #expect((answer.fields[.contentEncoding] == "gzip") == isCompressed)
        #expect(answer.fields[.contentLength] == String(answer.bytes.count))
        if isCompressed {
            #expect(answer.bytes.count < plain.bytes.count / 4)
            #expect(try gunzipped(answer.bytes) == plain.bytes)
        } else {
            #expect(answer.bytes == plain.bytes)
        }
    }

    @Test("short answers are not compressed")
    func shortAnswers() async throws {
        #expect(try await WebHarness().get("/api/v1/rules", [.acceptEncoding: "gzip"]).fields[.contentEncoding] == nil)
    }

    @Test("requests are counted by route, status and size")
    func metrics() async throws {
        let web = try WebHarness()
        _ = try await web.get("/api/v1/label/a/values")
        _ = try await web.get("/api/v1/label/b/values")
        _ = try await web.get("/api/v1/query_range")
        _ = try await web.get("/api/v1/nothing")
        let answer = try await web.get("/metrics")
        #expect(answer.fields[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
        for line in [
            #"prometheus_http_requests_total{code="200",handler="/api/v1/label/:name/values"} 2"#,
            #"prometheus_http_requests_total{code="400",handler="/api/v1/query_range"} 1"#,
            #"prometheus_http_requests_total{code="404",handler="/api/v1/*path"} 1"#,
            #"prometheus_http_request_duration_seconds_count{handler="/api/v1/label/:name/values"} 2"#,
            #"prometheus_http_response_size_bytes_sum{handler="/api/v1/label/:name/values"} 60"#,
        ] { #expect(answer.text.contains(line), "\(line)") }
        let openMetrics = try await web.get("/metrics", [.accept: "application/openmetrics-text;version=1.0.0"])
        #expect(openMetrics.fields[.contentType]?.hasPrefix("application/openmetrics-text") == true)
        #expect(openMetrics.text.hasSuffix("# EOF\n"))
    }
}
