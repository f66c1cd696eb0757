import ApusClient
import ApusClientPush

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()
    let gateway: PushGateway
    let lastSuccess: Gauge

    func pushGateway() async throws {
        let gateway = try PushGateway("http://pushgateway:9091", job: "nightly_backup", grouping: ["instance": "db-1"])
        lastSuccess.setToCurrentTime()
        try await gateway.push(registry)
        _ = gateway
    }

    func pushGateway2() async throws {
        try await gateway.add(registry)
    }

    func pushGateway3() async throws {
        try await gateway.delete()
    }
}
