import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Synchronization
import Testing

@Suite("Compaction of blocks")
struct LevelTests {
    private static let labels = (0..<10).map { series("m", ["n": "\($0)", "parity": $0 % 2 == 0 ? "even" : "odd"]) }
    private static let start: Int64 = 5_400_000
    private static let steps = 300

    private func open(
        _ folder: String, clock: Int64 = 100_000_000, events: EventLog = EventLog(),
        _ change: (inout StorageOptions) -> Void = { _ in }
    ) throws -> Storage {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.maximumBlockRange = 5_400_000
        change(&options)
        return try Storage(
            folder: folder, options: options, clock: ManualClock(milliseconds: clock), report: events.append)
    }

    /// Appends a sample a minute to each series.
    private func fill(_ storage: Storage, from first: Int = 0, steps: Int = steps, value: Double = 0) throws {
        for step in first..<(first + steps) {
            try storage.store(Self.labels, at: Self.start + Int64(step) * 60_000) { Double(step * $0) + value }
        }
        try storage.compact()
    }

    private func expect(_ storage: Storage, steps: Range<Int>, value: (Int) -> Double = { _ in 0 }) throws {
        let read = try storage.samples([])
        #expect(read.count == Self.labels.count)
        for (number, labels) in Self.labels.enumerated() {
            let columns = try #require(read[labels])
            #expect(columns.timestamps == steps.map { Self.start + Int64($0) * 60_000 })
            #expect(columns.values == steps.map { Double($0 * number) + value($0) })
        }
    }

    private func blockNames(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/blocks").sorted()
    }

    @Test("blocks become one of three times the length, again and again, with the same samples")
    func levels() throws {
        let folder = try TemporaryFolder()
        let events = EventLog()
        let storage = try open(folder.path, events: events)
        try fill(storage)
        let before = storage.statistics.blocks
        let querier = try storage.querier(from: .min, through: .max)
        #expect(storage.compactBlocks() > 5)
        #expect(storage.compactBlocks() == 0, "there is no end of it")
        let statistics = storage.statistics
        // 30 blocks of 10 minutes: three of 90, and the newest that wait for their span to end.
        #expect(before >= 28)
        #expect(statistics.blocks <= 8, "\(statistics.blocks) blocks are left of \(before)")
        #expect(try blockNames(folder.path).count == statistics.blocks)
        try expect(storage, steps: 0..<Self.steps)
        #expect(try querier.samples([]).values.allSatisfy { $0.count == Self.steps }, "an open querier lost samples")
        #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all)")
        storage.close()
        let reopened = try open(folder.path)
        try expect(reopened, steps: 0..<Self.steps)
        try fill(reopened, from: Self.steps, steps: 60)
        reopened.compactBlocks()
        try expect(reopened, steps: 0..<(Self.steps + 60))
        reopened.close()
    }

