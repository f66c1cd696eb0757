import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Deletion")
struct DeletionTests {
    private static let labels = (0..<20).map { series("m", ["n": "\($0)", "parity": $0 % 2 == 0 ? "even" : "odd"]) }
    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        return options
    }()
    private static let odd = [Matcher("parity", .equal, "odd")]

    private func open(_ folder: TemporaryFolder, events: EventLog = EventLog()) throws -> Storage {
        try Storage(
            folder: folder.path, options: Self.options, clock: ManualClock(milliseconds: 10_000_000),
            report: events.append)
    }

    /// A store with an hour of samples, most of it in blocks.
    private func makeStore(_ folder: TemporaryFolder) throws -> Storage {
        let storage = try open(folder)
        for step in 0..<240 {
            try storage.store(Self.labels, at: 3_000_000 + Int64(step) * 15_000) { Double(step * $0) }
        }
        try storage.compact()
        return storage
    }

    private func times(_ storage: Storage, _ labels: LabelSet) throws -> [Int64] {
        try storage.samples([])[labels]?.timestamps ?? []
    }

    @Test("what is deleted is gone from blocks and head at once, and stays gone after opening again")
    func deleted() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        let all = (0..<240).map { 3_000_000 + Int64($0) * 15_000 }
        let before = try storage.querier(from: .min, through: .max)
        // From the middle of a block to the middle of the head.
        try storage.delete(matching: [Self.odd], from: 3_700_000, through: 6_300_000)
        let kept = all.filter { !(3_700_000...6_300_000).contains($0) }
        for (number, labels) in Self.labels.enumerated() {
            #expect(try times(storage, labels) == (number % 2 == 1 ? kept : all))
        }
        #expect(try before.samples([]).values.allSatisfy { $0.timestamps == all }, "an open querier lost samples")
        storage.close()
        let reopened = try open(folder)
        defer { reopened.close() }
        for (number, labels) in Self.labels.enumerated() {
            #expect(try times(reopened, labels) == (number % 2 == 1 ? kept : all))
        }
    }

    @Test("series of which nothing is left are in no listing")
    func listings() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        let extra = [series("gone", ["only": "here", "n": "99"])]
        for step in 0..<240 { try storage.store(extra, at: 6_600_000 + Int64(step) * 15_000) { _ in 1 } }
        try storage.compact()
        try storage.delete(matching: [[Matcher("__name__", .equal, "gone")], Self.odd], from: .min, through: .max)
        func check(_ storage: Storage) throws {
            let querier = try storage.querier(from: .min, through: .max)
            #expect(try querier.select([]).count == 10)
            #expect(try querier.labelNames(matching: []) == ["__name__", "n", "parity"])
            #expect(try querier.labelValues(of: "parity", matching: []) == ["even"])
            #expect(try querier.labelValues(of: "n", matching: [Self.odd]) == [])
            #expect(try querier.labelNames(matching: [[Matcher("n", .equal, "99")]]) == [])
            let cardinality = storage.cardinality(limit: 10)
            #expect(cardinality.seriesByLabelPair.allSatisfy { !$0.name.contains("odd") && !$0.name.contains("gone") })
        }
        try check(storage)
        storage.close()
        let reopened = try open(folder)
        try check(reopened)
        reopened.close()
    }

    @Test("samples appended after a deletion are visible, whatever time was to be deleted")
    func appendedAfterwards() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        try storage.delete(matching: [[]], from: .min, through: .max)
        #expect(try storage.samples([]).isEmpty)
        try storage.store(Self.labels, at: 6_600_000) { Double($0) }
        #expect(try storage.samples([]).count == 20)
        storage.close()
        let reopened = try open(folder)
        #expect(try times(reopened, Self.labels[3]) == [6_600_000])
        for step in 0..<240 {
            try reopened.store(Self.labels, at: 6_615_000 + Int64(step) * 15_000) { Double(step * $0) }
        }
        try reopened.compact()
        #expect(try times(reopened, Self.labels[3]).count == 241)
        // What was deleted has left the head.
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("head.tombstones").path))
        reopened.close()
    }

    @Test("late samples are deleted in the head and in blocks; those that come later to what is in blocks are visible")
    func lateSamples() throws {
        let folder = try TemporaryFolder()
        var options = Self.options
        options.outOfOrderWindow = 4_000_000
        func open() throws -> Storage {
            try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 20_000_000))
        }
        var storage = try open()
        let labels = [Self.labels[0], Self.labels[1]]
        func append(from first: Int, steps: Int, shift: Int64 = 0) throws {
            for step in first..<(first + steps) {
                let outcome = try storage.store(labels, at: 3_000_000 + Int64(step) * 15_000 + shift) { Double($0) }
                #expect(outcome.rejections.isEmpty)
            }
        }
        try append(from: 0, steps: 240)
        try storage.compact()
        // To what is in blocks and to what is in the head, beside the samples that are there.
        try append(from: 20, steps: 210, shift: 7_000)
        try storage.delete(matching: [Self.odd], from: 3_600_000, through: 6_300_000)
        func check(_ more: Int = 0) throws {
            #expect(try times(storage, labels[0]).count == 450 + more)
            let odd = try times(storage, labels[1])
            #expect(odd.allSatisfy { !(3_600_000...6_300_000).contains($0) || $0 % 15_000 == 3_000 })
            #expect(odd.count == 450 - 181 - 180 + more)
        }
        try check()
        storage.close()
        storage = try open()
        try check()
        try append(from: 240, steps: 200)
        try storage.compact()
        try check(200)
        // The head has nothing of that time any more: what comes now was not deleted.
        try append(from: 200, steps: 5, shift: 3_000)
        try check(205)
        storage.compactBlocks()
        try check(205)
        storage.close()
        storage = try open()
        try check(205)
        storage.close()
    }

    @Test("a histogram after deleted samples does not say whether it was reset")
    func histogramHints() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder)
        defer { storage.close() }
        let labels = [series("h")]
        for step in 0..<100 {
            var batch = SampleBatch(timestamp: 3_000_000 + Int64(step) * 15_000)
            batch.references = try storage.resolve(labels)
            batch.values = [0]
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 1)]
            histogram.positiveBuckets = [Double(step)]
            histogram.count = Double(step)
            batch.histograms = [SampleColumns.PositionedHistogram(position: 0, histogram: histogram)]
            _ = try storage.append(batch)
        }
        try storage.compact()
        for position in [10, 60, 99] {
            let time = 3_000_000 + Int64(position) * 15_000
            try storage.delete(matching: [[]], from: time - 15_000, through: time - 1)
            let columns = try #require(try storage.samples([])[labels[0]])
            let found = columns.histograms.first { columns.timestamps[$0.position] == time }
            #expect(found?.histogram.counterResetHint == .unknown)
            #expect(found?.histogram.count == Double(position))
        }
        let columns = try #require(try storage.samples([])[labels[0]])
        #expect(columns.count == 97)
        #expect(columns.histograms.count == 97)
        #expect(columns.histograms[50].histogram.counterResetHint == .notReset)
    }

    @Test("damage of tombstones is reported: a block that has them is not read, those of the head are set aside")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        try storage.delete(matching: [Self.odd], from: .min, through: .max)
        storage.close()
        let blocks = folder.url.appendingPathComponent("blocks")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: blocks.path).sorted().first)
        let inBlock = blocks.appendingPathComponent(name).appendingPathComponent("tombstones")
        let whole = Array(try Data(contentsOf: inBlock))
        var generator = SeededGenerator(seed: 5)
        for round in 0..<40 {
            var bytes = whole
            if round % 3 == 0 {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            } else {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
            try Data(bytes).write(to: inBlock)
            let events = EventLog()
            let damaged = try open(folder, events: events)
            #expect(events.all.contains { if case .damagedBlock = $0 { true } else { false } }, "round \(round)")
            #expect(throws: QueryableError.self) { try damaged.samples([]) }
            #expect(throws: DeletionError.self) {
                try damaged.delete(matching: [[]], from: .min, through: .max)
            }
            #expect(try damaged.samples([], from: 6_000_000).count == 10)
            damaged.close()
        }
        try Data(whole).write(to: inBlock)
        let ofHead = folder.url.appendingPathComponent("head.tombstones")
        let good = try Data(contentsOf: ofHead)
        for position in [0, 13, 27, 31, good.count / 2, good.count - 1] {
            var bytes = Array(good)
            bytes[position] ^= 4
            try Data(bytes).write(to: ofHead)
            let events = EventLog()
            let damaged = try open(folder, events: events)
            #expect(events.all.contains { if case .damagedTombstones = $0 { true } else { false } }, "\(position)")
            #expect(damaged.statistics.walCorruptions == 1)
            #expect(try damaged.samples([], from: 6_500_000).count == 20)
            damaged.close()
            #expect(!FileManager.default.fileExists(atPath: ofHead.path))
        }
    }

    @Test("a matcher that cannot be compiled deletes nothing and says which it is")
    func invalidPattern() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        #expect(throws: DeletionError.self) {
            try storage.delete(matching: [[Matcher("n", .matchesPattern, "(")]], from: .min, through: .max)
        }
        #expect(try storage.samples([]).count == 20)
        storage.close()
        #expect(throws: DeletionError.closed) { try storage.delete(matching: [[]], from: .min, through: .max) }
    }
}
