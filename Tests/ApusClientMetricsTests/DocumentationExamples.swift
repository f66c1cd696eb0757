import ApusClient
import ApusClientMetrics
import CoreMetrics

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    func metricsBackendOptions() async throws {
        let options = MetricsBackendOptions(timerBuckets: [0.01, 0.1, 1], addsSuffixes: false)
        _ = options
    }

    func registryMetricsFactory() async throws {
        let registry = MetricRegistry()
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry: registry))
        _ = registry
    }
}
