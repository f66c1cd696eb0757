import ApusModel
import ApusQuery
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Roll-ups that outlive the samples")
struct RollupRetentionTests {
    private static let minute: Int64 = 60_000
    private static let fiveMinutes: Int64 = 300_000
    private static let hour: Int64 = 3_600_000
    private static let newest = StorePair.end - StorePair.interval

    /// Two stores with the same samples, of which one has kept those of the last two hours only, and roll-ups.
    private static func pair(
        seed: UInt64, _ rollups: [RollupRule], rules: RetentionRules = .none
    ) throws -> StorePair {
        let pair = try StorePair(seed: seed, rollups: []) { $0.blockRange = 1_800_000 }
        pair.compactsPlain = false
        try pair.fill(isLate: false)
        var settings = pair.rolled.retentionSettings
        settings.time = 2 * hour
        settings.rules = rules
        settings.rollups = rollups
        pair.rolled.retentionSettings = settings
        pair.tidy()
        return pair
    }

    private static func rolled(_ resolution: Int64, keep: Int64 = 24 * hour, _ matchers: [Matcher] = [])
        throws -> RollupRule
    {
        try RollupRule(resolution: resolution, after: 0, keep: keep, matchers: matchers)
    }

    private struct Answers {
        var rolled: QueryResult
        var plain: QueryResult
    }

    private func ask(
        _ pair: StorePair, _ text: String, from start: Int64, through end: Int64, step: Int64
    ) async throws -> Answers {
        Answers(
            rolled: try await pair.rolledEngine.range(text, from: start, through: end, step: step),
            plain: try await pair.plainEngine.range(text, from: start, through: end, step: step))
    }

    // MARK: Results

    @Test("for windows of whole buckets they give what the samples gave, or say that they do not")
    func wholeWindows() async throws {
        let pair = try Self.pair(seed: 11, [Self.rolled(Self.fiveMinutes)])
        #expect(pair.samplesInBlocks(pair.rolled) < 5_000)
        var random = SeededGenerator(seed: 12)
        var exact = 0
        var estimated: Set<String> = []
        for _ in 0..<250 {
            let function = RollupTests.served.randomElement(using: &random) ?? ""
            let range = Self.fiveMinutes * Int64.random(in: 1...12, using: &random)
            let first = Int64.random(in: -2...50, using: &random)
            let start = (StorePair.start / Self.fiveMinutes + first) * Self.fiveMinutes
            let step = Self.fiveMinutes * Int64.random(in: 1...8, using: &random)
            let kind = Int.random(in: 0..<8, using: &random)
            let text = "\(function)(m_total{kind=\"\(kind)\"}[\(range)ms])"
            let answers = try await ask(
                pair, text, from: start, through: start + step * Int64.random(in: 0...40, using: &random), step: step)
            if answers.rolled.infos.contains(where: { $0.contains("roll-ups") }) {
                estimated.insert(function)
                continue
            }
            exact += 1
            let difference = difference(answers.rolled.value, answers.plain.value)
            #expect(difference == nil, "\(text) from \(start), step \(step)")
        }
        #expect(exact > 120)
        // What a bucket does not tell of a series that falls all the time, or never.
        let known: Set = [
            "rate", "increase", "delta", "resets", "first_over_time", "sum_over_time", "avg_over_time",
        ]
        #expect(estimated.isSubset(of: known), "\(estimated)")
    }

