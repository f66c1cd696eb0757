import ApusClientMetrics
import CoreMetrics

import class ApusClient.MetricRegistry

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()
    let factory = RegistryMetricsFactory(registry: MetricRegistry())

    func metricsBackendOptions() async throws {
        let options = MetricsBackendOptions(timerBuckets: [0.01, 0.1, 1], addsSuffixes: false)
        _ = options
    }

    func registryMetricsFactory() async throws {
        let registry = MetricRegistry()
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry: registry))
        _ = registry
    }

    func registryMetricsFactory2() async throws {
        let counter = Counter(label: "cache.hits", dimensions: [("cache", "pages")], factory: factory)
        counter.increment()
        _ = counter
    }

    func registryMetricsFactory3() async throws {
        for problem in factory.problems { print(problem) }
    }

    func guide() async throws {
        let factory = RegistryMetricsFactory(
            registry: registry, options: MetricsBackendOptions(timerBuckets: [0.01, 0.1, 1]))
        MetricsSystem.bootstrap(factory)
        _ = factory
    }
}
