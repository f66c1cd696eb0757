import ApusClient
import ApusClientHummingbird
import Hummingbird

@main
struct Gallery {
    static func main() async throws {
        let registry = MetricRegistry()
        try registry.register(ProcessCollector())
        let router = Router()
        router.add(
            middleware: try RequestMetrics(
                registry: registry,
                names: RequestMetricNames(
                    requests: MetricName("image_gallery_requests_total", help: "Image Gallery - total requests"),
                    inFlight: "image_gallery_in_flight_requests",
                    duration: nil, requestSize: nil, responseSize: nil),
                labels: [.code, .method]))
        router.metrics(of: registry)
        router.get { _, _ in "a picture" }
        try await Application(router: router).runService()
    }
}
