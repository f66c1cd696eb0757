import ApusClient
import ApusClientTestKit
import Testing

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()

    func expositionSourceTesting() async throws {
        try #require(registry.value(of: "requests_total", ["code": "200"]) == 1)
    }

    func expositionSourceTesting2() async throws {
        try #require(registry.seriesCount(of: "requests_total") == 2)
    }

    func expositionSourceTesting3() async throws {
        try registry.expectExposition(
            of: "requests_total",
            text: """
                # HELP requests_total Requests answered.
                # TYPE requests_total counter
                requests_total{code="200"} 1
                """)
    }

    func expositionSourceTesting4() async throws {
        let difference = #expect(throws: ExpositionMismatch.self) { try registry.expectExposition(text: "a 1") }
        print(difference?.description ?? "")
        _ = difference
    }

    func guide() async throws {
        try #require(registry.value(of: "calls_total", ["code": "200"]) == 1)
        try registry.expectExposition(of: "up", text: "# HELP up Whether it works.\n# TYPE up gauge\nup 1")
    }
}
