import ApusClient
import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Limits on new series")
struct SeriesLimitTests {
    private static let start: Int64 = 1_700_000_000_000

    private let folder: TemporaryFolder
    private let clock = ManualClock(milliseconds: Self.start)

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ limits: SeriesLimits, events: EventLog = EventLog()) throws -> Storage {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.limits = limits
        return try Storage(folder: folder.path, options: options, clock: clock, report: events.append)
    }

    /// Which of the label sets are made, as a text of `+` and `-`.
    private func made(_ labels: [LabelSet], in storage: Storage) throws -> String {
        try storage.resolve(labels).map { $0.isRefused ? "-" : "+" }.joined()
    }

    @Test("series of a metric beyond its limit are refused, those of others and those that are there are not")
    func perMetric() throws {
        var limits = SeriesLimits()
        limits.seriesPerMetric = 2
        let storage = try open(limits)
        defer { storage.close() }
        let a = (0..<4).map { series("a", ["n": "\($0)"]) }
        #expect(try made([a[0], series("b"), a[1], a[2], a[2], a[0]], in: storage) == "+++--+")
        #expect(try made(a, in: storage) == "++--")
        let outcome = try storage.store(a, at: Self.start) { Double($0) }
        #expect(outcome.appendedCount == 2)
        #expect(outcome.rejections.map(\.reason) == [.seriesLimit, .seriesLimit])
        #expect(outcome.rejections.map(\.position) == [2, 3])
        #expect(try storage.samples([Matcher("__name__", .equal, "a")]).count == 2)
    }

    @Test("a label gets no more values than its limit; known values may come in new series")
    func perLabel() throws {
        var limits = SeriesLimits()
        limits.valuesPerLabel = 3
        limits.limitValues(of: "user", to: 1)
        limits.limitValues(of: "__name__", to: 2)
        let storage = try open(limits)
        defer { storage.close() }
        let zones = (0..<4).map { series("a", ["zone": "z\($0)"]) }
        #expect(try made(zones, in: storage) == "+++-")
        #expect(try made([series("a", ["zone": "z2", "x": "y"])], in: storage) == "+")
        #expect(try made([series("a", ["user": "u1"]), series("a", ["user": "u2"])], in: storage) == "+-")
        #expect(try made([series("b"), series("c"), series("b", ["user": "u1"])], in: storage) == "+-+")
        let refused = storage.refusedSeries(limit: 10).map(\.refusal)
        #expect(Set(refused.map(\.subject)) == ["zone", "user", "__name__"])
        #expect(refused.allSatisfy { $0.reason == .valuesPerLabel })
        #expect(refused.first { $0.subject == "zone" }?.limit == 3)
    }

    @Test("what a selector selects is limited as one, and again once series have left the head")
    func perSelector() throws {
        var limits = SeriesLimits()
        try limits.limitSeries(
            #"{team=~"x|y"}"#, matchers: [Matcher("team", .matchesPattern, "x|y")], to: 3)
        let storage = try open(limits)
        defer { storage.close() }
        let first = [
            series("a", ["team": "x"]), series("b", ["team": "y"]), series("a", ["team": "z"]), series("c"),
            series("c", ["team": "x"]), series("d", ["team": "x"]),
        ]
        #expect(try made(first, in: storage) == "+++++-")
        try storage.store(Array(first.prefix(5)), at: Self.start) { _ in 1 }
        // Beyond one and a half of a block's range the old ones leave.
        clock.advance(milliseconds: 1_200_000)
        for step in 1...8 { try storage.store([first[2]], at: Self.start + Int64(step) * 150_000) { _ in 1 } }
        #expect(try storage.compact() == 1)
        #expect(storage.statistics.headSeries == 1)
        #expect(try made([first[5], first[0], first[1], first[4]], in: storage) == "+++-")
    }

    @Test("limits count at the next series when they change, and never for what is in the log")
    func change() throws {
        var limits = SeriesLimits()
        limits.seriesPerMetric = 5
        let labels = (0..<6).map { series("a", ["n": "\($0)"]) }
        let storage = try open(limits)
        try storage.store(labels, at: Self.start) { _ in 1 }
        #expect(storage.statistics.headSeries == 5)
        limits.seriesPerMetric = 2
        storage.limits = limits
        #expect(try made(labels, in: storage) == "+++++-")
        storage.limits = SeriesLimits()
        #expect(try made(labels, in: storage) == "++++++")
        storage.close()
        limits.series = 1
        let again = try open(limits)
        defer { again.close() }
        #expect(again.statistics.headSeries == 6)
        #expect(try made([series("b")], in: again) == "-")
    }

    @Test("refusals are counted by reason, and told of now and then with the limit that refused most")
    func telling() throws {
        var limits = SeriesLimits()
        limits.seriesPerMetric = 1
        limits.limitValues(of: "user", to: 0)
        let events = EventLog()
        let storage = try open(limits, events: events)
        defer { storage.close() }
        #expect(
            try made(
                [series("a"), series("a", ["n": "1"]), series("a", ["n": "2"]), series("b", ["user": "1"])], in: storage
            )
                == "+---")
        _ = try made([series("a", ["n": "1"])], in: storage)
        let expected = SeriesRefusal(reason: .seriesPerMetric, subject: "a", limit: 1)
        #expect(events.all.last == .seriesRefused(count: 3, most: expected, countOfMost: 2))
        #expect(
            "\(events.all.last.map { "\($0)" } ?? "")".contains(
                #"3 new series refused; for 2 of them the metric "a" has"#))
        clock.advance(milliseconds: 30_000)
        _ = try made([series("a", ["n": "1"])], in: storage)
        #expect(events.all.last == .seriesRefused(count: 2, most: expected, countOfMost: 2))
        let refused = storage.refusedSeries(limit: 1)
        #expect(refused.map(\.refusal) == [expected])
        #expect(refused.map(\.count) == [4] && refused.map(\.lastTime) == [Self.start + 30_000])
        let registry = MetricRegistry()
        try registry.register(StorageCollector(storage))
        let lines = String(decoding: registry.expose().body, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains(#"apus_storage_series_refused_total{reason="series_per_metric"} 4"#))
        #expect(lines.contains(#"apus_storage_series_refused_total{reason="values_per_label"} 1"#))
        #expect(lines.contains(#"apus_storage_series_refused_total{reason="series"} 0"#))
    }

    @Test("names from outside do not fill the memory of what was refused")
    func manyNames() throws {
        var limits = SeriesLimits()
        limits.seriesPerMetric = 0
        let storage = try open(limits)
        defer { storage.close() }
        let long = String(repeating: "x", count: 1_000)
        let references = try storage.resolve((0..<1_100).map { series("m\($0)_\(long)") })
        #expect(references.allSatisfy { $0.isRefused })
        let refused = storage.refusedSeries(limit: 10_000)
        #expect(refused.count == 1_001)
        #expect(refused[0].refusal.subject == "(others)" && refused[0].count == 100)
        #expect(refused.allSatisfy { $0.refusal.subject.utf8.count < 300 })
        #expect(storage.refusal(of: references[1_099])?.subject == "(others)")
    }

    @Test("references of refused series are told from all others")
    func references() {
        #expect(SeriesReference.refused(0).isRefused && SeriesReference.refused(.max).isRefused)
        #expect(SeriesReference.refused(12).refusalNumber == 12)
        for raw in [0, 1 << 60, UInt64.max - 1, UInt64.max] { #expect(!SeriesReference(rawValue: raw).isRefused) }
    }
}
