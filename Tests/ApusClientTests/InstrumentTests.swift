import ApusClient
import ApusExposition
import Dispatch
import Testing

@Suite("Instruments")
struct InstrumentTests {
    /// Runs `work` on two threads of their own at once and waits for both.
    private func onTwoThreads(_ work: @escaping @Sendable (Int) -> Void) {
        DispatchQueue.concurrentPerform(iterations: 2, execute: work)
    }

    @Test("two threads lose no increment")
    func counterTotals() throws {
        let registry = MetricRegistry()
        let counter = try registry.counter("c_total", help: "C.")
        let gauge = try registry.gauge("g", help: "G.")
        onTwoThreads { _ in
            for _ in 0..<50_000 {
                counter.increment()
                counter.increment(by: 2)
                counter.increment(by: 0.5)
                gauge.increment(by: 3)
                gauge.decrement()
            }
        }
        #expect(counter.value == 350_000)
        #expect(gauge.value == 200_000)
    }

    @Test("a counter takes nothing that would make it go down")
    func counterNeverFalls() throws {
        let counter = try MetricRegistry().counter("c_total", help: "C.")
        #expect(counter.increment(by: 2))
        #expect(!counter.increment(by: -1))
        #expect(!counter.increment(by: -0.5))
        #expect(!counter.increment(by: .nan))
        #expect(counter.value == 2)
    }

    @Test("a gauge is set, moved, and counts work in progress also when the work fails")
    func gauge() async throws {
        struct Failure: Error {}
        let gauge = try MetricRegistry().gauge("g", help: "G.")
        gauge.set(5)
        gauge.decrement(by: 1.5)
        #expect(gauge.value == 3.5)
        gauge.set(0)
        let during = gauge.tracking { gauge.value }
        #expect(during == 1)
        let later = await gauge.tracking { () async -> Double in
            await Task.yield()
            return gauge.value
        }
        #expect(later == 1)
        #expect(throws: Failure.self) { try gauge.tracking { throw Failure() } }
        #expect(gauge.value == 0)
        gauge.setToCurrentTime()
        #expect(gauge.value > 1_600_000_000)
    }

    @Test("observations fall in the bucket whose bound is not below them")
    func buckets() throws {
        let registry = MetricRegistry()
        for (number, buckets) in [
            [-1, 0, 2.5] as HistogramBuckets, .linear(start: -10, width: 1, count: 40),
            .exponential(start: 0.5, factor: 2, count: 5), [], [1, .infinity],
        ].enumerated() {
            let histogram = try registry.histogram("h\(number)", help: "H.", buckets: buckets)
            let bounds = buckets.upperBounds.filter(\.isFinite)
            let values = stride(from: -12.0, through: 31, by: 0.25).map { $0 } + [.infinity, -.infinity]
            for value in values { histogram.observe(value) }
            let expected = (0...bounds.count).map { index in
                values.count { value in
                    (index == 0 || value > bounds[index - 1]) && (index == bounds.count || value <= bounds[index])
                }
            }
            #expect(histogram.snapshot.bucketCounts.map(Int.init) == expected)
            #expect(histogram.snapshot.count == UInt64(values.count))
        }
        let histogram = try registry.histogram("nan", help: "H.", buckets: [1])
        histogram.observe(.nan)
        #expect(histogram.snapshot.bucketCounts == [0, 1])
        #expect(histogram.snapshot.sum.isNaN)
    }

    @Test("durations are observed in seconds, of work that returns and of work that throws")
    func timing() async throws {
        struct Failure: Error {}
        let histogram = try MetricRegistry().histogram("h_seconds", help: "H.", buckets: [86_400])
        histogram.observe(.milliseconds(1_500))
        #expect(histogram.snapshot.sum == 1.5)
        #expect(histogram.time { 7 } == 7)
        #expect(throws: Failure.self) { try histogram.time { throw Failure() } }
        let answer = await histogram.time { () async -> Int in
            await Task.yield()
            return 9
        }
        #expect(answer == 9)
        #expect(histogram.snapshot.bucketCounts == [4, 0])
    }

