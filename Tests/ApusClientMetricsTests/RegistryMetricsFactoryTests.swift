import ApusClient
import ApusClientMetrics
import ApusClientTestKit
import CoreMetrics
import Testing

@Suite("swift-metrics backend")
struct RegistryMetricsFactoryTests {
    @Test("every kind of instrument is exposed, in seconds where it is a time")
    func kinds() throws {
        let registry = MetricRegistry()
        let factory = RegistryMetricsFactory(
            registry: registry, options: MetricsBackendOptions(timerBuckets: [0.1], recorderBuckets: [10]))
        CoreMetrics.Counter(label: "http.requests", dimensions: [("http.route", "/a")], factory: factory).increment(
            by: 3)
        FloatingPointCounter(label: "cpu", factory: factory).increment(by: 0.5)
        let meter = Meter(label: "in_flight", factory: factory)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement(by: 1)
        CoreMetrics.Gauge(label: "temperature", factory: factory).record(21.5)
        Recorder(label: "size", factory: factory).record(7)
        CoreMetrics.Timer(label: "latency", factory: factory).recordMilliseconds(50)
        try registry.expectExposition(
            text: """
                # HELP cpu_total Measured as cpu.
                # TYPE cpu_total counter
                cpu_total 0.5
                # HELP http_requests_total Measured as http.requests.
                # TYPE http_requests_total counter
                http_requests_total{http_route="/a"} 3
                # HELP in_flight Measured as in_flight.
                # TYPE in_flight gauge
                in_flight 6
                # HELP latency_seconds Measured as latency.
                # TYPE latency_seconds histogram
                latency_seconds_bucket{le="0.1"} 1
                latency_seconds_bucket{le="+Inf"} 1
                latency_seconds_sum 0.05
                latency_seconds_count 1
                # HELP size Measured as size.
                # TYPE size histogram
                size_bucket{le="10"} 1
                size_bucket{le="+Inf"} 1
                size_sum 7
                size_count 1
                # HELP temperature Measured as temperature.
                # TYPE temperature gauge
                temperature 21.5
                """)
        #expect(factory.problems == [])
    }

    @Test("instruments of one name may have other dimensions, are found again, and go when they are destroyed")
    func lifeCycle() throws {
        let registry = MetricRegistry()
        let factory = RegistryMetricsFactory(registry: registry)
        func counter(_ dimensions: [(String, String)]) -> CoreMetrics.Counter {
            CoreMetrics.Counter(label: "c", dimensions: dimensions, factory: factory)
        }
        counter([("a", "1")]).increment()
        counter([("a", "1")]).increment()
        counter([("b", "2"), ("a", "3")]).increment()
        counter([]).increment()
        counter([("le", "x"), ("__y", "z"), ("", "e"), ("le", "w")]).increment()
        #expect(try registry.value(of: "c_total", ["a": "1"]) == 2)
        #expect(try registry.value(of: "c_total", ["a": "3", "b": "2"]) == 1)
        #expect(try registry.value(of: "c_total") == 1)
        #expect(try registry.value(of: "c_total", ["le": "w", "exported___y": "z", "_": "e"]) == 1)
        counter([("a", "1")]).destroy()
        #expect(try registry.value(of: "c_total", ["a": "1"]) == nil)
        counter([("a", "1")]).increment()
        #expect(try registry.value(of: "c_total", ["a": "1"]) == 1)
    }

    @Test("two libraries that disagree on a name do not stop the program")
    func conflicts() throws {
        let registry = MetricRegistry()
        _ = try registry.gauge("mine", help: "")
        let factory = RegistryMetricsFactory(registry: registry)
        Meter(label: "x", factory: factory).set(1)
        let recorder = Recorder(label: "x", factory: factory)
        recorder.record(5)
        Meter(label: "mine", factory: factory).set(2)
        Recorder(label: "", factory: factory).record(1)
        #expect(try registry.value(of: "x") == 1)
        #expect(try registry.value(of: "mine") == 0)
        #expect(factory.problems.count == 3)
    }
}
