import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Blocks")
struct BlockTests {
    private static let labels = (0..<20).map { series("m", ["n": "\($0)", "parity": $0 % 2 == 0 ? "even" : "odd"]) }
    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        return options
    }()

    /// A store with an hour of samples, compacted.
    private func makeStore(_ folder: TemporaryFolder, events: EventLog = EventLog()) throws -> Storage {
        let storage = try Storage(
            folder: folder.path, options: Self.options, clock: ManualClock(milliseconds: 10_000_000),
            report: events.append)
        for step in 0..<240 {
            try storage.store(Self.labels, at: 3_000_000 + Int64(step) * 15_000) { Double(step * $0) }
        }
        try storage.compact()
        return storage
    }

    @Test("samples that left the head are read from disk, the same as before")
    func readFromDisk() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        defer { storage.close() }
        let statistics = storage.statistics
        #expect(statistics.blocks >= 4)
        #expect(statistics.blockSamples > 20 * 160)
        let headStart = try #require(statistics.headMinimumTime)
        #expect(headStart > 3_000_000 + 160 * 15_000, "the head was not emptied")
        for (number, labels) in Self.labels.enumerated() {
            let read = try #require(try storage.samples([])[labels])
            #expect(read.timestamps == (0..<240).map { 3_000_000 + Int64($0) * 15_000 })
            #expect(read.values == (0..<240).map { Double($0 * number) })
        }
        let old = try storage.samples([Matcher("parity", .equal, "odd")], from: 3_000_000, through: 3_100_000)
        #expect(old.count == 10)
        #expect(old.values.allSatisfy { $0.count == 7 })
    }

    @Test("the log is shortened after compaction and still holds the rest of the head")
    func checkpoint() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        let before = try storage.samples([])
        let size = storage.statistics.walBytes
        storage.close()
        #expect(size < 20 * 240 * 10 / 2)
        let reopened = try Storage(
            folder: folder.path, options: Self.options, clock: ManualClock(milliseconds: 10_000_000))
        defer { reopened.close() }
        let after = try reopened.samples([])
        #expect(Set(after.keys) == Set(before.keys))
        for (labels, columns) in after { #expect(columns.timestamps == before[labels]?.timestamps) }
    }

    @Test("a series that went away leaves the head, its reference is refused and its slot used again")
    func churn() throws {
        let folder = try TemporaryFolder()
        var options = Self.options
        options.maximumSeries = 60
        let storage = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 100_000_000))
        defer { storage.close() }
        var firstReferences: [SeriesReference] = []
        for generation in 0..<30 {
            let labels = (0..<20).map { series("m", ["pod": "\(generation)-\($0)"]) }
            let references = try storage.resolve(labels)
            if generation == 0 { firstReferences = references }
            for step in 0..<40 {
                try storage.store(labels, at: Int64(generation * 40 + step) * 15_000) { Double($0) }
            }
            try storage.compact()
            #expect(storage.statistics.headSeries <= 60)
        }
        #expect(storage.statistics.seriesRemoved >= 500)
        var batch = SampleBatch(timestamp: 30 * 40 * 15_000)
        batch.references = firstReferences
        batch.values = firstReferences.map { _ in 1 }
        let outcome = try storage.append(batch)
        #expect(outcome.appendedCount == 0)
        #expect(outcome.rejections.allSatisfy { $0.reason == .unknownSeries })
        #expect(try storage.samples([Matcher("pod", .equal, "0-3")]).values.first?.count == 40)
    }

    @Test("limits on series and label sets refuse with what to do")
    func limits() throws {
        let folder = try TemporaryFolder()
        var options = Self.options
        options.maximumSeries = 3
        options.maximumLabelSetBytes = 100
        let storage = try Storage(folder: folder.path, options: options)
        defer { storage.close() }
        let references = try storage.resolve(Array(Self.labels.prefix(4)))
        #expect(references.map(\.isRefused) == [false, false, false, true])
        let refusal = try #require(storage.refusal(of: references[3]))
        #expect(refusal == SeriesRefusal(reason: .series, subject: "", limit: 3))
        #expect(refusal.description.contains("limit of 3 series; raise the limit or drop series"))
        _ = try storage.resolve(Array(Self.labels.prefix(3)) + Array(Self.labels.prefix(3)))
        #expect(storage.statistics.headSeries == 3)
        let long = series("m", ["x": String(repeating: "y", count: 200)])
        #expect(throws: AppendError.labelsTooLong(bytes: long.run.count, limit: 100)) { try storage.resolve([long]) }
    }

    @Test("blocks beyond the retention time are removed, newer ones stay")
    func retention() throws {
        let folder = try TemporaryFolder()
        var options = Self.options
        options.retention = 1_500_000
        let events = EventLog()
        let storage = try Storage(
            folder: folder.path, options: options, clock: ManualClock(milliseconds: 10_000_000), report: events.append)
        defer { storage.close() }
        for step in 0..<240 { try storage.store(Self.labels, at: 3_000_000 + Int64(step) * 15_000) { Double($0) } }
        try storage.compact()
        let querier = try storage.querier(from: .min, through: .max)
        storage.removeExpiredBlocks()
        let oldest = try #require(try storage.samples([]).values.compactMap(\.timestamps.first).min())
        #expect(oldest > 3_000_000)
        #expect(oldest <= 3_000_000 + 240 * 15_000 - 1_500_000)
        #expect(try querier.samples([]).values.allSatisfy { $0.count == 240 }, "an open querier lost samples")
        #expect(events.all.contains { if case .expired = $0 { true } else { false } })
    }

    @Test("damage in any file of a block is reported, naming it; other times are served; nothing crashes")
    func damagedBlock() throws {
        let folder = try TemporaryFolder()
        try makeStore(folder).close()
        let blocks = folder.url.appendingPathComponent("blocks")
        // The names follow no order here: all blocks were made at one time of the clock.
        let first = try FileManager.default.contentsOfDirectory(atPath: blocks.path).first { name in
            let meta = try String(contentsOf: blocks.appendingPathComponent("\(name)/meta.json"), encoding: .utf8)
            return meta.contains("\"minTime\": 3000000,")
        }
        let name: String = try #require(first)
        var generator = SeededGenerator(seed: 31)
        for file in ["index", "columns"] {
            let url = blocks.appendingPathComponent(name).appendingPathComponent(file)
            let whole = Array(try Data(contentsOf: url))
            for round in 0..<60 {
                var bytes = whole
                if round % 3 == 0 {
                    bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
                } else {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
                try Data(bytes).write(to: url)
                let events = EventLog()
                let storage = try Storage(
                    folder: folder.path, options: Self.options, clock: ManualClock(milliseconds: 10_000_000),
                    report: events.append)
                defer { storage.close() }
                #expect(try storage.samples([], from: 5_000_000).count == 20, "other times are not served")
                let isReported = events.all.contains { if case .damagedBlock = $0 { true } else { false } }
                do {
                    let read = try storage.samples([], from: 3_000_000, through: 3_599_999)
                    // Unused header bytes of the columns file are the only ones that nobody reads.
                    let isWhole = read.count == 20 && read.values.allSatisfy { $0.count == 40 }
                    #expect(isWhole, "silently wrong after damage of \(file), round \(round)")
                } catch QueryableError.unreadable(let text) {
                    #expect(text.contains(name), "the error does not name the block: \(text)")
                    #expect(isReported || text.contains(file))
                }
            }
            try Data(whole).write(to: url)
        }
    }

    @Test("statistics and cardinalities count what is there")
    func statistics() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        defer { storage.close() }
        let statistics = storage.statistics
        #expect(statistics.headSeries == 20)
        #expect(statistics.samplesAppended == 20 * 240)
        #expect(statistics.headMaximumTime == Int64(6_585_000))
        #expect(statistics.lowestTime == Int64(3_000_000))
        #expect(statistics.walCorruptions == 0)
        let cardinality = storage.cardinality(limit: 2)
        #expect(cardinality.seriesByMetricName == [SeriesCardinality.Entry(name: "m", count: 20)])
        #expect(cardinality.valuesByLabelName.first == SeriesCardinality.Entry(name: "n", count: 20))
        #expect(cardinality.seriesByLabelPair.first == SeriesCardinality.Entry(name: "__name__=m", count: 20))
        #expect(cardinality.bytesByLabelName.count == 2)
    }
}
