import ApusClient
import ApusClientHummingbird
import ExampleSupport
import Hummingbird
import Logging

/// Has a picture for every day.
///
/// - `GET /image` tells of the picture: `{"url": "…", "caption": "…", "copyright": "…"}`.
/// - `GET /` is a plain sentence.
/// - `GET /actuator/health`, `/actuator/info` and `/actuator/prometheus` are where the framework of the textbook's service has
///   state, name and metrics.
@main
struct ImageOfTheDay {
    static func main() async throws {
        await HealthCheck.runIfAsked(path: "/actuator/health")
        let registry = MetricRegistry()
        let logger = try ServiceSettings.instrument("image-of-the-day", registry: registry)
        let router = Router()
        try addRoutes(to: router, registry: registry)
        try addDashboardNames(to: registry)
        router.metrics(of: registry, at: "/actuator/prometheus")
        try await ServiceSettings.serve(router, logger: logger)
    }

    private static func addRoutes(to router: Router<BasicRequestContext>, registry: MetricRegistry) throws {
        let loads = try registry.counter(
            "iotd_api_image_load_total", help: "Pictures by where they came from.", labels: ["status"])
        let timed = try TimedMethod("get", of: "iotd.ImageController", registry: registry)
        let cache = PictureCache(lifetime: .seconds(7_200))

        router.get("/image") { _, _ in
            timed.measure {
                let (picture, isCached) = cache.picture()
                loads[isCached ? "cached" : "success"].increment()
                return PictureFacts(picture)
            }
        }
        router.get("/") { _, _ in "The picture of the day is at /image.\n" }
        router.get("/actuator/health") { _, _ in ["status": "UP"] }
        router.get("/actuator/info") { _, _ in ["app": "image-of-the-day"] }
    }

    /// Names on the chapter's dashboard that are those of another runtime.
    private static func addDashboardNames(to registry: MetricRegistry) throws {
        try registry.gauge(
            "jvm_memory_used_bytes",
            help: "Anonymous memory of this Swift process, named as on the chapter's dashboard.",
            constantLabels: ["area": "heap", "id": "anonymous"],
            read: { ProcessFacts.anonymousBytes })
        try registry.gauge(
            "tomcat_threads_current_threads",
            help: "Threads of this Swift process, named as on the chapter's dashboard.",
            constantLabels: ["name": "http-nio-80"],
            read: { ProcessFacts.threads })
    }
}

/// The answer of `/image`.
private struct PictureFacts: ResponseEncodable {
    var url: String
    var caption: String
    var copyright: String

    init(_ picture: Picture) {
        url = picture.dataURL
        caption = picture.caption
        copyright = picture.copyright
    }
}