    @Test("every snapshot of a histogram in use is whole: buckets, count and sum agree")
    func histogramConsistency() throws {
        let histogram = try MetricRegistry().histogram("h", help: "H.", buckets: [1, 2])
        onTwoThreads { thread in
            if thread == 0 {
                for number in 0..<90_000 { histogram.observe(Double(number % 3 + 1)) }
            } else {
                var last: UInt64 = 0
                for _ in 0..<2_000 {
                    let snapshot = histogram.snapshot
                    let counts = snapshot.bucketCounts
                    #expect(counts.reduce(0, +) == snapshot.count)
                    #expect(Double(counts[0] + 2 * counts[1] + 3 * counts[2]) == snapshot.sum)
                    #expect(snapshot.count >= last)
                    last = snapshot.count
                }
            }
        }
        #expect(histogram.snapshot.bucketCounts == [30_000, 30_000, 30_000])
        #expect(histogram.snapshot.sum == 180_000)
    }

    @Test("two threads that make and use children share them")
    func children() throws {
        let registry = MetricRegistry()
        let family = try registry.counter("f_total", help: "F.", labels: ["a", "b"])
        onTwoThreads { thread in
            for number in 0..<20_000 {
                family["\(number % 500)", "b"].increment()
                if number % 1_000 == thread { _ = registry.expose() }
            }
        }
        #expect(family.count == 500)
        for number in 0..<500 { #expect(family["\(number)", "b"].value == 80) }
    }

    enum Phase: String, CaseIterable, Sendable { case starting, ready }

    @Test("everything may be used at once, also while it is exposed, taken back and removed")
    func everythingAtOnce() throws {
        let registry = MetricRegistry()
        let counter = try registry.counter("c_total", help: "C.", labels: ["a"])
        let native = try registry.histogram("n", help: "N.", buckets: [1, 2], native: NativeBuckets(), labels: ["a"])
        let summary = try registry.summary("s", help: "S.", quantiles: [0.5])
        let phase = try registry.stateSet("phase", help: "P.", of: Phase.self)
        let gauge = try registry.gauge("g", help: "G.")
        onTwoThreads { thread in
            for number in 0..<2_000 {
                let value = String(number % 7)
                counter[value].increment(exemplar: ["trace_id": value])
                native[value].observe(Double(number) / 100, exemplar: ["trace_id": value])
                summary.observe(Double(number))
                phase.set(number % 2 == 0 ? .starting : .ready)
                gauge.tracking { phase.turn(.ready, on: true) }
                switch number % 200 {
                case 50: #expect(registry.expose(accept: Accept.openMetrics).failures == [])
                case 100: #expect(registry.expose(accept: Accept.protobuf).failures == [])
                case 150 where thread == 0: counter.remove([value])
                case 199 where thread == 1: summary.reset()
                default: break
                }
            }
            if thread == 0 { registry.unregister("g") } else { registry.reset() }
        }
        native["1"].observe(1)
        #expect(try Scrape(registry, .openMetrics).values.count > 10)
        #expect(gauge.value == 0)
    }

    @Test("children are told apart by every value, removed alone and all together")
    func childIdentity() throws {
        let registry = MetricRegistry()
        let family = try registry.gauge("f", help: "F.", labels: ["a", "b", "c"])
        let values = ["", "x", "xy", "y", "é", "e\u{301}", "0123456789abcdefghij"]
        var number = 0
        for a in values {
            for b in values {
                for c in values {
                    number += 1
                    family[a, b, c].set(number)
                }
            }
        }
        #expect(family.count == 343)
        #expect(family["x", "xy", ""].value != family["xx", "y", ""].value)
        let survivor = family["y", "x", "é"]
        #expect(family.remove(["x", "y", "xy"]))
        #expect(!family.remove(["x", "y", "xy"]))
        #expect(family.count == 343)
        #expect(family["y", "x", "é"] === survivor)
        #expect(family[["y", "x", "e\u{301}"]].value != survivor.value)
        family.removeAll()
        #expect(family.count == 0)
        #expect(registry.expose().body.isEmpty)
    }
}
