import ApusClient
import HTTPTypes

/// `/-/healthy`, `/-/ready`, `/-/reload`, `/-/quit` and `/metrics`.
struct LifecycleAPI: Sendable {
    let sources: WebSources
    let isEnabled: Bool
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(Route("/-/healthy") { _ throws(APIError) in .text("Apus is healthy.\n") })
        routes.add(
            Route("/-/ready") { [isReady = sources.isReady] _ throws(APIError) in
                isReady() ? .text("Apus is ready.\n") : .text("Service Unavailable", status: .serviceUnavailable)
            })
        let wrongMethod = "Only POST or PUT requests allowed"
        routes.add(
            Route("/-/reload", [.post, .put], changesState: true, wrongMethodText: wrongMethod) {
                _ throws(APIError) in
                await reload()
            })
        routes.add(
            Route("/-/quit", [.post, .put], changesState: true, wrongMethodText: wrongMethod) {
                [quit = sources.quit] _ throws(APIError) in
                guard isEnabled else { return Self.disabled }
                quit()
                return .text("Requesting termination... Goodbye!")
            })
        routes.add(Route("/metrics") { request throws(APIError) in try await metrics(request) })
    }

    private static let disabled = Reply.text("Lifecycle API is not enabled.", status: .forbidden)

    private func reload() async -> Reply {
        guard isEnabled else { return Self.disabled }
        do {
            try await sources.reload()
            return .text("")
        } catch {
            return .text("failed to reload config: \(error)\n", status: .internalServerError)
        }
    }

    private func metrics(_ request: WebRequest) async throws(APIError) -> Reply {
        let accept = request.acceptedFormats
        let exposition = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [registry = sources.registry] () throws(APIError) in
            registry.expose(accept: accept)
        }
        return Reply(status: .ok, fields: [.contentType: exposition.contentType], body: .bytes(exposition.body))
    }
}
