import ApusClient
import ApusClientPush

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()
    let gateway: PushGateway
    let lastSuccess: Gauge

    func pushAuthorization() async throws {
        let authorization = PushAuthorization.basic(user: "backup", password: "secret")
        let gateway = try PushGateway("https://push.example.com", job: "backup", authorization: authorization)
        _ = authorization
        _ = gateway
    }

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

    func pushGateway4() async throws {
        do throws(PushError) {
            try await gateway.push(registry)
        } catch .refused(let status, let reason) {
            print("refused with \(status): \(reason)")
        } catch {
            print(error)
        }
    }

    func guide() async throws {
        let gateway = try PushGateway("http://pushgateway:9091", job: "backup", authorization: .bearer("secret"))
        try await gateway.push(registry)
        _ = gateway
    }
}
