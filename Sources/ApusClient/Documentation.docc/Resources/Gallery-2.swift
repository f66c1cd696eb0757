import ApusClient
import ApusClientHummingbird
import Hummingbird

@main
struct Gallery {
    static func main() async throws {
        let registry = MetricRegistry()
        try registry.register(ProcessCollector())
        let router = Router()
        router.metrics(of: registry)
        router.get { _, _ in "a picture" }
        try await Application(router: router).runService()
    }
}