    @Test("for other windows and functions the nearest buckets count, with a remark of resolution and time")
    func otherWindows() async throws {
        let pair = try Self.pair(seed: 13, [Self.rolled(Self.fiveMinutes)])
        // Grows by 3 every 15 s in this time.
        let (start, end) = (StorePair.start + 305 * 15_000 + 1_234, StorePair.start + 880 * 15_000)
        for range in ["7m", "1m", "13m7s"] {
            let answers = try await ask(
                pair, "rate(m_total{kind=\"10\"}[\(range)])", from: start + 900_000, through: end, step: 77_000)
            let values = try #require(matrix(answers.rolled).first?.samples.values)
            #expect(values.count == (end - start - 900_000) / 77_000 + 1)
            #expect(values.allSatisfy { ($0 - 0.2).magnitude < 0.02 }, "\(values)")
            let remark = try #require(answers.rolled.infos.first { $0.contains("roll-ups of 5m") })
            #expect(remark.hasPrefix("PromQL info: only roll-ups of 5m are left from 1970-01-01T0"), "\(remark)")
            #expect(!answers.plain.infos.contains { $0.contains("roll-ups") })
        }
        let increase = try await ask(
            pair, "increase(m_total{kind=\"10\"}[8m])", from: start + 900_000, through: end, step: 61_000)
        let values = try #require(matrix(increase.rolled).first?.samples.values)
        #expect(values.allSatisfy { ($0 - 96).magnitude < 10 }, "\(values)")
        let counts = try await ask(
            pair, "count_over_time(m_total{kind=\"7\"}[11m])", from: start, through: end, step: 61_000)
        #expect(matrix(counts.rolled)[0].samples.values.allSatisfy { ($0 - 44).magnitude < 2 })
        for function in ["max_over_time", "quantile_over_time(0.5, ", "stddev_over_time", "avg_over_time"] {
            let call = function.hasSuffix(" ") ? function : function + "("
            let answers = try await ask(
                pair, "\(call)m_total{kind=\"2\"}[23m])", from: start, through: end, step: 61_000)
            let (rolled, plain) = (matrix(answers.rolled)[0].samples, matrix(answers.plain)[0].samples)
            #expect(rolled.timestamps == plain.timestamps, "\(function)")
            #expect(answers.rolled.infos.contains { $0.contains("roll-ups of 5m") }, "\(function)")
        }
    }

    @Test(
        "a selector sees the samples at the ends of buckets, and none behind a staleness marker",
        arguments: [false, true])
    func selectors(isCoarse: Bool) async throws {
        let resolution = isCoarse ? 20 * Self.minute : Self.fiveMinutes
        let pair = try Self.pair(seed: 14, [Self.rolled(resolution)])
        let (start, end) = (StorePair.start + 3_600_000 + 999, Self.newest - 3 * Self.hour)
        for kind in [0, 2, 7] {
            let answers = try await ask(
                pair, "m_total{kind=\"\(kind)\"}", from: start, through: end, step: 70_000)
            let (rolled, plain) = (matrix(answers.rolled)[0].samples, matrix(answers.plain)[0].samples)
            #expect(rolled.timestamps == plain.timestamps)
            #expect(answers.rolled.infos.count { $0.contains("roll-ups of \(DurationText.string(resolution)) ") } == 1)
            let known = try samples(pair.plain, kind)
            #expect(Set(rolled.values).isSubset(of: known.values))
            let ages = try await pair.rolledEngine.range(
                "time() - timestamp(m_total{kind=\"\(kind)\"})", from: start, through: end, step: 70_000)
            #expect(matrix(ages)[0].samples.values.allSatisfy { $0 >= 0 && $0 <= Double(resolution) / 1_000 })
        }
        // Ended at every 250th of 400 steps.
        let ends = try await ask(pair, "m_total{kind=\"5\"}", from: start, through: end, step: 70_000)
        let gone = Set(matrix(ends.rolled)[0].samples.timestamps).subtracting(matrix(ends.plain)[0].samples.timestamps)
        #expect(gone.isEmpty, "\(gone)")
    }

    @Test("where the samples begin results are those of the samples again")
    func boundary() async throws {
        let pair = try Self.pair(seed: 15, [Self.rolled(Self.fiveMinutes)])
        let text = "rate(m_total{kind=\"0\"}[7m])"
        let answers = try await ask(
            pair, text, from: Self.newest - 4 * Self.hour, through: Self.newest, step: 61_000)
        let (rolled, plain) = (matrix(answers.rolled)[0].samples, matrix(answers.plain)[0].samples)
        #expect(rolled.timestamps == plain.timestamps)
        let late = rolled.timestamps.indices.filter { rolled.timestamps[$0] > Self.newest - Self.hour }
        #expect(late.allSatisfy { rolled.values[$0] == plain.values[$0] })
        let recent = try await ask(pair, text, from: Self.newest - Self.hour, through: Self.newest, step: 61_000)
        #expect(recent.rolled.infos.isEmpty)
        #expect(difference(recent.rolled.value, recent.plain.value) == nil)
    }

