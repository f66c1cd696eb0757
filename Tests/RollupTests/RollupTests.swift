import ApusModel
import ApusQuery
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Roll-ups")
struct RollupTests {
    private static let minute: Int64 = 60_000
    /// Functions that roll-ups serve, then some that they do not.
    static let served = [
        "rate", "increase", "delta", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time",
        "count_over_time", "present_over_time", "last_over_time", "first_over_time", "ts_of_last_over_time",
        "ts_of_first_over_time", "resets",
    ]
    private static let others = ["changes", "irate", "deriv", "stddev_over_time", "ts_of_max_over_time"]

    private static func rules() throws -> [RollupRule] {
        [try RollupRule(resolution: minute, after: 0), try RollupRule(resolution: 5 * minute, after: 0)]
    }

    /// Asks both engines the same and fails where they differ.
    ///
    /// - Returns: how many samples each read.
    @discardableResult
    private func compare(
        _ pair: StorePair, _ text: String, from start: Int64, through end: Int64, step: Int64
    ) async throws -> (rolled: Int, plain: Int) {
        let rolled = try await pair.rolledEngine.range(text, from: start, through: end, step: step)
        let plain = try await pair.plainEngine.range(text, from: start, through: end, step: step)
        let difference = difference(rolled.value, plain.value)
        #expect(difference == nil, "\(text) from \(start) through \(end), step \(step)")
        #expect(rolled.warnings == plain.warnings)
        #expect(rolled.infos == plain.infos)
        #expect(rolled.statistics.queryableSamples == plain.statistics.queryableSamples, "\(text)")
        return (rolled.statistics.samplesRead, plain.statistics.samplesRead)
    }

    /// Random queries whose times are multiples of `unit`.
    private func compare(
        _ pair: StorePair, _ random: inout SeededGenerator, unit: Int64, count: Int
    ) async throws -> (rolled: Int, plain: Int) {
        var sum = (rolled: 0, plain: 0)
        for _ in 0..<count {
            let function = Self.served.randomElement(using: &random) ?? ""
            let range = unit * Int64.random(in: 1...12, using: &random)
            let offset =
                Bool.random(using: &random) ? "" : " offset \(unit * Int64.random(in: 1...4, using: &random))ms"
            let start = (StorePair.start / unit + Int64.random(in: -5...100, using: &random)) * unit
            let step = unit * Int64.random(in: 1...8, using: &random)
            let kind =
                Bool.random(using: &random) ? "" : "{kind=\"\(Int.random(in: 0..<StorePair.kinds, using: &random))\"}"
            let read = try await compare(
                pair, "\(function)(m_total\(kind)[\(range)ms]\(offset))", from: start,
                through: start + step * Int64.random(in: 0...40, using: &random), step: step)
            sum.rolled += read.rolled
            sum.plain += read.plain
        }
        return sum
    }

    @Test("queries over roll-ups give what queries over samples give", arguments: [1, 2] as [UInt64])
    func equality(seed: UInt64) async throws {
        let pair = try StorePair(seed: seed, rollups: Self.rules())
        try pair.fill(isLate: seed == 2)
        var random = SeededGenerator(seed: seed &+ 100)
        let fine = try await compare(pair, &random, unit: Self.minute, count: 100)
        #expect(fine.rolled < fine.plain * 3 / 4, "\(fine)")
        let coarse = try await compare(pair, &random, unit: 5 * Self.minute, count: 100)
        #expect(coarse.rolled < coarse.plain * 3 / 4, "\(coarse)")
        // Neither multiples of a resolution nor functions that buckets tell enough for: the samples are read.
        let odd = try await compare(pair, &random, unit: 7_000, count: 20)
        #expect(odd.rolled == odd.plain)
        for function in Self.others {
            let read = try await compare(
                pair, "\(function)(m_total[10m])", from: StorePair.start / 300_000 * 300_000, through: StorePair.end,
                step: 300_000)
            #expect(read.rolled == read.plain)
        }
        #expect(pair.events.all.allSatisfy { $0.severity == .info }, "\(pair.events.all)")
    }

