import ApusClient

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
extension ExampleContext {
    func collector() async throws {
        struct QueueCollector: Collector {
            let queue: JobQueue
            static let length = MetricDescriptor(.gauge, "jobs_queued", help: "Waiting jobs.", labelNames: ["priority"])
            var families: [MetricDescriptor] { [Self.length] }

            func collect(into samples: inout CollectedSamples) throws(MetricError) {
                for (priority, count) in queue.counts {
                    try samples.append(Double(count), labels: [priority], to: Self.length)
                }
            }
        }
    }

    func collector2() async throws {
        let waits = SummarySnapshot(count: 42, sum: 0.031, quantiles: [(0.5, 0.0004), (0.99, 0.003)])
        _ = waits
    }

    func metricDescriptor() async throws {
        let queue = MetricDescriptor(.gauge, "queue_length", help: "Waiting jobs.", labelNames: ["queue"])
        _ = queue
    }

    func metricDescriptor2() async throws {
        let kind = MetricDescriptor.Kind.counter
        _ = kind
    }

    func metricFamilyLabels() async throws {
        let ok = requests.curried("200")
        ok["get"].increment()
        _ = ok
    }

    func metricFamily() async throws {
        let requests: MetricFamily<Counter, 2> = try registry.counter(
            "requests_total", help: "Requests answered.", labels: ["code", "method"])
        requests["200", "get"].increment()
        _ = requests
    }

    func metricFamily2() async throws {
        try requests.child(for: line.split(separator: " ").map(String.init)).increment()
    }

    func metricFamily3() async throws {
        requests.remove(["200", "get"])
    }

    func metricFamily4() async throws {
        let gets: MetricFamily<Counter, 1> = try requests.curried(["method": "get"])
        gets.removeAll()
        _ = gets
    }

    func metricFamily5() async throws {
        let gets: MetricFamily<Counter, 1> = try requests.curried(["method": "get"])
        gets["200"].increment()
        _ = gets
    }

    func metricLabels() async throws {
        let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
        let version = try registry.gauge("schema_version", help: "Of the data.", constantLabels: ["store": "main"])
        _ = registry
        _ = version
    }

    func metricLabels2() async throws {
        let settings = ["region": "kr", "zone": "a"]
        let registry = try MetricRegistry(constantLabels: MetricLabels(settings))
        _ = settings
        _ = registry
    }

    func counter() async throws {
        let served = try registry.counter("requests_served_total", help: "Requests answered.")
        served.increment()
        served.increment(by: 3)
        _ = served
    }

    func counter2() async throws {
        served.increment(by: 1, exemplar: ["trace_id": "4bf92f3577b34da6"])
    }

    func counter3() async throws {
        served.reset()
    }

    func exemplarLabels() async throws {
        latency.observe(0.25, exemplar: ["trace_id": "4bf92f3577b34da6"])
    }

    func exemplarLabels2() async throws {
        let labels: ExemplarLabels = ["trace_id": "4bf92f3577b34da6"]
        print(labels.isValid)
        _ = labels
    }

    func gauge() async throws {
        let inFlight: Gauge = try registry.gauge("requests_in_flight", help: "Requests being answered now.")
        let answer = try await inFlight.tracking { try await handle(request) }
        _ = inFlight
        _ = answer
    }

    func gauge2() async throws {
        let waiting = try registry.gauge("jobs_waiting", help: "Waiting jobs.")
        waiting.increment(by: 2)
        waiting.decrement()
        _ = waiting
    }

    func gauge3() async throws {
        let success = try registry.gauge("last_success_seconds", help: "Of the backup.")
        success.setToCurrentTime()
        _ = success
    }

    func gauge4() async throws {
        lastRunSeconds.setDuration { rebuildIndex() }
    }

    func gauge5() async throws {
        let page = try await lastRunSeconds.setDuration { try await load() }
        _ = page
    }

