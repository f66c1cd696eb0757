import ApusExporters
import HTTPTypes

/// `/metrics/host` and the like: what the built-in exporters tell, for other scrapers too.
struct ExporterRoutes: Sendable {
    let exporters: [any MetricsExporter]

    func addRoutes(to routes: inout RouteTable) {
        for exporter in exporters {
            routes.add(
                Route("/metrics/\(exporter.name)") { request throws(APIError) in
                    Reply(await exporter.expose(accept: request.acceptedFormats))
                })
        }
    }
}

extension WebRequest {
    /// The formats that a scraper reads; several `Accept` headers are one list.
    var acceptedFormats: String { fields[values: .accept].joined(separator: ",") }
}

extension Reply {
    /// The page of an exporter.
    init(_ page: ExporterPage) {
        self.init(status: .ok, fields: [.contentType: page.contentType], body: .bytes(page.body))
    }
}