    @Test("of native histograms rates and the last ones are left")
    func histograms() async throws {
        let pair = try Self.pair(seed: 31, [Self.rolled(Self.fiveMinutes)])
        let (start, end) = (StorePair.start / 300_000 * 300_000 + Self.hour, Self.newest - 3 * Self.hour)
        let selector = "m_total{kind=\"8\"}"
        for (text, share) in [
            ("rate(\(selector)[10m])", 1e-12), ("histogram_count(increase(\(selector)[1h]))", 1e-12),
            ("histogram_quantile(0.9, rate(\(selector)[5m]))", 1e-12), ("count_over_time(\(selector)[10m])", 1e-12),
            ("count_over_time(\(selector)[7m])", 0.1),
            ("histogram_count(increase(\(selector)[17m]))", 0.3),
            ("histogram_quantile(0.9, rate(\(selector)[2m]))", 0.1),
        ] {
            let isWhole = share < 0.01
            let answers = try await ask(
                pair, text, from: start + (isWhole ? 0 : 12_345), through: end, step: isWhole ? 300_000 : 77_000)
            let (rolled, plain) = (
                try #require(matrix(answers.rolled).first), try #require(matrix(answers.plain).first)
            )
            #expect(rolled.samples.timestamps == plain.samples.timestamps, "\(text)")
            // What is as exact as the samples were is not remarked.
            #expect(answers.rolled.infos.contains { $0.contains("roll-ups of 5m") } != isWhole, "\(text)")
            let floats = zip(rolled.samples.values, plain.samples.values)
            #expect(
                !rolled.samples.histograms.isEmpty
                    || floats.count { ($0 - $1).magnitude <= share * $1.magnitude } > plain.samples.count * 9 / 10,
                "\(text): \(Array(floats))")
            for (one, other) in zip(rolled.samples.histograms, plain.samples.histograms) {
                #expect(one.histogram.isClose(to: other.histogram), "\(text)")
            }
        }
        let lasts = try await ask(pair, "histogram_sum(\(selector))", from: start, through: end, step: 300_000)
        #expect(difference(lasts.rolled.value, lasts.plain.value) == nil)
    }

    // MARK: Keeping

    @Test("rules say which series keep their samples, which a roll-up, and which nothing")
    func rules() async throws {
        let rules = try RetentionRules([([Matcher("kind", .equal, "2")], 24 * Self.hour)])
        let pair = try Self.pair(
            seed: 16, [Self.rolled(Self.fiveMinutes, [Matcher("kind", .matchesPattern, "0|1|2|7")])], rules: rules)
        let early = StorePair.start + Self.hour
        for engine in [pair.rolledEngine] {
            let listed = try await engine.range("m_total", from: early, through: early + Self.hour, step: 60_000)
            let kinds = Set(matrix(listed).compactMap { $0.labels["kind"] })
            #expect(kinds == ["0", "1", "2", "7"])
        }
        let whole = try await ask(
            pair, "quantile_over_time(0.3, m_total{kind=\"2\"}[7m])", from: early, through: early + Self.hour,
            step: 61_000)
        #expect(difference(whole.rolled.value, whole.plain.value) == nil)
        #expect(whole.rolled.infos.isEmpty)
        let querier = try pair.rolled.querier(from: early, through: early + Self.hour)
        #expect(
            try querier.labelValues(of: "kind", matching: [[Matcher("__name__", .equal, "m_total")]])
                == ["0", "1", "2", "7"])
        #expect(try querier.labelNames(matching: []) == ["__name__", "kind"])
        // The rule goes, and with it what it kept.
        var settings = pair.rolled.retentionSettings
        settings.rollups = [try Self.rolled(Self.fiveMinutes, [Matcher("kind", .equal, "0")])]
        pair.rolled.retentionSettings = settings
        pair.tidy()
        let left = try await pair.rolledEngine.range("m_total", from: early, through: early + Self.hour, step: 60_000)
        #expect(Set(matrix(left).compactMap { $0.labels["kind"] }) == ["0", "2"])
        #expect(pair.events.all.allSatisfy { $0.severity == .info }, "\(pair.events.all)")
    }

    @Test("a finer roll-up goes before a coarser one, then the block")
    func ages() async throws {
        let pair = try Self.pair(
            seed: 17,
            [Self.rolled(Self.minute, keep: 3 * Self.hour), Self.rolled(10 * Self.minute, keep: 5 * Self.hour)])
        func remarks(_ age: Int64) async throws -> [String] {
            let time = Self.newest - age
            let result = try await pair.rolledEngine.range(
                "changes(m_total{kind=\"0\"}[30m])", from: time, through: time, step: 1)
            return result.infos
        }
        let fine = try await remarks(Self.hour * 5 / 2)
        #expect(fine.count == 1 && fine[0].contains("roll-ups of 1m"), "\(fine)")
        let coarse = try await remarks(Self.hour * 9 / 2)
        #expect(coarse.count == 1 && coarse[0].contains("roll-ups of 10m"), "\(coarse)")
        let facts = pair.rolled.blockFacts().readable
        #expect(try #require(facts.map(\.minimumTime).min()) > Self.newest - 6 * Self.hour)
        #expect(facts.contains { $0.samples == 0 && $0.series > 0 })
        let names = try files(pair)
        #expect(names.contains { $0.hasSuffix("-1m") } && names.contains { $0.hasSuffix("-10m") })
    }

    @Test("blocks of which only roll-ups are left become longer ones, with the same results")
    func levels() async throws {
        let pair = try StorePair(seed: 18, rollups: [])
        pair.compactsPlain = false
        try pair.fill(isLate: false)
        let text =
            "max_over_time(m_total{kind=~\"2|4|9\"}[10m]) or increase(m_total{kind=~\"0|1\"}[10m])"
            + " or sum_over_time(m_total{kind=\"7\"}[10m])"
        let plain = try await pair.plainEngine.range(
            text, from: StorePair.start / 600_000 * 600_000, through: StorePair.end, step: 600_000)
        var settings = pair.rolled.retentionSettings
        settings.rollups = [try Self.rolled(Self.minute, keep: 100 * Self.hour)]
        settings.time = Self.hour
        pair.rolled.retentionSettings = settings
        pair.tidy()
        let long = pair.rolled.blockFacts().readable.filter { $0.samples == 0 }
        let spans = long.map { $0.maximumTime - $0.minimumTime }
        #expect(spans.contains { $0 > 3_600_000 }, "\(spans)")
        let rolled = try await pair.rolledEngine.range(
            text, from: StorePair.start / 600_000 * 600_000, through: StorePair.end, step: 600_000)
        #expect(difference(rolled.value, plain.value) == nil)
        // A block of samples, written late into their time, stays beside them.
        let late = StorePair.labels(50)
        var writer = BlockImport(into: pair.rolled)
        var columns = SampleColumns()
        for step in 0..<100 { columns.append(Double(step), at: StorePair.start + Int64(step) * 15_000) }
        try writer.add(late, samples: columns)
        try writer.endBlock()
        _ = try writer.publish()
        let both = try await pair.rolledEngine.range(
            "count(m_total)", from: StorePair.start + Self.hour / 4, through: StorePair.start + Self.hour / 4, step: 1)
        // The thirteen but for one that begins later, and the new one.
        #expect(matrix(both)[0].samples.values == [13])
        pair.tidy()
        let again = try await pair.rolledEngine.range(
            text, from: StorePair.start / 600_000 * 600_000, through: StorePair.end, step: 600_000)
        #expect(difference(again.value, plain.value) == nil)
    }

    @Test("deleted times are in no bucket, and buckets go on being there elsewhere")
    func deletion() async throws {
        let pair = try Self.pair(seed: 19, [Self.rolled(Self.fiveMinutes)])
        let cut = StorePair.start + 3_000_000...StorePair.start + 9_111_111
        for round in 0..<2 {
            try pair.rolled.delete(
                matching: [[Matcher("kind", .equal, "0")]], from: cut.lowerBound, through: cut.upperBound)
            let read = try samples(pair.rolled, 0).timestamps
            #expect(!read.contains { cut.contains($0) }, "round \(round)")
            #expect(read.contains { $0 < cut.lowerBound } && read.contains { $0 > cut.upperBound })
            let inside = try await pair.rolledEngine.range(
                "count_over_time(m_total[5m])", from: (cut.lowerBound / 300_000 + 2) * 300_000,
                through: (cut.upperBound / 300_000 - 1) * 300_000, step: 300_000)
            #expect(!matrix(inside).contains { $0.labels["kind"] == "0" })
            #expect(matrix(inside).contains { $0.labels["kind"] == "1" })
            // Buckets beside the deleted time are whole.
            let (early, late) = ((cut.lowerBound / 300_000 - 1) * 300_000, (cut.upperBound / 300_000 + 2) * 300_000)
            for range in [early - 1_500_000...early, late...late + 1_500_000] {
                let beside = try await ask(
                    pair, "count_over_time(m_total{kind=~\"0|2\"}[5m])", from: range.lowerBound,
                    through: range.upperBound, step: 300_000)
                let difference = difference(beside.rolled.value, beside.plain.value)
                #expect(difference == nil, "round \(round)")
                #expect(beside.rolled.infos.isEmpty)
            }
            let querier = try pair.rolled.querier(from: cut.lowerBound, through: cut.upperBound)
            let kinds = try querier.labelValues(of: "kind", matching: [[Matcher("__name__", .equal, "m_total")]])
            // Blocks that are one now tell less exactly where a series has samples.
            #expect(!kinds.contains("0") || round == 1)
            try pair.rolled.cleanTombstones()
        }
        try pair.rolled.delete(matching: [[Matcher("kind", .equal, "1")]], from: .min, through: .max)
        try pair.rolled.cleanTombstones()
        #expect(try samples(pair.rolled, 1).count == 0)
    }

    @Test("snapshots and a store that is opened anew have them, the check of files finds nothing")
    func reopening() async throws {
        let pair = try Self.pair(seed: 20, [Self.rolled(Self.fiveMinutes)])
        let before = try samples(pair.rolled, 0)
        #expect(before.timestamps.first.map { $0 < Self.newest - 5 * Self.hour } == true)
        let name = try pair.rolled.makeSnapshot()
        let folder = "\(pair.rolled.folder)/snapshots/\(name)"
        #expect(try FolderVerification.run(folder: folder).damage.isEmpty)
        #expect(try FolderVerification.run(folder: pair.rolled.folder).damage.isEmpty)
        let copy = try Storage(folder: folder, clock: ManualClock(milliseconds: 1_000_000_000))
        #expect(try samples(copy, 0).timestamps == before.timestamps)
        copy.close()
        pair.rolled.close()
        let reopened = try Storage(folder: pair.rolled.folder, clock: ManualClock(milliseconds: 1_000_000_000))
        #expect(try samples(reopened, 0).values == before.values)
        reopened.close()
    }

    // MARK: Damage

    @Test("damage of a roll-up whose samples are gone is told, and the rest is served")
    func damage() async throws {
        let pair = try Self.pair(seed: 21, [Self.rolled(Self.fiveMinutes)])
        let path = try #require(
            try files(pair).max { Folder.size($0) < Folder.size($1) })
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let before = try samples(pair.rolled, 0)
        pair.rolled.close()
        var random = SeededGenerator(seed: 22)
        var told = 0
        for round in 0..<40 {
            var bytes = whole
            if round % 3 == 0 {
                bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            } else {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            try bytes.write(to: URL(fileURLWithPath: path + ".new"))
            #expect(rename(path + ".new", path) == 0)
            #expect(try !FolderVerification.run(folder: pair.rolled.folder).damage.isEmpty, "round \(round)")
            let events = EventLog()
            var options = StorageOptions()
            options.retention = 2 * Self.hour
            options.rollups = [try Self.rolled(Self.fiveMinutes)]
            let store = try Storage(
                folder: pair.rolled.folder, options: options, clock: ManualClock(milliseconds: 1_000_000_000),
                report: events.append)
            let engine = try QueryEngine(queryable: store)
            let result = try await engine.range(
                "last_over_time(m_total[5m])", from: StorePair.start / 300_000 * 300_000, through: Self.newest,
                step: 300_000)
            let isTold = result.warnings.contains { $0.contains(path) }
            let read = try samples(store, 0)
            #expect(isTold || read.timestamps == before.timestamps && read.values == before.values, "round \(round)")
            let known = Set(before.timestamps)
            #expect(read.timestamps.allSatisfy(known.contains), "round \(round)")
            #expect(matrix(result).contains { $0.labels["kind"] == "2" }, "other blocks are served")
            store.compactBlocks()
            if isTold { #expect(events.all.contains(.lostRollup(path: path)), "round \(round): \(events.all)") }
            told += isTold ? 1 : 0
            // What is left of it is not thrown away.
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            store.close()
        }
        #expect(told > 30)
    }

    // MARK: Helpers

    private func matrix(_ result: QueryResult) -> [MatrixSeries] {
        if case .matrix(let series) = result.value { return series }
        return []
    }

    private func samples(_ store: Storage, _ kind: Int) throws -> SampleColumns {
        let selection = try store.querier(from: .min, through: .max).select([Matcher("kind", .equal, "\(kind)")])
        var columns = SampleColumns()
        for index in 0..<selection.count { try selection.read(index, from: .min, through: .max, into: &columns) }
        return columns
    }

    private func files(_ pair: StorePair) throws -> [String] {
        let folder = "\(pair.rolled.folder)/blocks"
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        return names.filter { $0.contains("/rollup-") }.map { "\(folder)/\($0)" }.sorted()
    }
}

/// Sizes of files.
private enum Folder {
    static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }
}

extension StorePair {
    /// Brings the store with roll-ups into the state that its settings ask for.
    func tidy() {
        rolled.compactBlocks()
        rolled.removeExpiredBlocks()
    }

    /// The samples in all blocks of a store.
    func samplesInBlocks(_ store: Storage) -> Int {
        store.blockFacts().readable.reduce(0) { $0 + $1.samples }
    }
}