    func histogram() async throws {
        let latency: Histogram = try registry.histogram("request_duration_seconds", help: "Time to answer.")
        latency.observe(0.012)
        let page = try await latency.time { try await load() }
        _ = latency
        _ = page
    }

    func histogram2() async throws {
        latency.observe(0.25, exemplar: ["trace_id": "4bf92f3577b34da6"])
    }

    func histogram3() async throws {
        latency.observe(.milliseconds(250), exemplar: ["trace_id": "4bf92f3577b34da6"])
    }

    func histogram4() async throws {
        let slow = latency.snapshot.bucketCounts.last ?? 0
        _ = slow
    }

    func histogram5() async throws {
        let pauses = HistogramSnapshot(upperBounds: [0.001, 0.01], bucketCounts: [40, 2, 0], sum: 0.031)
        _ = pauses
    }

    func histogramBuckets() async throws {
        let sizes = HistogramBuckets.exponential(start: 256, factor: 4, count: 8)
        let times: HistogramBuckets = [0.001, 0.01, 0.1, 1]
        _ = sizes
        _ = times
    }

    func histogramBuckets2() async throws {
        let times = HistogramBuckets(HistogramBuckets.latency.upperBounds + [30, 60])
        _ = times
    }

    func histogramBuckets3() async throws {
        let lengths = HistogramBuckets.linear(start: 10, width: 10, count: 20)
        _ = lengths
    }

    func instrument() async throws {
        let instruments: [any Instrument] = [served, latency]
        for instrument in instruments { instrument.reset() }
        _ = instruments
    }

    func instrument2() async throws {
        let targets: [any Observing] = [latency, durations]
        for target in targets { target.observe(0.25) }
        _ = targets
    }

    func instrument3() async throws {
        latency.observe(.milliseconds(12))
    }

    func instrument4() async throws {
        let page = latency.time { render() }
        _ = page
    }

    func instrument5() async throws {
        let page = try await latency.time { try await load() }
        _ = page
    }

    func instrument6() async throws {
        let timer = latency.startTimer()
        serve()
        timer.stop()
        _ = timer
    }

    func nativeBuckets() async throws {
        let size = try registry.histogram(
            "body_bytes", help: "Size of bodies.", native: NativeBuckets(growthFactor: 1.1))
        let bounded = NativeBuckets(
            zeroThreshold: 1e-6, maximumBuckets: 80, minimumResetInterval: .seconds(3_600), maximumZeroThreshold: 1e-3)
        _ = size
        _ = bounded
    }

    func runningTimer() async throws {
        let timer = RunningTimer()
        let code = serve()
        timer.stop(latencyByCode[code])
        _ = timer
        _ = code
    }

    func runningTimer2() async throws {
        let timer = latency.startTimer()
        if timer.elapsed > .seconds(5) { timer.stop() }
        _ = timer
    }

    func stateSet() async throws {
        enum Phase: String, CaseIterable, Sendable { case starting, ready, draining }

        let phase: StateSet<Phase> = try registry.stateSet(
            "server_phase", help: "What the server is doing.", of: Phase.self)
        phase.set(.ready)
        _ = phase
    }

    func stateSet2() async throws {
        phase.turn(.draining, on: true)
    }

    func stateSet3() async throws {
        if phase.isOn(.draining) { rebuildIndex() }
    }

    func summary() async throws {
        let latency: Summary = try registry.summary(
            "job_duration_seconds", help: "Time of a job.", quantiles: [0.5, 0.99], window: .seconds(600))
        latency.observe(0.8)
        _ = latency
    }

    func summary2() async throws {
        let median = durations.quantile(0.5)
        _ = median
    }

    func untyped() async throws {
        let level: Untyped = try registry.untyped("legacy_level", help: "Level as the old system gives it.")
        level.set(3)
        _ = level
    }

    func metricLinter() async throws {
        let problems = try MetricLinter.problems(in: registry)
        for problem in problems { print(problem) }
        _ = problems
    }

    func metricLinter2() async throws {
        let problems: [MetricLinter.Problem] = try MetricLinter.problems(in: registry)
        for problem in problems { print(problem.metric, problem.text) }
        _ = problems
    }

