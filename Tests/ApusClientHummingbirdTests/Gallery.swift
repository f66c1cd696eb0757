import ApusClient
import ApusClientHummingbird
import Hummingbird

/// The program of the tutorial, word for word.
struct Gallery {
    static func main() async throws {
        let registry = MetricRegistry()
        try registry.register(ProcessCollector())
        let loads = try registry.counter(
            "image_loads_total", help: "Pictures by where they came from.", labels: ["source"])
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
        router.get { _, _ in
            loads["cache"].increment()
            return "a picture"
        }
        try await Application(router: router).runService()
    }
}