    @Test("an instant query and a subquery use them, too")
    func shapes() async throws {
        let pair = try StorePair(seed: 3, rollups: Self.rules())
        try pair.fill(isLate: false)
        let time = (StorePair.end - 3_600_000) / 300_000 * 300_000
        let selector = "m_total{kind!=\"8\",kind!=\"12\"}"
        let instant = try await compare(
            pair, "max_over_time(\(selector)[4h])", from: time, through: time, step: 1)
        #expect(instant.rolled < instant.plain / 10, "\(instant)")
        let nested = try await compare(
            pair, "max_over_time(rate(\(selector)[10m])[2h:5m])", from: time, through: time, step: 1)
        #expect(nested.rolled < nested.plain / 2, "\(nested)")
        let anchored = try await compare(
            pair, "rate(m_total{kind=~\"0|1|7\"}[2h] @ \(time / 1_000))", from: time - 3_600_000, through: time,
            step: 60_000)
        #expect(anchored.rolled < anchored.plain / 10, "\(anchored)")
    }

    @Test(
        "rates of native histograms are taken from those beside the edges of buckets and resets",
        arguments: [false, true])
    func histograms(isLate: Bool) async throws {
        let pair = try StorePair(seed: 30, rollups: Self.rules())
        try pair.fill(isLate: isLate)
        for text in [
            "rate(m_total{kind=\"8\"}[10m])", "increase(m_total{kind=\"8\"}[5m] offset 5m)",
            "histogram_quantile(0.9, sum(rate(m_total{kind=\"8\"}[1h])))", "delta(m_total{kind=\"8\"}[10m])",
            "histogram_count(increase(m_total{kind=\"8\"}[30m]))",
        ] {
            let read = try await compare(
                pair, text, from: StorePair.start / 300_000 * 300_000, through: StorePair.end, step: 300_000)
            #expect(read.rolled < read.plain / 2, "\(text): \(read)")
        }
        for text in ["sum_over_time(m_total{kind=\"8\"}[10m])", "rate(m_total{kind=\"8\"}[7m])"] {
            let read = try await compare(
                pair, text, from: StorePair.start / 300_000 * 300_000, through: StorePair.end, step: 300_000)
            #expect(read.rolled == read.plain)
        }
    }

    @Test("deleted samples and those past their retention are not in results")
    func deletion() async throws {
        let pair = try StorePair(seed: 4, rollups: Self.rules())
        try pair.fill(isLate: false)
        var random = SeededGenerator(seed: 5)
        for store in [pair.rolled, pair.plain] {
            try store.delete(
                matching: [[Matcher("kind", .matchesPattern, "0|2|7")]], from: StorePair.start + 3_000_000,
                through: StorePair.start + 9_111_111)
        }
        _ = try await compare(pair, &random, unit: 5 * Self.minute, count: 40)
        for store in [pair.rolled, pair.plain] { try store.cleanTombstones() }
        try pair.compact()
        _ = try await compare(pair, &random, unit: 5 * Self.minute, count: 40)
        // A rule that begins in force while the store is open, and cuts through buckets.
        for store in [pair.rolled, pair.plain] {
            var settings = store.retentionSettings
            settings.rules = try RetentionRules([([Matcher("kind", .matchesPattern, "1|3|5|6")], 7_777_777)])
            store.retentionSettings = settings
        }
        let sum = try await compare(pair, &random, unit: 5 * Self.minute, count: 60)
        #expect(sum.rolled < sum.plain, "\(sum)")
        try pair.compact()
        _ = try await compare(pair, &random, unit: 5 * Self.minute, count: 40)
    }

    @Test("only blocks that are old enough and series that are selected are rolled up, from when the settings say so")
    func selection() async throws {
        let pair = try StorePair(seed: 6, rollups: [])
        try pair.fill(isLate: false)
        #expect(try files(pair).isEmpty)
        var settings = pair.rolled.retentionSettings
        settings.rollups = [
            try RollupRule(
                resolution: 5 * Self.minute, after: 7_200_000, matchers: [Matcher("kind", .equal, "2")])
        ]
        pair.rolled.retentionSettings = settings
        pair.rolled.compactBlocks()
        let facts = pair.rolled.blockFacts().readable
        let newest = StorePair.end - StorePair.interval
        let old = facts.filter { $0.maximumTime <= newest - 7_200_000 + 7_000 }
        #expect(try files(pair).count == facts.count { $0.maximumTime <= newest - 7_200_000 + 7_000 })
        #expect(!old.isEmpty && old.count < facts.count)
        let time = (newest - 8_000_000) / 300_000 * 300_000
        let selected = try await compare(
            pair, "sum_over_time(m_total{kind=\"2\"}[1h])", from: time, through: time, step: 1)
        #expect(selected.rolled < selected.plain / 10)
        let other = try await compare(
            pair, "sum_over_time(m_total{kind=\"3\"}[1h])", from: time, through: time, step: 1)
        #expect(other.rolled == other.plain)
        #expect(pair.rolled.compactBlocks() == 0)
        #expect(pair.events.all.count { if case .rolledUp = $0 { true } else { false } } == old.count)
    }

