import ApusClient
import Dispatch
import Glibc

/// What instrumentation costs the service that uses it: nanoseconds per operation, the least of several runs.
///
/// `ClientBenchmark [RUNS]`. Figures of the Go and Swift peers on the same kind of machine stand beside them, where they
/// are known.
@main
struct ClientBenchmark {
    static func main() throws {
        let runs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
        print(
            Table.line(
                "operation", "ns", "client_golang 1.23", "swift-prometheus 2.3"))
        try Increments(runs: runs).print()
        try Observations(runs: runs).print()
        try Children(runs: runs).print()
        try Expositions(runs: runs).print()
    }
}

/// Lines of the table.
enum Table {
    static func line(_ name: String, _ value: String, _ go: String = "", _ swift: String = "") -> String {
        pad(name, 52) + pad(value, 12) + pad(go, 20) + swift
    }

    static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        return value < 100 ? "\(tenths / 10)" : "\(Int(value.rounded()))"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// Takes the time of a loop.
struct Stopwatch {
    let runs: Int

    /// The least nanoseconds per operation of `runs` runs of `body`, which does `count` operations.
    func least(_ count: Int, _ body: () -> Void) -> Double {
        var least = Double.infinity
        for _ in 0..<runs {
            let start = now()
            body()
            least = min(least, Double(now() - start) / Double(count))
        }
        return least
    }

    /// The same with two threads that each do half of the operations, which is the time of all on the wall.
    func leastOnTwoThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> Double {
        least(count) { DispatchQueue.concurrentPerform(iterations: 2) { _ in body(count / 2) } }
    }

    private func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

struct Increments {
    let runs: Int

    func print() throws {
        let watch = Stopwatch(runs: runs)
        let registry = MetricRegistry()
        let counter = try registry.counter("c_total", help: "C.")
        let gauge = try registry.gauge("g", help: "G.")
        let count = 10_000_000
        row("counter, one", "2.4", "2.8", watch.least(count) { for _ in 0..<count { counter.increment() } })
        row(
            "counter, one, two threads", "2.5", "2.8",
            watch.leastOnTwoThreads(count) { for _ in 0..<$0 { counter.increment() } })
        row("counter, 0.5", "5.3", "5.3", watch.least(count) { for _ in 0..<count { counter.increment(by: 0.5) } })
        row("gauge, set", "3.2", "2.8", watch.least(count) { for index in 0..<count { gauge.set(Double(index)) } })
        row("gauge, increment", "5.3", "5.3", watch.least(count) { for _ in 0..<count { gauge.increment() } })
    }

    private func row(_ name: String, _ go: String, _ swift: String, _ value: Double) {
        Swift.print(Table.line(name, Table.number(value), go, swift))
    }
}

struct Observations {
    let runs: Int

    func print() throws {
        let watch = Stopwatch(runs: runs)
        let registry = MetricRegistry()
        let values = (0..<1_024).map { 0.001 * Double(($0 * 7_919) % 5_000) }
        func measure(
            _ name: String, _ go: String, _ swift: String, _ instrument: some Observing, _ count: Int = 5_000_000
        ) {
            let one = watch.least(count) { for index in 0..<count { instrument.observe(values[index & 1_023]) } }
            Swift.print(Table.line(name, Table.number(one), go, swift))
        }
        let classic = try registry.histogram("h", help: "H.")
        let native = try registry.histogram("n", help: "N.", native: NativeBuckets())
        let both = try registry.histogram("b", help: "B.", buckets: .latency, native: NativeBuckets())
        measure("histogram, 11 buckets", "14.6", "18.7", classic)
        twoThreads("histogram, 11 buckets, two threads", "15.6", "19.0", classic, values)
        measure("histogram, native, factor 1.1", "40", "none", native)
        twoThreads("histogram, native, two threads", "42", "none", native, values)
        measure("histogram, classic and native", "", "none", both)
        let count = 2_000_000
        let durations = watch.least(count) { for index in 0..<count { classic.observe(.microseconds(index & 1_023)) } }
        Swift.print(Table.line("histogram, a duration", Table.number(durations), "", "56"))
        let exemplars = watch.least(count / 4) {
            for index in 0..<(count / 4) {
                classic.observe(values[index & 1_023], exemplar: ["trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"])
            }
        }
        Swift.print(Table.line("histogram, with an exemplar", Table.number(exemplars), "499", "none"))
        measure("summary, no quantiles", "7.5", "none", try registry.summary("s", help: "S."))
        measure(
            "summary, 3 quantiles", "548", "none",
            try registry.summary("q", help: "Q.", quantiles: [0.5, 0.9, 0.99]))
    }

