import ApusBytes
import ApusConfig
import ApusModel
import ApusScrape
import ApusTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NativeHistogramTests {
    private static let series = #"h{instance="i", job="j", path="/"}"#
    private static let type =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    /// A body with one histogram of schema 3 that has `populations`, and `trace` as an exemplar.
    private static func body(_ populations: [Int64], trace: String = "t") -> [UInt8] {
        var family = ProtobufWriter()
        family.appendText(1, "h")
        family.appendUnsigned(3, 4)
        family.appendMessage(4) { metric in
            metric.appendMessage(1) { label in
                label.appendText(1, "path")
                label.appendText(2, "/")
            }
            metric.appendMessage(7) { histogram in
                let count = UInt64(populations.reduce(0, +))
                histogram.appendUnsigned(1, count)
                histogram.appendDouble(2, 1.5)
                histogram.appendMessage(3) { bucket in
                    bucket.appendUnsigned(1, count)
                    bucket.appendDouble(2, .infinity)
                }
                histogram.appendZigZag(5, 3)
                histogram.appendDouble(6, 0.001)
                histogram.appendMessage(12) { span in
                    span.appendZigZag(1, 1)
                    span.appendUnsigned(2, UInt64(populations.count))
                }
                var previous: Int64 = 0
                var deltas: [Int64] = []
                for population in populations {
                    deltas.append(population - previous)
                    previous = population
                }
                histogram.appendZigZags(13, deltas)
                histogram.appendMessage(16) { exemplar in
                    exemplar.appendMessage(1) { label in
                        label.appendText(1, "trace_id")
                        label.appendText(2, trace)
                    }
                    exemplar.appendDouble(2, 0.5)
                    exemplar.appendMessage(3) { $0.appendSigned(1, 7) }
                }
            }
        }
        let bytes = family.bytes
        var output = ByteWriter()
        output.appendLengthPrefixed(bytes.span)
        return output.bytes
    }

    private static func takeNative(_ job: inout ScrapeConfiguration) {
        job.takesNativeHistograms = true
        job.scrapeProtocols = ScrapeProtocol.preferringNativeHistograms
    }

    @Test("native histograms of a target are stored, with exemplars, and end with a marker")
    func storedHistograms() async throws {
        try await withBench(change: Self.takeNative) { bench in
            bench.page.set(LoopbackServer.answer(Self.body([2, 3]), contentType: Self.type))
            let status = await bench.scrape(at: 1_000)
            #expect(status.lastError == "")
            #expect(
                bench.server.requests.first?.headers["accept"]?.hasPrefix(
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,")
                    == true)
            bench.page.set(LoopbackServer.answer(Self.body([2, 5], trace: "u"), contentType: Self.type))
            await bench.scrape(at: 2_000)
            bench.page.set("other 1\n")
            await bench.scrape(at: 3_000)
            let histograms = bench.store.histograms(of: Self.series)
            #expect(histograms.keys.sorted() == [1_000, 2_000])
            #expect(histograms[1_000]?.positiveBuckets == [2, 3])
            #expect(histograms[2_000]?.positiveBuckets == [2, 5])
            #expect(histograms[2_000]?.count == 7)
            #expect(histograms[2_000]?.schema == 3)
            #expect(bench.store[Self.series].last == .stale(3_000))
            #expect(bench.store.exposed.keys.filter { $0.hasPrefix("h_") }.isEmpty)
            #expect(bench.store.exemplars(of: Self.series).map { $0.labels["trace_id"] } == ["t", "u"])
            #expect(bench.store.exemplars(of: Self.series).map(\.timestamp) == [7_000, 7_000])
        }
    }

    @Test("the classic form is stored when native histograms are off, and beside them when it is kept")
    func classicForm() async throws {
        try await withBench { bench in
            bench.page.set(LoopbackServer.answer(Self.body([2, 3]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            #expect(bench.store.histograms(of: Self.series).isEmpty)
            #expect(bench.store[#"h_count{instance="i", job="j", path="/"}"#] == [.value(5, 1_000)])
        }
        try await withBench(change: { job in
            Self.takeNative(&job)
            job.keepsClassicHistograms = true
        }) { bench in
            bench.page.set(LoopbackServer.answer(Self.body([2, 3]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            #expect(bench.store.histograms(of: Self.series).count == 1)
            #expect(
                bench.store[#"h_bucket{instance="i", job="j", le="+Inf", path="/"}"#] == [.value(5, 1_000)])
        }
    }

    @Test("histograms that the store forgot meanwhile are stored again")
    func forgottenSeries() async throws {
        try await withBench(change: Self.takeNative) { bench in
            bench.page.set(LoopbackServer.answer(Self.body([2, 3]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            bench.store.forgetSeries()
            await bench.scrape(at: 2_000)
            #expect(bench.store.histograms(of: Self.series)[2_000]?.positiveBuckets == [2, 3])
        }
    }

    @Test("a bucket limit makes histograms coarser, and fails the scrape when that does not help")
    func bucketLimit() async throws {
        try await withBench(change: { job in
            Self.takeNative(&job)
            job.nativeHistogramBucketLimit = 2
        }) { bench in
            bench.page.set(LoopbackServer.answer(Self.body([1, 2, 3, 4]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            let histogram = try #require(bench.store.histograms(of: Self.series)[1_000])
            #expect(histogram.schema == 2)
            #expect(histogram.positiveBuckets == [3, 7])
        }
        try await withBench(change: { job in
            Self.takeNative(&job)
            job.nativeHistogramBucketLimit = 1
        }) { bench in
            // 600 buckets of schema 3 reach over more than one of the coarsest.
            bench.page.set(
                LoopbackServer.answer(Self.body(Array(repeating: 1, count: 600)), contentType: Self.type))
            let status = await bench.scrape(at: 1_000)
            #expect(status.lastError == "histogram bucket limit exceeded")
            #expect(bench.store.synthetic("up") == 0)
            #expect(
                bench.metric("prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total") == 1)
        }
    }

    @Test("a least bucket factor bounds how fine histograms are")
    func bucketFactor() async throws {
        try await withBench(change: { job in
            Self.takeNative(&job)
            job.nativeHistogramMinBucketFactor = 1.4
        }) { bench in
            bench.page.set(LoopbackServer.answer(Self.body([1, 2, 3, 4]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            // Schema 1 grows by 1.41.
            #expect(bench.store.histograms(of: Self.series)[1_000]?.schema == 1)
        }
    }

    @Test("a histogram that the store refuses is counted, and the rest is stored")
    func refusedHistogram() async throws {
        try await withBench(change: Self.takeNative) { bench in
            bench.store.refuseHistograms()
            bench.page.set(LoopbackServer.answer(Self.body([2, 3]), contentType: Self.type))
            await bench.scrape(at: 1_000)
            #expect(bench.store.synthetic("up") == 1)
            #expect(bench.metric("apus_scrape_invalid_histograms_total") == 1)
            #expect(bench.metric("prometheus_target_scrapes_sample_out_of_bounds_total") == 0)
        }
    }

    @Test("exemplars of OpenMetrics are stored")
    func openMetricsExemplars() async throws {
        try await withBench { bench in
            let text = "# TYPE a counter\na_total 1 # {trace_id=\"t\"} 0.5 3\n# EOF\n"
            bench.page.set(text, contentType: "application/openmetrics-text; version=1.0.0")
            await bench.scrape(at: 1_000)
            let labels = LabelSet([Label(name: "trace_id", value: "t")])
            #expect(
                bench.store.exemplars(of: #"a_total{instance="i", job="j"}"#) == [
                    Exemplar(labels: labels, value: 0.5, timestamp: 3_000)
                ])
        }
    }
}
