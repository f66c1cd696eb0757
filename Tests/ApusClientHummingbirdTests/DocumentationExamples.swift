import ApusClient
import ApusClientHummingbird
import Hummingbird

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()
    let libraryRegistry = MetricRegistry()
    let router = Router()

    func requestMetricNames() async throws {
        let name = MetricName("image_gallery_requests_total", help: "Image Gallery - total requests")
        _ = name
    }

    func requestMetricNames2() async throws {
        let names = RequestMetricNames(
            requests: MetricName("image_gallery_requests_total", help: "Image Gallery - total requests"),
            inFlight: "image_gallery_in_flight_requests", duration: nil, requestSize: nil, responseSize: nil)
        _ = names
    }

    func requestMetricNames3() async throws {
        let labels: [RequestLabel] = [.code, .method]
        _ = labels
    }

    func requestMetrics() async throws {
        let router = Router()
        router.add(middleware: try RequestMetrics(registry: registry))
        router.metrics(of: registry)
        _ = router
    }

    func routerMethodsMetrics() async throws {
        router.metrics(of: MergedRegistries(registry, libraryRegistry), at: "/internal/metrics")
    }

    func guide() async throws {
        let router = Router()
        router.add(
            middleware: try RequestMetrics(
                registry: registry,
                names: RequestMetricNames(
                    requests: "image_gallery_requests_total", inFlight: "image_gallery_in_flight_requests",
                    duration: nil, requestSize: nil, responseSize: nil),
                labels: [.code, .method]))
        router.metrics(of: registry)
        _ = router
    }
}
