import ApusClient
import ApusClientHummingbird
import ApusClientTestKit
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite("Hummingbird middleware")
struct RequestMetricsTests {
    private struct Failure: Error {}

    private func application(
        _ registry: MetricRegistry, _ metrics: RequestMetrics<BasicRequestContext>
    ) -> some ApplicationProtocol {
        let router = Router()
        router.add(middleware: metrics)
        router.metrics(of: registry)
        router.get("/users/{id}") { _, _ in "hello" }
        router.post("/fail") { _, _ -> String in throw HTTPError(.badRequest) }
        router.get("/crash") { _, _ -> String in throw Failure() }
        router.get("/stream") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for _ in 0..<10 { try await writer.write(ByteBuffer(string: "0123456789")) }
                    try await writer.finish(nil)
                })
        }
        return Application(router: router)
    }

    @Test("requests are counted by code, method and route, with time and sizes", arguments: [true, false])
    func measured(isLive: Bool) async throws {
        let registry = MetricRegistry()
        let application = application(registry, try RequestMetrics(registry: registry, buckets: [60]))
        try await application.test(isLive ? .live : .router) { client in
            for id in 0..<3 {
                try await client.execute(uri: "/users/\(id)", method: .get) { #expect($0.status == .ok) }
            }
            try await client.execute(uri: "/fail", method: .post, body: ByteBuffer(string: "12345")) {
                #expect($0.status == .badRequest)
            }
            try await client.execute(uri: "/crash", method: .get) { #expect($0.status == .internalServerError) }
            try await client.execute(uri: "/stream", method: .get) { #expect($0.body.readableBytes == 100) }
            try await client.execute(uri: "/nowhere", method: .get) { #expect($0.status == .notFound) }
            try await client.execute(uri: "/metrics", method: .get) { #expect($0.status == .ok) }
        }
        func value(_ name: String, _ code: String, _ method: String, _ route: String, le: String? = nil) throws
            -> Double?
        {
            var labels = ["code": code, "method": method, "route": route]
            labels["le"] = le
            return try registry.value(of: name, labels)
        }
        #expect(try value("http_requests_total", "200", "get", "/users/{id}") == 3)
        #expect(try value("http_requests_total", "400", "post", "/fail") == 1)
        #expect(try value("http_requests_total", "500", "get", "/crash") == 1)
        #expect(try value("http_requests_total", "404", "get", "NotFound") == 1)
        #expect(try value("http_request_duration_seconds_bucket", "200", "get", "/users/{id}", le: "60.0") == 3)
        #expect(try value("http_response_size_bytes_sum", "200", "get", "/users/{id}") == 15)
        #expect(try value("http_response_size_bytes_sum", "200", "get", "/stream") == 100)
        if isLive { #expect(try value("http_request_size_bytes_sum", "400", "post", "/fail") == 5) }
        #expect(try registry.value(of: "http_requests_in_flight") == 0)
        #expect(try registry.seriesCount(of: "http_requests_total") == 5)
    }

    @Test("the names can be those of another service exactly")
    func names() async throws {
        let registry = MetricRegistry()
        let metrics = try RequestMetrics<BasicRequestContext>(
            registry: registry,
            names: RequestMetricNames(
                requests: MetricName("image_gallery_requests_total", help: "Image Gallery - total requests"),
                inFlight: MetricName("image_gallery_in_flight_requests", help: "Image Gallery - in-flight requests"),
                duration: nil, requestSize: nil, responseSize: nil),
            labels: [.code, .method])
        try await application(registry, metrics).test(.router) { client in
            try await client.execute(uri: "/users/1", method: .get) { _ in }
            try await client.execute(uri: "/crash", method: .get) { _ in }
            try await client.execute(uri: "/users/1", method: HTTPRequest.Method("BREW") ?? .get) { _ in }
        }
        try registry.expectExposition(
            text: """
                # HELP image_gallery_in_flight_requests Image Gallery - in-flight requests
                # TYPE image_gallery_in_flight_requests gauge
                image_gallery_in_flight_requests 0
                # HELP image_gallery_requests_total Image Gallery - total requests
                # TYPE image_gallery_requests_total counter
                image_gallery_requests_total{code="200",method="get"} 1
                image_gallery_requests_total{code="404",method="unknown"} 1
                image_gallery_requests_total{code="500",method="get"} 1
                """)
    }

    @Test("the metrics are given in the format that is asked for, compressed where that is taken")
    func route() async throws {
        let registry = MetricRegistry()
        let family = try registry.gauge("g", help: "G.", labels: ["a"])
        for index in 0..<200 { family["\(index)"].set(index) }
        _ = try registry.gauge("h", help: "H.")
        try await application(registry, try RequestMetrics(registry: registry)).test(.live) { client in
            try await client.execute(uri: "/metrics", method: .get) { answer in
                #expect(answer.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
                #expect(String(buffer: answer.body).contains("g{a=\"199\"} 199\n"))
            }
            let openMetrics: HTTPFields = [
                .accept: "application/openmetrics-text;version=1.0.0", .acceptEncoding: "gzip",
            ]
            try await client.execute(uri: "/metrics", method: .get, headers: openMetrics) { answer in
                #expect(answer.headers[.contentType]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
                #expect(answer.headers[.contentEncoding] == "gzip")
                #expect(Array(buffer: answer.body).prefix(2) == [0x1F, 0x8B])
                #expect(answer.body.readableBytes < 2_000)
            }
            try await client.execute(uri: "/metrics?name[]=h", method: .get, headers: [.acceptEncoding: "gzip;q=0"]) {
                answer in
                #expect(String(buffer: answer.body) == "# HELP h H.\n# TYPE h gauge\nh 0\n")
            }
        }
    }

    @Test("a name that is taken is an error of set-up")
    func refused() throws {
        let registry = MetricRegistry()
        _ = try registry.gauge("http_requests_in_flight", help: "")
        #expect(throws: MetricError.self) { try RequestMetrics<BasicRequestContext>(registry: registry) }
    }
}
