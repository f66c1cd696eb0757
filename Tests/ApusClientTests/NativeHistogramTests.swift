import ApusClient
import ApusExposition
import ApusModel
import ApusTestSupport
import Testing

@Suite("Native histograms")
struct NativeHistogramTests {
    @Test("an index is that of the first bucket whose bound is not below the value", arguments: -4...8)
    func bucketIndex(schema: Int) {
        var generator = SeededGenerator(seed: 7)
        let schema = Int32(schema)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: UInt64.random(in: 1..<0x7FF0_0000_0000_0000, using: &generator))
            let index = NativeHistogram.bucketIndex(of: value, schema: schema)
            #expect(value <= NativeHistogram.upperBound(index: index, schema: schema))
            #expect(value > NativeHistogram.upperBound(index: index - 1, schema: schema))
        }
        for exponent in -40..<40 {
            let bound = NativeHistogram.upperBound(index: Int32(exponent), schema: schema)
            #expect(NativeHistogram.bucketIndex(of: bound, schema: schema) == Int32(exponent))
        }
    }

    @Test("what was observed is read back from protocol buffers, bucket by bucket")
    func readBack() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("sizes", help: "S.", native: NativeBuckets(growthFactor: 1.1))
        let values = [0, 1e-200, 0.001, 1, 1, 1.05, 1.3, 7, 1_000, -3, -3, -1e9, .infinity]
        for value in values { histogram.observe(value) }
        let scrape = try Scrape(registry, .protobuf)
        let read = try #require(scrape.histograms.first)
        #expect(read.schema == 3)
        #expect(read.zeroThreshold == 0x1p-128)
        #expect(read.zeroCount == 2)
        #expect(read.count == Double(values.count))
        #expect(read.sum == .infinity)
        #expect(read.positiveBuckets.reduce(0, +) == 8)
        #expect(read.negativeBuckets.reduce(0, +) == 3)
        #expect(read.positiveSpans.first?.offset == NativeHistogram.bucketIndex(of: 0.001, schema: 3))
        #expect(scrape.values.isEmpty)
        let classic = try Scrape(registry, .text)
        #expect(classic.values.count == 3)
    }

    @Test("an empty native histogram is native, also without a zero bucket")
    func empty() throws {
        let registry = MetricRegistry()
        _ = try registry.histogram("a", help: "A.", native: NativeBuckets(zeroThreshold: 0))
        _ = try registry.histogram("b", help: "B.", native: NativeBuckets())
        #expect(try Scrape(registry, .protobuf).histograms.map(\.count) == [0, 0])
    }

    @Test("both forms of one histogram agree")
    func both() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h", help: "H.", buckets: [1, 2], native: NativeBuckets())
        for value in [0.5, 1, 1.5, 5] { histogram.observe(value) }
        let scrape = try Scrape(registry, .protobuf)
        #expect(scrape.histograms.map(\.count) == [4])
        let bound = { (le: String) in
            scrape.values[LabelSet([Label(name: "__name__", value: "h_bucket"), Label(name: "le", value: le)])]
        }
        #expect([bound("1.0"), bound("2.0"), bound("+Inf")] == [2, 3, 4])
        #expect(histogram.snapshot.bucketCounts == [2, 1, 1])
    }

    @Test("more buckets than allowed cost resolution, never observations")
    func bounded() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h", help: "H.", native: NativeBuckets(maximumBuckets: 20))
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5_000 {
            histogram.observe(
                Double.random(in: 0.001...1, using: &generator) * (Bool.random(using: &generator) ? 1 : -1))
        }
        let read = try #require(try Scrape(registry, .protobuf).histograms.first)
        #expect(read.schema < 3)
        #expect(read.positiveBuckets.count + read.negativeBuckets.count <= 26)
        #expect(read.positiveBuckets.reduce(0, +) + read.negativeBuckets.reduce(0, +) == 5_000)
    }

    @Test("the zero bucket takes in the smallest values before resolution is lost")
    func zeroWidening() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram(
            "h", help: "H.", native: NativeBuckets(maximumBuckets: 4, maximumZeroThreshold: 0.01))
        for value in [1e-5, 1e-4, 1e-3, 1, 2, 4, 8] { histogram.observe(value) }
        let read = try #require(try Scrape(registry, .protobuf).histograms.first)
        #expect(read.schema == 3)
        #expect(read.zeroCount == 3)
        #expect(read.zeroThreshold >= 1e-3 && read.zeroThreshold < 0.01)
    }

    @Test("a histogram may begin anew when it has too many buckets, and says when it did")
    func reset() throws {
        let clock = ManualClock(milliseconds: 5_000)
        let registry = MetricRegistry(clock: clock)
        let histogram = try registry.histogram(
            "h", help: "H.", native: NativeBuckets(maximumBuckets: 2, minimumResetInterval: .seconds(60)))
        histogram.observe(1)
        histogram.observe(2)
        clock.advance(milliseconds: 65_000)
        histogram.observe(4)
        let read = try #require(try Scrape(registry, .protobuf).histograms.first)
        #expect(read.count == 1)
        #expect(read.schema == 3)
        #expect(read.positiveBuckets == [1])
    }

    @Test("properties that make no sense are refused")
    func refusals() {
        for native in [
            NativeBuckets(growthFactor: 1), NativeBuckets(growthFactor: .nan), NativeBuckets(zeroThreshold: -1),
            NativeBuckets(maximumBuckets: -1),
        ] {
            #expect(throws: MetricError.invalidNativeBuckets(metric: "h")) {
                try MetricRegistry().histogram("h", help: "H.", native: native)
            }
        }
    }
}