    @Test("long chunks are taken over and short ones joined, with the same samples", arguments: [5, 100])
    func chunks(length: Int) throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path) { $0.blockChunkSamples = length }
        try fill(storage)
        #expect(storage.compactBlocks() > 5)
        try expect(storage, steps: 0..<Self.steps)
        // Part of a series is deleted: its chunks are not taken over.
        let odd = [Matcher("parity", .equal, "odd")]
        try storage.delete(matching: [odd], from: Self.start + 600_000, through: Self.start + 1_200_000)
        try storage.cleanTombstones()
        #expect(storage.statistics.tombstonedSeries == 0)
        let read = try storage.samples([])
        for (number, labels) in Self.labels.enumerated() {
            #expect(read[labels]?.count == (number % 2 == 1 ? Self.steps - 11 : Self.steps))
        }
        storage.close()
    }

    @Test("overlapping blocks become one; of two samples with one time the later written one stays, before as after")
    func overlapping() throws {
        let folder = try TemporaryFolder()
        let first = try open(folder.path)
        try fill(first)
        first.close()
        for (round, clock) in [200_000_000, 300_000_000].enumerated() {
            let other = try TemporaryFolder()
            let second = try open(other.path, clock: Int64(clock))
            try fill(second, from: 50, steps: 100, value: Double(round + 1) / 4)
            second.close()
            for name in try blockNames(other.path) {
                try FileManager.default.moveItem(
                    atPath: "\(other.path)/blocks/\(name)", toPath: "\(folder.path)/blocks/\(name)")
            }
        }
        // The others' heads kept their last 5 to 15 minutes.
        let events = EventLog()
        let storage = try open(folder.path, clock: 400_000_000, events: events)
        let read = try storage.samples([])[Self.labels[1]]
        let stored = try #require(read)
        let parts = stored.values[49...60].map { $0.truncatingRemainder(dividingBy: 1) }
        #expect(parts == [0] + Array(repeating: 0.5, count: 11))
        #expect(stored.timestamps == (0..<Self.steps).map { Self.start + Int64($0) * 60_000 })
        let before = try storage.samples([])
        #expect(storage.compactBlocks() > 0)
        let after = try storage.samples([])
        for labels in Self.labels {
            #expect(after[labels]?.timestamps == before[labels]?.timestamps)
            #expect(after[labels]?.values == before[labels]?.values)
        }
        #expect(storage.statistics.blockSamples < Self.steps * Self.labels.count, "samples are in two blocks")
        #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all)")
        storage.close()
    }

    @Test("a crash before the sources are removed shows no sample twice and loses none")
    func leftOvers() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try fill(storage)
        let copy = try TemporaryFolder()
        let names = try blockNames(folder.path)
        for name in names {
            try FileManager.default.copyItem(
                atPath: "\(folder.path)/blocks/\(name)", toPath: "\(copy.path)/\(name)")
        }
        storage.compactBlocks()
        storage.close()
        let left = try blockNames(folder.path)
        for name in names where !left.contains(name) {
            try FileManager.default.copyItem(
                atPath: "\(copy.path)/\(name)", toPath: "\(folder.path)/blocks/\(name)")
        }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/blocks/\(names[0]).tmp", withIntermediateDirectories: true)
        // One step of two levels: grandparents come back too and are brought together again.
        let reopened = try open(folder.path)
        try expect(reopened, steps: 0..<Self.steps)
        reopened.compactBlocks()
        try expect(reopened, steps: 0..<Self.steps)
        #expect(reopened.statistics.blocks == left.count)
        reopened.close()
    }

    @Test("a source that cannot be removed stays a left-over, whatever becomes of the block that took its place")
    func unremovable() throws {
        let folder = try TemporaryFolder()
        let events = EventLog()
        let storage = try open(folder.path, events: events)
        try fill(storage)
        // Nothing can be renamed to a folder that is not empty.
        let names = try blockNames(folder.path)
        for name in names {
            let path = "\(folder.path)/blocks/\(name).deleted"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: "\(path)/columns"))
        }
        #expect(storage.compactBlocks() > 5)
        #expect(events.all.contains { $0.severity == .error })
        #expect(Set(names).isSubset(of: try blockNames(folder.path)))
        try expect(storage, steps: 0..<Self.steps)
        try storage.delete(matching: [[]], from: .min, through: .max)
        try storage.cleanTombstones()
        #expect(try storage.samples([]).isEmpty)
        storage.close()
        let reopened = try open(folder.path)
        #expect(try reopened.samples([]).isEmpty, "what took no part any more is back")
        try reopened.cleanTombstones()
        #expect(reopened.statistics.blockSamples == 0, "more is left than what remembers whose place was taken")
        reopened.close()
    }

    @Test("what is deleted while blocks are brought together stays deleted")
    func concurrentDeletion() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try fill(storage)
        let group = DispatchGroup()
        let done = Atomic(false)
        DispatchQueue.global().async(group: group) {
            while !done.load(ordering: .relaxed) { storage.compactBlocks() }
        }
        for step in stride(from: 0, to: Self.steps, by: 3) {
            let time = Self.start + Int64(step) * 60_000
            try storage.delete(matching: [[Matcher("parity", .equal, "odd")]], from: time, through: time)
            let read = try storage.samples([Matcher("n", .equal, "1")], from: time, through: time)
            #expect(read.isEmpty, "step \(step)")
        }
        done.store(true, ordering: .relaxed)
        group.wait()
        storage.compactBlocks()
        func check(_ storage: Storage) throws {
            let read = try storage.samples([])
            let kept = (0..<Self.steps).filter { $0 % 3 != 0 }.map { Self.start + Int64($0) * 60_000 }
            for (number, labels) in Self.labels.enumerated() {
                let all = (0..<Self.steps).map { Self.start + Int64($0) * 60_000 }
                #expect(read[labels]?.timestamps == (number % 2 == 1 ? kept : all))
            }
        }
        try check(storage)
        storage.close()
        let reopened = try open(folder.path)
        try check(reopened)
        reopened.close()
    }

    @Test("a compaction that fails is reported, counted, not tried at once again, and holds nothing else up")
    func failing() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try fill(storage)
        storage.close()
        let name = try blockNames(folder.path)[4]
        let columns = URL(fileURLWithPath: "\(folder.path)/blocks/\(name)/columns")
        var bytes = Array(try Data(contentsOf: columns))
        bytes[60] ^= 1
        try Data(bytes).write(to: columns)
        let events = EventLog()
        let damaged = try open(folder.path, events: events)
        #expect(damaged.compactBlocks() > 0, "other blocks were not brought together")
        #expect(damaged.statistics.compactionFailures == 1)
        #expect(events.all.count { $0.severity == .error } == 1)
        damaged.compactBlocks()
        #expect(damaged.statistics.compactionFailures == 1, "it was tried again at once")
        try fill(damaged, from: Self.steps, steps: 60)
        #expect(try damaged.samples([], from: Self.start + 10_000_000).count == 10)
        #expect(try blockNames(folder.path).allSatisfy { !$0.hasSuffix(".tmp") })
        damaged.close()
    }

    // MARK: Cleaning

    @Test("cleaning gives back the space of what was deleted, block by block, and nothing comes back")
    func cleaning() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try fill(storage)
        storage.compactBlocks()
        let odd = [Matcher("parity", .equal, "odd")]
        let first = Self.start + 5_400_000
        try storage.delete(matching: [odd], from: .min, through: .max)
        try storage.delete(matching: [[]], from: .min, through: first - 1)
        let before = storage.statistics
        let names = try blockNames(folder.path)
        try storage.cleanTombstones()
        let after = storage.statistics
        #expect(after.tombstonedSeries == 0)
        #expect(after.blockSamples < before.blockSamples / 2)
        #expect(after.blocks < before.blocks, "a block with nothing left is still there")
        #expect(after.tombstoneCleanups == before.blocks)
        #expect(Set(names).isDisjoint(with: try blockNames(folder.path)))
        func check(_ storage: Storage) throws {
            let read = try storage.samples([])
            #expect(read.count == 5)
            #expect(read.values.allSatisfy { $0.timestamps.first == first })
        }
        try check(storage)
        try storage.cleanTombstones()
        #expect(storage.statistics.tombstoneCleanups == before.blocks, "a block without tombstones was written anew")
        storage.close()
        let reopened = try open(folder.path)
        try check(reopened)
        reopened.close()
    }

    @Test("when everything was deleted and cleaned, the log does not bring it back")
    func cleanedWhole() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try fill(storage)
        // Held open, so that head and log keep what is in the newest block.
        let querier = try storage.querier(from: .min, through: .max)
        try fill(storage, from: Self.steps, steps: 30)
        storage.close()
        let again = try open(folder.path)
        try again.delete(matching: [[]], from: .min, through: .max)
        try again.cleanTombstones()
        #expect(try again.samples([]).isEmpty)
        #expect(again.statistics.blocks <= 1)
        again.close()
        let reopened = try open(folder.path)
        #expect(try reopened.samples([]).isEmpty)
        try fill(reopened, from: Self.steps + 30, steps: 40)
        reopened.compactBlocks()
        try expect(reopened, steps: (Self.steps + 30)..<(Self.steps + 70))
        reopened.close()
        #expect(try querier.samples([]).count == 10)
    }
}
