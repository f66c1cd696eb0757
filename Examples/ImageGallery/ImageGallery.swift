import ApusClient
import ApusClientHummingbird
import AsyncHTTPClient
import ExampleSupport
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Shows the picture of the day, and tells the access log who looked at it.
///
/// - `GET /metrics` has the metrics.
/// - `GET` of anything else is the page; one request in ten fails, so that there is something to see.
@main
struct ImageGallery {
    static func main() async throws {
        await HealthCheck.runIfAsked()
        let registry = MetricRegistry()
        let logger = try ServiceSettings.instrument("image-gallery", registry: registry)
        let services = NeighbourServices(
            imageURL: ServiceSettings.value("IMAGE_API_URL", default: "http://iotd/image"),
            accessURL: ServiceSettings.value("ACCESS_API_URL", default: "http://accesslog/access-log"))
        let router = Router(context: GalleryContext.self)
        router.add(middleware: try requestMetrics(registry: registry))
        router.metrics(of: registry)
        // "**" is every path but the shortest.
        for path in ["/", "**"] as [RouterPath] {
            router.get(path) { _, context in
                await page(for: context, from: services)
            }
        }
        try addDashboardNames(to: registry)
        try await ServiceSettings.serve(router, logger: logger)
        try await services.close()
    }

    /// Requests by code and method, and those in flight; the paths of metrics are not counted.
    private static func requestMetrics(registry: MetricRegistry) throws(MetricError) -> RequestMetrics<GalleryContext> {
        try RequestMetrics(
            registry: registry,
            names: RequestMetricNames(
                requests: MetricName("image_gallery_requests_total", help: "Image Gallery - total requests"),
                inFlight: MetricName("image_gallery_in_flight_requests", help: "Image Gallery - in-flight requests"),
                duration: nil, requestSize: nil, responseSize: nil),
            labels: [.code, .method])
    }

    private static func page(for context: GalleryContext, from services: NeighbourServices) async -> Response {
        // The failures that there are to find.
        guard Int.random(in: 0...9) != 9 else {
            return Response(
                status: .internalServerError, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "Failed")))
        }
        let image = await services.imageOfTheDay(logger: context.logger)
        await services.report(client: context.client, logger: context.logger)
        return GalleryPage(image: image ?? .missing).response
    }

    /// Names on the chapter's dashboard that are those of another runtime.
    private static func addDashboardNames(to registry: MetricRegistry) throws {
        try registry.gauge(
            "go_goroutines",
            help: "Threads of this Swift process, named as on the chapter's dashboard.",
            read: { ProcessFacts.threads })
        try registry.gauge(
            "go_memstats_stack_inuse_bytes",
            help: "Stack of the first thread of this Swift process, named as on the chapter's dashboard.",
            read: { ProcessFacts.stackBytes })
    }
}

/// A request with the address of who sent it.
struct GalleryContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Address and port; empty when they are not known.
    let client: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        let address = source.channel.remoteAddress
        client = "\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    }
}