    private func twoThreads(
        _ name: String, _ go: String, _ swift: String, _ histogram: Histogram, _ values: [Double]
    ) {
        let both = Stopwatch(runs: runs).leastOnTwoThreads(5_000_000) { count in
            for index in 0..<count { histogram.observe(values[index & 1_023]) }
        }
        Swift.print(Table.line(name, Table.number(both), go, swift))
    }
}

struct Children {
    let runs: Int

    func print() throws {
        let watch = Stopwatch(runs: runs)
        let family = try MetricRegistry().counter("c_total", help: "C.", labels: ["code", "method"])
        let codes = ["200", "404", "500", "503"]
        for code in codes { family[code, "get"].increment() }
        let count = 2_000_000
        let found = watch.least(count) { for index in 0..<count { family[codes[index & 3], "get"].increment() } }
        Swift.print(Table.line("child of two labels, found and incremented", Table.number(found), "53", "234"))
        let shared = watch.leastOnTwoThreads(count) {
            for index in 0..<$0 { family[codes[index & 3], "get"].increment() }
        }
        Swift.print(Table.line("the same, two threads", Table.number(shared), "64", ""))
        let routes = codes.map { "/api/v1/resources/:resource/items/\($0)" }
        let long = watch.least(count) { for index in 0..<count { family[routes[index & 3], "get"].increment() } }
        Swift.print(Table.line("the same, a value of 36 bytes", Table.number(long)))
        for (size, go, swift) in [(1_000, "3100", "20000"), (10_000, "2300", "155000"), (100_000, "", "")] {
            let values = (0..<size).map { "value-\($0)" }
            let made = watch.least(size) {
                guard let family = try? MetricRegistry().counter("m_total", help: "M.", labels: ["a", "b"]) else {
                    return
                }
                for value in values { family[value, "x"].increment() }
            }
            Swift.print(Table.line("child made, \(size) of them", Table.number(made), go, swift))
        }
    }
}

struct Expositions {
    let runs: Int

    func print() throws {
        let registries = [
            ("10,000 counters, 4 labels", "16600", "730", try values(wholeNumbers: true)),
            ("10,000 float gauges, 4 labels", "16100", "1800", try values(wholeNumbers: false)),
            ("714 histograms of 14 lines", "4000", "2000", try histograms()),
            ("1,000 families of one series", "950", "350", try families()),
        ]
        Swift.print(Table.line("exposition", "µs"))
        for (name, go, swift, registry) in registries {
            for (format, accept) in Self.formats {
                let time = Stopwatch(runs: runs * 3).least(1_000) { _ = registry.expose(accept: accept).body.count }
                Swift.print(
                    Table.line(
                        "\(name), \(format)", Table.number(time), format == "text" ? go : "",
                        format == "text" ? swift : ""))
            }
        }
    }

    private static let formats = [
        ("text", "text/plain;version=0.0.4"), ("OpenMetrics", "application/openmetrics-text;version=1.0.0"),
        (
            "protobuf",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        ),
    ]

    private func values(wholeNumbers: Bool) throws -> MetricRegistry {
        let registry = MetricRegistry()
        let labels: [4 of String] = ["code", "method", "path", "shard"]
        if wholeNumbers {
            let family = try registry.counter("http_requests_total", help: "Requests.", labels: labels)
            for index in 0..<10_000 {
                family["\(200 + index % 5)", "get", "/api/v1/resources/\(index / 20)", "\(index % 20)"].increment(
                    by: index * 977)
            }
        } else {
            let family = try registry.gauge("queue_seconds", help: "Seconds.", labels: labels)
            for index in 0..<10_000 {
                family["\(200 + index % 5)", "get", "/api/v1/resources/\(index / 20)", "\(index % 20)"]
                    .set(Double(index) * 1.000_123_7)
            }
        }
        return registry
    }

    private func histograms() throws -> MetricRegistry {
        let registry = MetricRegistry()
        let family = try registry.histogram("latency_seconds", help: "Latency.", labels: ["path"])
        for index in 0..<714 { for step in 0..<20 { family["/api/\(index)"].observe(Double(step) * 0.013) } }
        return registry
    }

    private func families() throws -> MetricRegistry {
        let registry = MetricRegistry()
        for index in 0..<1_000 { try registry.counter("family_\(index)_total", help: "One of many.").increment() }
        return registry
    }
}
