import ApusConfig
import ApusModel
import ApusScrape
import ApusTestSupport
import CApusZlib
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TargetScrapeTests {
    @Test("samples are stored under the target's labels, with the series of the scrape itself")
    func plainScrape() async throws {
        try await withBench("a{x=\"1\"} 1\nb 2.5\n") { bench in
            let status = await bench.scrape(at: 1_000)
            #expect(status.health == .up)
            #expect(status.lastError == "")
            #expect(
                bench.store.exposed == [
                    #"a{instance="i", job="j", x="1"}"#: [.value(1, 1_000)],
                    #"b{instance="i", job="j"}"#: [.value(2.5, 1_000)],
                ])
            #expect(bench.store[#"up{instance="i", job="j"}"#] == [.value(1, 1_000)])
            #expect(bench.store.synthetic("scrape_samples_scraped") == 2)
            #expect(bench.store.synthetic("scrape_samples_post_metric_relabeling") == 2)
            #expect(bench.store.synthetic("scrape_series_added") == 2)
            #expect((bench.store.synthetic("scrape_duration_seconds") ?? -1) >= 0)
            #expect(bench.store.synthetic("scrape_timeout_seconds") == nil)
            #expect(bench.store.batchCount == 1)
        }
    }

    @Test("a second scrape of the same series resolves nothing and adds no series")
    func steadyState() async throws {
        try await withBench("a 1\nb 2\n") { bench in
            await bench.scrape(at: 1_000)
            let resolved = bench.store.resolvedCount
            bench.page.set("a 3\nb 4\n")
            await bench.scrape(at: 2_000)
            #expect(bench.store.resolvedCount == resolved)
            #expect(bench.store.synthetic("scrape_series_added") == 0)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 1_000), .value(3, 2_000)])
        }
    }

    @Test("the request says who asks, for what, and how long it may take")
    func requestHeaders() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            let headers = try #require(bench.server.requests.first?.headers)
            #expect(headers["accept"]?.hasPrefix("application/openmetrics-text;version=1.0.0") == true)
            #expect(headers["accept"]?.contains("PrometheusProto") == false)
            #expect(headers["accept-encoding"] == "gzip")
            #expect(headers["user-agent"] == "Apus")
            #expect(headers["x-prometheus-scrape-timeout-seconds"] == "2")
        }
    }

    @Test("a series that is gone ends with a staleness marker at the time of the scrape, once")
    func vanishingSeries() async throws {
        try await withBench("a 1\nb 2\nc 3\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("a 1\nc 3\n")
            await bench.scrape(at: 2_000)
            await bench.scrape(at: 3_000)
            bench.page.set("c 3\nb 5\n")
            await bench.scrape(at: 4_000)
            let store = bench.store
            #expect(
                store[#"a{instance="i", job="j"}"#] == [
                    .value(1, 1_000), .value(1, 2_000), .value(1, 3_000), .stale(4_000),
                ])
            #expect(store[#"b{instance="i", job="j"}"#] == [.value(2, 1_000), .stale(2_000), .value(5, 4_000)])
            #expect(store[#"c{instance="i", job="j"}"#].count == 4)
        }
    }

    @Test("whatever comes and goes, each series has a marker exactly where it vanished")
    func stalenessProperty() async throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            try await withBench { bench in
                var expected: [String: [MemoryStore.Sample]] = [:]
                var last: Set<Int> = []
                for round in 1...60 {
                    let time = Int64(round) * 1_000
                    let fails = Int.random(in: 0..<8, using: &generator) == 0
                    var present: Set<Int> = []
                    var lines: [String] = []
                    for series in (0..<30).shuffled(using: &generator) where Bool.random(using: &generator) {
                        present.insert(series)
                        lines.append("m\(series) \(round)\n")
                    }
                    if fails { present = [] }
                    for series in present { expected["m\(series)", default: []].append(.value(Double(round), time)) }
                    for series in last.subtracting(present) { expected["m\(series)", default: []].append(.stale(time)) }
                    last = present
                    bench.page.set(lines.joined() + (fails ? "broken{ 1\n" : ""))
                    let status = await bench.scrape(at: time)
                    #expect(status.health == (fails ? .down : .up), "seed \(seed)")
                }
                for series in 0..<30 {
                    let stored = bench.store["m\(series){instance=\"i\", job=\"j\"}"]
                    #expect(stored == expected["m\(series)"] ?? [], "seed \(seed), series \(series)")
                }
            }
        }
    }

    @Test("a broken body stores nothing of itself, ends the series, and says line and column")
    func brokenBody() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("a 2\nnew 3\nbad{x=} 4\n")
            let status = await bench.scrape(at: 2_000)
            #expect(status.health == .down)
            #expect(status.lastError.contains("line 3, column 7"), "\(status.lastError)")
            #expect(bench.store.exposed == [#"a{instance="i", job="j"}"#: [.value(1, 1_000), .stale(2_000)]])
            #expect(bench.store.synthetic("up") == 0)
            #expect(bench.store.synthetic("scrape_samples_scraped") == 0)
            bench.page.set("a 5\nnew 6\n")
            await bench.scrape(at: 3_000)
            #expect(bench.store[#"a{instance="i", job="j"}"#].last == .value(5, 3_000))
            #expect(bench.store[#"new{instance="i", job="j"}"#] == [.value(6, 3_000)])
        }
    }

    @Test("a target that answers with an error, or not at all, is down, and its series end")
    func failingTarget() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set(LoopbackServer.answer("gone".utf8, status: "404 Not Found"))
            var status = await bench.scrape(at: 2_000)
            #expect(status.lastError == "server returned HTTP status 404 Not Found")
            #expect(bench.store[#"a{instance="i", job="j"}"#].last == .stale(2_000))
            bench.server.stop()
            status = await bench.scrape(at: 3_000)
            #expect(status.lastError.hasSuffix("connect: connection refused"))
            #expect(bench.store[#"a{instance="i", job="j"}"#].count == 2)
            #expect(
                bench.store[#"up{instance="i", job="j"}"#] == [.value(1, 1_000), .value(0, 2_000), .value(0, 3_000)])
            #expect(bench.metric("apus_scrapes_failed_total") == 2)
        }
    }

    @Test("a target that dribbles ends at the timeout")
    func dribble() async throws {
        try await withBench(change: { $0.scrapeTimeout = 200 }) { bench in
            bench.page.set(
                [.send(Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".utf8))]
                    + (0..<1_000).flatMap { _ in [.send([35]), .pause(milliseconds: 20)] as [LoopbackServer.Step] })
            let status = await bench.scrape(at: 1_000)
            #expect(status.lastError.hasSuffix("context deadline exceeded"))
            // The body takes twenty seconds.
            #expect(status.lastDuration < 10)
        }
    }

    @Test("gzip bodies are read; a bomb and a claim of a gigabyte stop at the limit")
    func compressedBodies() async throws {
        try await withBench(change: { $0.limits.bodySize = 1 << 20 }) { bench in
            bench.page.set(Self.gzipped(Array("a 1\n".utf8)))
            #expect(await bench.scrape(at: 1_000).health == .up)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 1_000)])
            bench.page.set(Self.gzipped([UInt8](repeating: 10, count: 50 << 20)))
            #expect(await bench.scrape(at: 2_000).lastError.hasPrefix("body size limit exceeded"))
            bench.page.set([.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n".utf8))])
            #expect(await bench.scrape(at: 3_000).lastError.hasPrefix("body size limit exceeded"))
            #expect(bench.metric("prometheus_target_scrapes_exceeded_body_size_limit_total") == 2)
            bench.page.set(LoopbackServer.answer("no gzip".utf8, headers: ["Content-Encoding: gzip"]))
            #expect(await bench.scrape(at: 4_000).lastError == "gzip: incorrect header check")
        }
    }

    @Test("the content type decides the format; without one only the fallback helps")
    func contentTypes() async throws {
        let openMetrics = "# TYPE a counter\na_total 1\n# EOF\n"
        try await withBench { bench in
            bench.page.set(openMetrics, contentType: "application/openmetrics-text; version=1.0.0")
            #expect(await bench.scrape(at: 1_000).health == .up)
            bench.page.set("a 1\n", contentType: "application/openmetrics-text; version=1.0.0")
            #expect(await bench.scrape(at: 2_000).lastError.contains("# EOF"))
            bench.page.set("a 1\n", contentType: nil)
            #expect(
                await bench.scrape(at: 3_000).lastError
                    == "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
            )
            bench.page.set("<html>", contentType: "text/html")
            #expect(
                await bench.scrape(at: 4_000).lastError
                    == "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target"
            )
        }
        try await withBench(change: { $0.fallbackScrapeProtocol = .prometheusText004 }) { bench in
            bench.page.set("a 1\n", contentType: nil)
            #expect(await bench.scrape(at: 1_000).health == .up)
        }
    }

    @Test("labels that the target has too are renamed, or kept where the job honours them")
    func conflictingLabels() async throws {
        let text = "a{job=\"own\",exported_job=\"older\"} 1\n"
        try await withBench(text) { bench in
            await bench.scrape(at: 1_000)
            #expect(
                Array(bench.store.exposed.keys) == [
                    #"a{exported_exported_job="own", exported_job="older", instance="i", job="j"}"#
                ])
        }
        try await withBench(text, change: { $0.honorsLabels = true }) { bench in
            await bench.scrape(at: 1_000)
            #expect(Array(bench.store.exposed.keys) == [#"a{exported_job="older", instance="i", job="own"}"#])
            #expect(bench.store[#"up{instance="i", job="j"}"#] == [.value(1, 1_000)])
        }
    }

    @Test("metric relabelling drops and renames series, and what is dropped is not counted")
    func metricRelabelling() async throws {
        try await withBench(
            "a 1\nb{x=\"1\"} 2\nc 3\n",
            change: { job in
                job.metricRelabelRules = [
                    try RelabelRule(action: .drop, sourceLabels: ["__name__"], pattern: "a"),
                    try RelabelRule(sourceLabels: ["x"], pattern: "(.+)", targetLabel: "y"),
                    try RelabelRule(action: .labeldrop, pattern: "x"),
                ]
            }
        ) { bench in
            for time in [1_000, 2_000] as [Int64] { await bench.scrape(at: time) }
            #expect(
                Set(bench.store.exposed.keys) == [
                    #"b{instance="i", job="j", y="1"}"#, #"c{instance="i", job="j"}"#,
                ])
            #expect(bench.store.synthetic("scrape_samples_scraped") == 3)
            #expect(bench.store.synthetic("scrape_samples_post_metric_relabeling") == 2)
        }
        try await withBench(
            "a 1\n",
            change: { job in
                job.metricRelabelRules = [try RelabelRule(action: .labeldrop, pattern: "__name__")]
            }
        ) { bench in
            #expect(await bench.scrape(at: 1_000).lastError == "missing metric name (__name__ label)")
        }
    }

    @Test("more samples than the limit fail the scrape, and what relabelling drops does not count")
    func sampleLimit() async throws {
        try await withBench(
            "a 1\nb 2\n",
            change: { job in
                job.limits.samples = 2
                job.metricRelabelRules = [try RelabelRule(action: .drop, sourceLabels: ["__name__"], pattern: "drop.*")]
            }
        ) { bench in
            #expect(await bench.scrape(at: 1_000).health == .up)
            bench.page.set("a 1\nb 2\ndropped 3\n")
            #expect(await bench.scrape(at: 2_000).health == .up)
            bench.page.set("a 1\nb 2\nc 3\n")
            #expect(await bench.scrape(at: 3_000).lastError.hasPrefix("sample limit exceeded"))
            #expect(bench.store.synthetic("scrape_samples_post_metric_relabeling") == 3)
            #expect(bench.metric("prometheus_target_scrapes_exceeded_sample_limit_total") == 1)
            #expect(bench.store[#"c{instance="i", job="j"}"#] == [])
            bench.page.set("a 1\nc 3\n")
            #expect(await bench.scrape(at: 4_000).health == .up)
            #expect(bench.store[#"c{instance="i", job="j"}"#] == [.value(3, 4_000)])
        }
    }

    @Test("labels over a limit fail the scrape, in Prometheus' words")
    func labelLimits() async throws {
        try await withBench("a{x=\"1\"} 1\n", change: { $0.limits.labels = 4 }) { bench in
            #expect(await bench.scrape(at: 1_000).health == .up)
            bench.page.set("a{x=\"1\",y=\"2\"} 1\n")
            #expect(
                await bench.scrape(at: 2_000).lastError
                    == "label_limit exceeded (metric: a, number of labels: 5, limit: 4)")
            #expect(bench.metric("prometheus_target_scrape_pool_exceeded_label_limits_total") == 1)
        }
    }

    @Test("timestamps of the exposition are taken, do not make series stale, and must not lie far ahead")
    func timestamps() async throws {
        let text = "a 1 500\nb 2\nc 3 99000000000\n"
        try await withBench(text) { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("b 2\n")
            await bench.scrape(at: 2_000)
            #expect(
                bench.store.exposed == [
                    #"a{instance="i", job="j"}"#: [.value(1, 500)],
                    #"b{instance="i", job="j"}"#: [.value(2, 1_000), .value(2, 2_000)],
                ])
            #expect(bench.store[#"up{instance="i", job="j"}"#] == [.value(1, 1_000), .value(1, 2_000)])
            #expect(bench.metric("prometheus_target_scrapes_sample_out_of_bounds_total") == 1)
        }
        try await withBench(text, change: { $0.honorsTimestamps = false }) { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("b 2\n")
            await bench.scrape(at: 2_000)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 1_000), .stale(2_000)])
        }
        try await withBench("a 1 500\n", change: { $0.tracksTimestampStaleness = true }) { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("b 2\n")
            await bench.scrape(at: 2_000)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 500), .stale(2_000)])
        }
    }

    @Test("a series twice in one body is stored once, and the other value is counted")
    func duplicates() async throws {
        try await withBench("a 1\na 2\na 1\n") { bench in
            #expect(await bench.scrape(at: 1_000).health == .up)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 1_000)])
            #expect(bench.metric("prometheus_target_scrapes_sample_duplicate_timestamp_total") == 1)
            #expect(bench.store.synthetic("scrape_series_added") == 1)
        }
    }

    @Test("scrapes that run backwards in time are counted as out of order")
    func outOfOrder() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 2_000)
            await bench.scrape(at: 1_000)
            // The sample and the five synthetic series.
            #expect(bench.metric("prometheus_target_scrapes_sample_out_of_order_total") == 6)
        }
    }

    @Test("series that the store has forgotten are resolved again and stored by the same scrape")
    func forgottenSeries() async throws {
        try await withBench("a 1\nb 2\n") { bench in
            await bench.scrape(at: 1_000)
            bench.store.forgetSeries()
            bench.page.set("a 3\n")
            #expect(await bench.scrape(at: 2_000).health == .up)
            #expect(bench.store.exposed == [#"a{instance="i", job="j"}"#: [.value(3, 2_000)]])
            #expect(bench.store.synthetic("up") == 1)
            await bench.scrape(at: 3_000)
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(3, 2_000), .value(3, 3_000)])
        }
    }

    @Test("what families say of themselves is handed to the store, once")
    func rememberedMetadata() async throws {
        try await withBench("# TYPE a counter\n# HELP a All of it.\na 1\nb 1\n") { bench in
            await bench.scrape(at: 1_000)
            #expect(bench.store.metadata == ["a": MetricMetadata(type: .counter, help: "All of it.")])
        }
    }

    @Test("a limit of the store keeps new series out, is told of, and lets the others go on")
    func refusedSeries() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("a 2\nb 3\nb{x=\"y\"} 4\n")
            bench.store.refuseNewSeries(true)
            let scraped = await bench.scrape(at: 2_000)
            #expect(scraped.health == .up)
            #expect(
                scraped.lastError
                    == "2 samples of new series were not stored: the metric \"b\" has its limit of 6 series; "
                    + "raise the limit or drop series by relabelling")
            #expect(bench.store.exposed == [#"a{instance="i", job="j"}"#: [.value(1, 1_000), .value(2, 2_000)]])
            #expect(bench.store.synthetic("up") == 1)
            #expect(bench.store.synthetic("scrape_series_added") == 0)
            bench.store.refuseNewSeries(false)
            // Asked again within a few scrapes, though not at each.
            var last = scraped
            for second in 3...6 { last = await bench.scrape(at: Int64(second) * 1_000) }
            #expect(bench.store[#"b{instance="i", job="j"}"#].last == .value(3, 6_000))
            #expect(last.lastError.isEmpty)
        }
    }

    @Test("a store that refuses the series, or everything, fails the scrape and not the scraper")
    func refusingStore() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("a 2\nb 3\n")
            bench.store.failResolving(with: .labelsTooLong(bytes: 7, limit: 6))
            let refused = await bench.scrape(at: 2_000)
            #expect(refused.lastError.contains("exceeds the limit of 6"))
            #expect(bench.store[#"a{instance="i", job="j"}"#] == [.value(1, 1_000), .stale(2_000)])
            #expect(bench.store.synthetic("up") == 0)
            bench.store.failResolving(with: nil)
            bench.store.failAppending(with: .notDurable("disk full"))
            #expect(await bench.scrape(at: 3_000).lastError.contains("disk full"))
            bench.store.failAppending(with: nil)
            #expect(await bench.scrape(at: 4_000).health == .up)
            #expect(bench.store[#"b{instance="i", job="j"}"#] == [.value(3, 4_000)])
        }
    }

    @Test("the end of a target ends all its series, the scrape's own included")
    func endOfTarget() async throws {
        try await withBench("a 1\n") { bench in
            await bench.scrape(at: 1_000)
            await bench.endSeries(at: 2_000)
            let all = bench.store.samples()
            #expect(all.count == 6)
            #expect(all.values.allSatisfy { $0.count == 2 && $0.last == .stale(2_000) })
        }
    }

    @Test("limits and sizes are stored as series where the job asks for it")
    func extraMetrics() async throws {
        try await withBench(
            "a 1\n",
            change: { job in
                job.storesExtraMetrics = true
                job.limits.samples = 7
                job.limits.bodySize = 100
            }
        ) { bench in
            await bench.scrape(at: 1_000)
            #expect(bench.store.synthetic("scrape_timeout_seconds") == 2)
            #expect(bench.store.synthetic("scrape_sample_limit") == 7)
            #expect(bench.store.synthetic("scrape_body_size_bytes") == 4)
            bench.page.set(String(repeating: "#", count: 101))
            await bench.scrape(at: 2_000)
            #expect(bench.store.synthetic("scrape_body_size_bytes") == -1)
        }
    }

    @Test("what a target says of its families is remembered, and follows its changes")
    func metadata() async throws {
        try await withBench("# HELP a First.\n# TYPE a counter\na 1\n# TYPE b gauge\nb 1\n") { bench in
            await bench.scrape(at: 1_000)
            bench.page.set("# HELP a Second.\n# TYPE a counter\na 1\n# TYPE b gauge\nb 1\n")
            await bench.scrape(at: 2_000)
            let families = bench.families.sorted { $0.family < $1.family }
            #expect(families.map(\.family) == ["a", "b"])
            #expect(families.first?.metadata == MetricMetadata(type: .counter, help: "Second."))
        }
    }

    @Test("a target whose series change with every scrape does not fill the memory")
    func churn() async throws {
        try await withBench { bench in
            for round in 0..<30 {
                bench.page.set((0..<400).map { "m{id=\"\(round)-\($0)\"} 1\n" }.joined())
                #expect(await bench.scrape(at: Int64(round + 1) * 1_000).health == .up)
            }
            #expect(bench.store.exposed.count == 12_000)
            #expect(bench.store.exposed.values.count { $0.count == 2 } == 11_600)
            #expect(bench.rememberedSeriesCount < 3_000)
        }
    }

    @Test("hostile bodies are refused or read, never more")
    func hostileBodies() async throws {
        try await withBench { bench in
            let labels = (0..<10_000).map { "l\($0)=\"v\"" }.joined(separator: ",")
            let bodies: [[UInt8]] = [
                Array("a{\(labels)} 1\n".utf8),
                [UInt8](repeating: 97, count: 3 << 20),
                Array("a{x=\"".utf8) + [0xFF, 0xFE] + Array("\"} 1\n".utf8),
                [0] + Array(" 1\n".utf8),
                Array("a 1e400\na NaN\na -Inf\na 1 99999999999999999999\n".utf8),
                Array("a{".utf8), Array("# TYPE".utf8), Array("\r\n\r\n".utf8),
            ]
            for (index, body) in bodies.enumerated() {
                bench.page.set(LoopbackServer.answer(body))
                let status = await bench.scrape(at: Int64(index + 1) * 1_000)
                #expect(status.health != .unknown)
            }
            bench.page.set("a 1\n")
            #expect(await bench.scrape(at: 100_000).health == .up)
        }
    }

    private static func gzipped(_ bytes: [UInt8]) -> [LoopbackServer.Step] {
        guard let deflater = apus_deflater_create(6) else { return [] }
        defer { apus_deflater_destroy(deflater) }
        var output = [UInt8](repeating: 0, count: bytes.count + 1_024)
        var consumed = 0
        var produced = 0
        _ = apus_deflater_step(deflater, true, bytes, bytes.count, &consumed, &output, output.count, &produced)
        return LoopbackServer.answer(output[..<produced], headers: ["Content-Encoding: gzip"])
    }
}