    @Test("a damaged roll-up is not believed, found by a check, and written anew from the samples")
    func damage() async throws {
        let pair = try StorePair(seed: 7, rollups: Self.rules())
        try pair.fill(isLate: false)
        let path = try #require(try files(pair).first { $0.hasSuffix("-5m") })
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let clean = try FolderVerification.run(folder: pair.rolled.folder)
        #expect(clean.damage.isEmpty)
        var random = SeededGenerator(seed: 8)
        let (start, end) = (StorePair.start / 300_000 * 300_000, StorePair.end)
        for round in 0..<12 {
            let known = pair.events.all.count
            var bytes = whole
            if round < 10 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
            }
            // Written over in place, so that the open store sees it; then as a store that is opened sees it.
            try bytes.write(to: URL(fileURLWithPath: path + ".new"))
            #expect(rename(path + ".new", path) == 0)
            #expect(try FolderVerification.run(folder: pair.rolled.folder).damage.count == 1, "round \(round)")
            pair.rolled.close()
            let reopened = try Storage(
                folder: pair.rolled.folder, options: pair.rolled.options,
                clock: ManualClock(milliseconds: 1_000_000_000), report: pair.events.append)
            let engine = try QueryEngine(queryable: reopened)
            for function in Self.served {
                let text = "\(function)(m_total[10m])"
                let read = try await engine.range(text, from: start, through: end, step: 300_000)
                let plain = try await pair.plainEngine.range(text, from: start, through: end, step: 300_000)
                #expect(difference(read.value, plain.value) == nil, "round \(round), \(text)")
            }
            reopened.compactBlocks()
            let new = pair.events.all.dropFirst(known)
            #expect(new.contains(.damagedRollup(path: path)), "round \(round)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
            reopened.close()
        }
    }

    @Test("a snapshot has the roll-ups of the store")
    func snapshot() throws {
        let pair = try StorePair(seed: 9, rollups: Self.rules())
        try pair.fill(isLate: false)
        let name = try pair.rolled.makeSnapshot()
        let folder = "\(pair.rolled.folder)/snapshots/\(name)"
        let copied = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        #expect(copied.count { $0.contains("/rollup-") } == (try files(pair).count))
        #expect(try FolderVerification.run(folder: folder).damage.isEmpty)
    }

    @Test("a file of this version stays readable, one of version 1 is written anew", arguments: [1, 2])
    func fixture(version: Int) async throws {
        let pair = try StorePair(seed: 10, rollups: [])
        let labels = [StorePair.labels(0), StorePair.labels(1)]
        for step in 0..<200 {
            for store in [pair.rolled, pair.plain] {
                var batch = SampleBatch(timestamp: 6_000_000 + Int64(step) * 15_000)
                batch.references = try store.resolve(labels)
                batch.values = [Double(step * step % 700), Double(step % 13) / 10]
                _ = try store.append(batch)
            }
        }
        try pair.compact()
        let block = try #require(pair.rolled.blockFacts().readable.first).folder
        var settings = pair.rolled.retentionSettings
        settings.rollups = [try RollupRule(resolution: Self.minute, after: 0)]
        pair.rolled.retentionSettings = settings
        pair.rolled.compactBlocks()
        let path = "\(block)/rollup-1m"
        let written = try Data(contentsOf: URL(fileURLWithPath: path))
        let fixture = try #require(Data(base64Encoded: version == 1 ? Self.firstFixture : Self.fixture))
        if version == 2, written != fixture {
            print("a roll-up is written as \(written.base64EncodedString()) now")
        }
        try fixture.write(to: URL(fileURLWithPath: path + ".new"))
        #expect(rename(path + ".new", path) == 0)
        #expect(try FolderVerification.run(folder: pair.rolled.folder).damage.isEmpty)
        pair.rolled.close()
        var options = StorageOptions()
        options.rollups = settings.rollups
        let reopened = try Storage(
            folder: pair.rolled.folder, options: options, clock: ManualClock(milliseconds: 1_000_000_000),
            report: pair.events.append)
        defer { reopened.close() }
        let engine = try QueryEngine(queryable: reopened)
        func compare(isRead: Bool) async throws {
            for function in Self.served {
                let text = "\(function)(m_total{kind=\"0\"}[3m])"
                let read = try await engine.range(text, from: 6_060_000, through: 6_540_000, step: 60_000)
                let plain = try await pair.plainEngine.range(text, from: 6_060_000, through: 6_540_000, step: 60_000)
                #expect(difference(read.value, plain.value) == nil, "\(text)")
                let isTold = ["min_over_time", "max_over_time", "count_over_time"].contains(function)
                let isLess = read.statistics.samplesRead < plain.statistics.samplesRead / 2
                if isTold || !isRead { #expect(isLess == isRead, "\(text)") }
            }
        }
        try await compare(isRead: version == 2)
        reopened.compactBlocks()
        try await compare(isRead: true)
        #expect(try (Data(contentsOf: URL(fileURLWithPath: path)) == fixture) == (version == 2))
        #expect(pair.events.all.allSatisfy { $0.severity == .info }, "\(pair.events.all)")
    }

    private static let fixture =
        """
        QVBVU1JVUAACAAAAAgAAAGDqAAAAAAAAKgAAAAAAAACGAQAAAAAAAAAAAADxTVHCzZWDIgABFcgBFLMBAAXIAQIAAAAJBQICAAIABhIB\
        AAkFQJh1AgABAAMACQVAmHUAAAEUAQIWBQMAAoAB8AMODAAAkFbimlZpJa5pBQIfBQEAxwqAv7UNswUEBZCZmZVVWZkGBiwBLAAsASwC\
        IgAdBQAACQAAAmSIkipk7g6NCrPICKFlAjLdMgDIkBQCEgUAAICAlAyVAgkAO4FBgglgDwMAEQUAAICAlAyxBAcAczYQD3gAAAgFAAAB\
        AICUDAFERDJ6AAEVyAEUhwEABcgBAgAAAAkFAgIAAgAGEgEACQVAmHUCAAEAAwAJBUCYdQAAARQBABAFBQARBADaDd0N3dAN3dDdABAF\
        BQATBADuHu7hHu7h7uEOABAFBQARBADaDd3BLduj3dAdABAFBQARBADdDd06vdIc3dCtAwAJBUQMAAEAgCQQAAgFAAABAIAkEAG5fVMB\
        NAAAAAAAAADzAAAAAAAAAIYBAAAAAAAA
        """

    private static let firstFixture =
        """
        QVBVU1JVUAABAAAAAgAAAGDqAAAAAAAAKgAAAAAAAAD+AQAAAAAAAA3SLFi+GZ/cARXIART6AQAFyAECAAAACgIgAAIAAgAGEgEA\
        DAIAALDqAQABAMjfAgAJAgAAAAABFJh1AhsCIAAABQQCQgghhBBCCA+CB0EIDSsALAErACwAIQIQAADXBwoA/HHII5d8cgoAt/yC\
        wTMofIMDEPdAgQVY7wAeAgAAAAkAAAJkiJIqZO4OjQqzyAihZQIy3TIAyJAUACECEAAAvwUKAHBBBht08EFIHABwprZNbktRketC\
        tKT3VmgAIwIAAAALAADwgCt84zSvut+wnnO9Ar2sO4e7SuBe9pv2bOlaABgCAAAAAAYHpAUCnQUB8QQCqQUCsQQAwAQACQIAAAAB\
        AICUDAFpMleVARXIARS+AQAFyAECAAAACgIgAAIAAgAGEgEADAIAALDqAQABAMjfAgAJAgAAAAABFJh1ABECEQAAEQQA2g3dDd3Q\
        Dd3Q3QARAhEAABMEAO4e7uEe7uHu4Q4AEQIRAAARBADaDd3BLduj3dAdABECEQAAEQQA3Q3dOr3SHN3QrQAoAhECAEcGAC5NAzTZ\
        nbSm0WdD0wBNbgZnZmZmZmYOQAxnZmZmZmYOQAAOAgEAAAAEBwwCDAIMBgwACQIAAAABAIAkEAFCOd/CMAAAAAAAAAA1AQAAAAAA\
        AP4BAAAAAAAA
        """

    /// The files of roll-ups of the store that has them, sorted.
    private func files(_ pair: StorePair) throws -> [String] {
        let folder = "\(pair.rolled.folder)/blocks"
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        return names.filter { $0.contains("/rollup-") }.map { "\(folder)/\($0)" }.sorted()
    }
}