    func processCollector() async throws {
        try registry.register(ProcessCollector())
    }

    func runtimeCollector() async throws {
        try registry.register(RuntimeCollector())
    }

    func exposition() async throws {
        let source: any ExpositionSource = registry
        print(source.expose(accept: nil, only: ["requests_total"]).body.count)
        _ = source
    }

    func exposition2() async throws {
        let all = MergedRegistries(registry, libraryRegistry)
        let answer = all.expose(accept: nil, only: [])
        _ = all
        _ = answer
    }

    func exposition3() async throws {
        let answer: Exposition = registry.expose()
        for failure in answer.failures { print("missing:", failure) }
        _ = answer
    }

    func metricError() async throws {
        do throws(MetricError) {
            _ = try registry.counter("jobs_total", help: "Jobs.", labels: ["kind"])
        } catch {
            print("not measured: \(error)")
        }
    }

    func metricRegistryCounters() async throws {
        let failures = try registry.counter("failures_total", help: "Failed jobs.", labels: ["reason"])
        failures["timeout"].increment()
        _ = failures
    }

    func metricRegistryCounters2() async throws {
        try registry.counter("jobs_done_total", help: "Jobs that were done.") { Double(queue.doneCount) }
    }

    func metricRegistryGauges() async throws {
        let waiting = try registry.gauge("jobs_waiting", help: "Waiting jobs.", labels: ["priority"])
        waiting["high"].set(3)
        _ = waiting
    }

    func metricRegistryGauges2() async throws {
        try registry.gauge("queue_length", help: "Waiting jobs.") { Double(queue.count) }
    }

    func metricRegistryHistograms() async throws {
        let latency = try registry.histogram("latency_seconds", help: "Time to answer.", unit: "seconds")
        let sizes = try registry.histogram("body_bytes", help: "Size of bodies.", native: NativeBuckets())
        _ = latency
        _ = sizes
    }

    func metricRegistryHistograms2() async throws {
        let latencies = try registry.histogram(
            "route_latency_seconds", help: "Time to answer.", buckets: [0.01, 0.1, 1], labels: ["route"])
        latencies["/users/:id"].observe(0.02)
        _ = latencies
    }

    func metricRegistryStates() async throws {
        try registry.info("app_build_info", help: "What runs.", ["version": "1.4.2", "commit": "8be5d0b"])
    }

    func metricRegistryStates2() async throws {
        enum Phase: String, CaseIterable, Sendable { case starting, ready, draining }

        let phase = try registry.stateSet("server_phase", help: "What the server is doing.", of: Phase.self)
        phase.set(.ready)
        _ = phase
    }

    func metricRegistryStates3() async throws {
        enum Health: String, CaseIterable, Sendable { case healthy, failing }

        let health = try registry.stateSet("disk_health", help: "How disks are.", of: Health.self, labels: ["disk"])
        health["sda"].set(.healthy)
        _ = health
    }

    func metricRegistrySummaries() async throws {
        let durations = try registry.summary(
            "job_duration_seconds", help: "Time of a job.", quantiles: [0.5, 0.9, 0.99])
        durations.observe(.seconds(2))
        _ = durations
    }

    func metricRegistrySummaries2() async throws {
        let durations = try registry.summary("step_seconds", help: "Time of a step.", labels: ["step"])
        durations["parse"].observe(0.004)
        _ = durations
    }

    func metricRegistryUntyped() async throws {
        let levels = try registry.untyped("legacy_levels", help: "Levels of the old system.", labels: ["tank"])
        levels["north"].set(3)
        _ = levels
    }

    func metricRegistryUntyped2() async throws {
        try registry.untyped("legacy_load", help: "Load as the old system gives it.") { readLoad() }
    }

    func metricRegistry() async throws {
        let registry = MetricRegistry()
        let started = try registry.counter("jobs_started_total", help: "Jobs that were started.")
        started.increment()
        let answer = registry.expose(accept: request.headers["Accept"])
        // answer.contentType, answer.body
        _ = registry
        _ = started
        _ = answer
    }

