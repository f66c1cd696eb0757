public import ApusClient
import HTTPTypes
public import Hummingbird
import Logging

extension RouterMethods {
    /// Adds the route at which scrapers get the metrics of a registry.
    ///
    /// ```swift
    /// router.metrics(of: MergedRegistries(registry, libraryRegistry), at: "/internal/metrics")
    /// ```
    ///
    /// The format is agreed by the `Accept` header; `name[]` parameters ask for single families. The answer is compressed
    /// where the scraper takes gzip.
    @discardableResult
    public func metrics(of source: some ExpositionSource, at path: RouterPath = "/metrics") -> Self {
        get(path) { request, context -> Response in
            let names = request.uri.queryParameters.getAll("name[]").map { String($0) }
            let exposition = source.expose(accept: request.headers[.accept], only: Set(names))
            for failure in exposition.failures {
                context.logger.warning("metrics are missing", metadata: ["reason": "\(failure)"])
            }
            return MetricsAnswer.response(exposition, acceptEncoding: request.headers[.acceptEncoding])
        }
    }
}
