import ApusClient
import ApusExposition
import ApusModel
import ApusTestSupport
import Testing

@Suite("Summaries")
struct SummaryTests {
    @Test("quantiles are right to three thousandths of the value, whatever the distribution")
    func accuracy() throws {
        var generator = SeededGenerator(seed: 3)
        for distribution in 0..<3 {
            let summary = try MetricRegistry().summary("s", help: "S.", quantiles: [0.5])
            var values: [Double] = []
            for _ in 0..<20_000 {
                let unit = Double.random(in: 0..<1, using: &generator)
                let value =
                    switch distribution {
                    case 0: unit * 100
                    case 1: 1 / (1.000_1 - unit)
                    default: unit * 10 - 5
                    }
                values.append(value)
                summary.observe(value)
            }
            values.sort()
            for share in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
                let exact = values[max(0, Int((share * 20_000).rounded(.up)) - 1)]
                let found = summary.quantile(share)
                #expect(abs(found - exact) <= abs(exact) * 0.003, "\(distribution) \(share): \(found), \(exact)")
            }
            #expect(summary.count == 20_000)
            #expect(abs(summary.sum - values.reduce(0, +)) < 0.01)
        }
    }

    @Test("an observation is forgotten when it is older than the window, its count and sum never")
    func window() throws {
        let clock = ManualClock(milliseconds: 1_000_000)
        let summary = try MetricRegistry(clock: clock).summary(
            "s", help: "S.", quantiles: [0.5], window: .seconds(100))
        #expect(summary.quantile(0.5).isNaN)
        summary.observe(5)
        clock.advance(milliseconds: 79_000)
        #expect(abs(summary.quantile(0.5) - 5) < 0.02)
        summary.observe(7)
        clock.advance(milliseconds: 25_000)
        #expect(abs(summary.quantile(0) - 7) < 0.03)
        clock.advance(milliseconds: 10_000_000)
        #expect(summary.quantile(0.5).isNaN)
        #expect(summary.count == 2)
        #expect(summary.sum == 12)
    }

    @Test("zero, infinities and what is not a number have their places")
    func special() throws {
        let summary = try MetricRegistry().summary("s", help: "S.", quantiles: [0.5])
        for value in [0, 0, 0, .infinity, -.infinity, .nan] as [Double] { summary.observe(value) }
        #expect(summary.quantile(0.5) == 0)
        #expect(summary.quantile(1) == .infinity)
        #expect(summary.quantile(0) == -.infinity)
        #expect(summary.quantile(1.5).isNaN && summary.quantile(.nan).isNaN)
        #expect(summary.count == 6)
    }

    @Test("all formats have count, sum and quantiles, and no quantiles where none are wanted")
    func exposition() throws {
        let registry = MetricRegistry()
        let family = try registry.summary("s_seconds", help: "S.", quantiles: [0.5, 1], labels: ["step"])
        let plain = try registry.summary("t_seconds", help: "T.")
        family["parse"].observe(.seconds(2))
        plain.observe(1)
        let text = try Scrape(registry, .text)
        #expect(text.values.count == 6)
        #expect(try Scrape(registry, .openMetrics).values == text.values)
        #expect(try Scrape(registry, .protobuf).values == text.values)
    }

    @Test("quantiles that are not ascending from 0 to 1 and a window of no length are refused")
    func refusals() {
        for quantiles in [[0.5, 0.5], [-0.1], [1.1], [.nan]] {
            #expect(throws: MetricError.invalidQuantiles(metric: "s")) {
                try MetricRegistry().summary("s", help: "S.", quantiles: quantiles)
            }
        }
        #expect(throws: MetricError.invalidQuantiles(metric: "s")) {
            try MetricRegistry().summary("s", help: "S.", quantiles: [0.5], window: .zero)
        }
        #expect(throws: MetricError.self) { try MetricRegistry().summary("s", help: "", labels: ["quantile"]) }
    }
}