    func metricRegistry2() async throws {
        let served = try MetricRegistry.default.counter("served_total", help: "Requests served.")
        _ = served
    }

    func metricRegistry3() async throws {
        let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
        _ = registry
    }

    func metricRegistry4() async throws {
        _ = try registry.gauge("old_level", help: "Level.")
        registry.unregister("old_level")
    }

    func metricRegistry5() async throws {
        registry.reset()
    }

    func apusClient() async throws {
        let registry = MetricRegistry()
        let requests = try registry.counter("requests_total", help: "Requests answered.", labels: ["code", "method"])
        requests["200", "get"].increment()
        print(String(decoding: registry.expose().body, as: UTF8.self))
        _ = registry
        _ = requests
    }

    func instrumentingAService() async throws {
        let failures = try registry.counter("jobs_failed_total", help: "Jobs that failed.", labels: ["reason"])
        failures["timeout"].increment()
        _ = failures
    }

    func instrumentingAService2() async throws {
        let failures = try registry.counter("sends_failed_total", help: "Mails not sent.", labels: ["reason"])
        let timeouts = failures["timeout"]
        timeouts.increment()
        _ = failures
        _ = timeouts
    }

    func instrumentingAService3() async throws {
        let duration = try registry.histogram("job_duration_seconds", help: "Time of a job.", unit: "seconds")
        let result = try await duration.time { try await load() }
        _ = duration
        _ = result
    }

    func instrumentingAService4() async throws {
        let precise = try registry.histogram(
            "query_duration_seconds", help: "Time of a query.", native: NativeBuckets())
        precise.observe(.milliseconds(3))
        _ = precise
    }

    func instrumentingAService5() async throws {
        let running = try registry.gauge("jobs_running", help: "Jobs that run now.")
        let answer = try await running.tracking { try await load() }
        _ = running
        _ = answer
    }

    func instrumentingAService6() async throws {
        let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
        try registry.register(ProcessCollector())
        try registry.register(RuntimeCollector())
        _ = registry
    }

    func guide() async throws {
        let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
        try registry.register(ProcessCollector())
        let requests = try registry.counter("requests_total", help: "Requests answered.", labels: ["code", "method"])
        requests["200", "get"].increment()
        let answer = registry.expose(accept: "text/plain")
        print(answer.contentType, String(decoding: answer.body, as: UTF8.self))
        _ = registry
        _ = requests
        _ = answer
    }

    func guide2() async throws {
        let latency = try registry.histogram("latency_seconds", help: "Time to answer.", unit: "seconds")
        let cost = try registry.histogram(
            "query_cost", help: "Cost of a query.", buckets: [1, 10, 100], native: NativeBuckets())
        let page = try await latency.time { try await load() }
        cost.observe(12.5)
        _ = latency
        _ = cost
        _ = page
    }

    func guide3() async throws {
        let running = try registry.gauge("jobs_running", help: "Jobs that run now.")
        let timer = latency.startTimer()
        let result = try await running.tracking { try await load() }
        timer.stop()
        _ = running
        _ = timer
        _ = result
    }

    func guide4() async throws {
        latency.observe(.milliseconds(250), exemplar: ["trace_id": "4bf92f3577b34da6"])
        served.increment(exemplar: ["trace_id": "4bf92f3577b34da6"])
    }

    func guide5() async throws {
        let calls = try registry.counter("calls_total", help: "Calls made.", labels: ["service", "code", "method"])
        let store = calls.curried("store")
        store["200", "get"].increment()
        let gets: MetricFamily<Counter, 2> = try calls.curried(["method": "get"])
        gets["store", "503"].increment()
        gets.removeAll()
        _ = calls
        _ = store
        _ = gets
    }

    func guide6() async throws {
        try registry.gauge("jobs_waiting", help: "Waiting jobs.") { Double(queue.count) }
    }
}
