package import ApusClient
package import ApusExporters
import HTTPTypes

/// What an exporter that runs by itself serves: `/metrics`, a page that leads there, and `/-/healthy`.
package struct ExporterSite: Sendable {
    let exporter: any MetricsExporter
    let registry: MetricRegistry
    private let version: String
    private let threads = BlockingThreads()

    /// The site of an exporter.
    ///
    /// - Parameters:
    ///   - registry: the metrics of the process itself, which go before the exporter's.
    ///   - version: this program's.
    package init(_ exporter: any MetricsExporter, registry: MetricRegistry, version: String) {
        self.exporter = exporter
        self.registry = registry
        self.version = version
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.add(Route("/", place: .eventLoop) { _ throws(APIError) in landingPage })
        routes.add(Route("/metrics") { request throws(APIError) in try await metrics(request) })
        routes.add(Route("/-/healthy", place: .eventLoop) { _ throws(APIError) in .text("Apus is healthy.\n") })
    }

    private var landingPage: Reply {
        // Nothing of it comes from outside, so nothing is escaped.
        let text = """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Apus exporter: \(exporter.name)</title>
            <h1>Apus exporter: \(exporter.name)</h1>
            <p>Version \(version)</p>
            <ul>
            <li><a href="metrics">Metrics</a></li>
            </ul>
            </html>

            """
        return Reply(
            status: .ok, fields: [.contentType: "text/html; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    private func metrics(_ request: WebRequest) async throws(APIError) -> Reply {
        let accept = request.acceptedFormats
        let own = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [registry] () throws(APIError) in registry.expose(accept: accept)
        }
        let page = await exporter.expose(accept: accept)
        var body = own.body
        // One text has one end; the other formats have no mark for it.
        let end = Array("# EOF\n".utf8)
        if body.suffix(end.count).elementsEqual(end) { body.removeLast(end.count) }
        body += page.body
        // Both were agreed on from one header; names that would be escaped do not occur in either.
        return Reply(status: .ok, fields: [.contentType: own.contentType], body: .bytes(body))
    }
}
