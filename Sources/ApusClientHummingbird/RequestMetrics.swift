public import ApusClient
import HTTPTypes
public import Hummingbird

/// Middleware that measures requests: how many by code, method and route, how many at once, how long, how large.
///
/// ```swift
/// let router = Router()
/// router.add(middleware: try RequestMetrics(registry: registry))
/// router.metrics(of: registry)
/// ```
///
/// Add it before other middleware, so that what those refuse is measured too. A request that ends with an error counts with
/// the status that the error stands for, 500 for most. The path of the metrics themselves is not measured.
public struct RequestMetrics<Context: RequestContext>: RouterMiddleware {
    private let instruments: RequestInstruments
    private let excludedPaths: Set<String>

    /// Registers the metrics.
    ///
    /// - Parameters:
    ///   - registry: Where the metrics are registered.
    ///   - names: What they are called, and which there are.
    ///   - labels: What tells their series apart; the gauge of requests in flight has no labels.
    ///   - buckets: The buckets of durations, in seconds.
    ///   - excludedPaths: Paths that are not measured.
    /// - Throws: `MetricError` when a name is taken or not valid.
    public init(
        registry: MetricRegistry,
        names: RequestMetricNames = RequestMetricNames(),
        labels: [RequestLabel] = [.code, .method, .route],
        buckets: HistogramBuckets = .latency,
        excludedPaths: Set<String> = ["/metrics"]
    ) throws(MetricError) {
        instruments = try RequestInstruments(registry: registry, names: names, labels: labels, buckets: buckets)
        self.excludedPaths = excludedPaths
    }

    /// Measures one request.
    @concurrent
    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard !excludedPaths.contains(request.uri.path) else { return try await next(request, context) }
        let record = RequestRecord(
            instruments, method: request.method, requestSize: request.headers[.contentLength].flatMap { Int($0) })
        do {
            var response = try await next(request, context)
            record.answered(code: response.status.code, route: context.endpointPath)
            let body = response.body
            response.body = ResponseBody(contentLength: body.contentLength) { writer in
                defer { record.finish() }
                try await body.write(CountingWriter(base: writer, record: record))
            }
            return response
        } catch {
            let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
            record.answered(code: status.code, route: context.endpointPath)
            record.finish()
            throw error
        }
    }
}
