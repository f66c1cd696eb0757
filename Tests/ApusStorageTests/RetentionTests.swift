import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Retention")
struct RetentionTests {
    private static let jobs = ["short", "long", "other"]
    private static let labels = jobs.flatMap { job in (0..<4).map { series("m", ["job": job, "n": "\($0)"]) } }
    private static let start: Int64 = 6_000_000
    private static let steps = 240

    private func open(
        _ folder: String, events: EventLog = EventLog(), _ change: (inout StorageOptions) throws -> Void
    ) throws -> Storage {
        var options = StorageOptions()
        options.blockRange = 600_000
        try change(&options)
        return try Storage(
            folder: folder, options: options, clock: ManualClock(milliseconds: 100_000_000), report: events.append)
    }

    private func fill(_ storage: Storage, from first: Int = 0, steps: Int = steps) throws {
        for step in first..<(first + steps) {
            try storage.store(Self.labels, at: Self.start + Int64(step) * 60_000) {
                Double(step * $0) * 0.1 + Double(step)
            }
        }
        try storage.compact()
    }

    @Test("the first rule that selects a series decides; what is past it is hidden at once and dropped from blocks")
    func rules() throws {
        let folder = try TemporaryFolder()
        let newest = Self.start + Int64(Self.steps - 1) * 60_000
        func rules(_ options: inout StorageOptions) throws {
            options.retention = 6_000_000
            options.maximumBlockRange = 1_800_000
            options.retentionRules = try RetentionRules([
                ([Matcher("job", .equal, "short"), Matcher("n", .equal, "3")], 12_000_000),
                ([Matcher("job", .equal, "short")], 1_000_000),
                ([Matcher("job", .matchesPattern, "short|long")], 12_000_000),
            ])
        }
        let events = EventLog()
        let storage = try open(folder.path, events: events, rules)
        try fill(storage)
        func keep(_ labels: LabelSet) -> Int64 {
            if labels["job"] == "long" || labels["n"] == "3" && labels["job"] == "short" { return 12_000_000 }
            return labels["job"] == "short" ? 1_000_000 : 6_000_000
        }
        func check(_ storage: Storage) throws {
            let read = try storage.samples([])
            #expect(read.count == Self.labels.count)
            for labels in Self.labels {
                let all = (0..<Self.steps).map { Self.start + Int64($0) * 60_000 }
                #expect(read[labels]?.timestamps == all.filter { $0 >= newest - keep(labels) }, "\(labels)")
            }
            let old = try storage.querier(from: newest - 12_000_000, through: newest - 7_000_000)
            #expect(try old.select([]).count == 5)
            #expect(try old.labelValues(of: "job", matching: []) == ["long", "short"])
            #expect(try old.labelValues(of: "n", matching: [[Matcher("job", .equal, "short")]]) == ["3"])
        }
        try check(storage)
        let before = storage.statistics
        storage.removeExpiredBlocks()
        try check(storage)
        let expired = storage.statistics
        #expect(expired.blocks < before.blocks)
        #expect(expired.timeRetentions == 1)
        #expect(storage.compactBlocks() > 0)
        #expect(storage.compactBlocks() == 0, "there is no end of it")
        try check(storage)
        #expect(storage.statistics.blockSamples < expired.blockSamples * 3 / 4, "nothing was dropped")
        #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all)")
        storage.close()
        let reopened = try open(folder.path, rules)
        try check(reopened)
        reopened.close()
        #expect(throws: QueryableError.self) { try RetentionRules([([Matcher("a", .matchesPattern, "(")], 1)]) }
    }

    @Test("the oldest blocks go when the files take more than the limit, and no more of them than that takes")
    func size() throws {
        let folder = try TemporaryFolder()
        let events = EventLog()
        let filled = try open(folder.path) { _ in }
        try fill(filled)
        let size = try folderBytes(folder.path)
        let blocks = filled.statistics.blocks
        filled.close()
        let limit = size * 3 / 4
        let storage = try open(folder.path, events: events) { $0.retentionBytes = limit }
        storage.removeExpiredBlocks()
        let after = try folderBytes(folder.path)
        #expect(after <= limit)
        #expect(after > limit - size / 10, "more was removed than needed")
        #expect(storage.statistics.blocks < blocks)
        #expect(storage.statistics.sizeRetentions == 1)
        #expect(events.all.contains { if case .beyondSize = $0 { true } else { false } })
        let read = try storage.samples([])
        #expect(read.values.allSatisfy { $0.timestamps.last == Self.start + Int64(Self.steps - 1) * 60_000 })
        #expect(read.values.allSatisfy { $0.count < Self.steps })
        storage.removeExpiredBlocks()
        #expect(storage.statistics.sizeRetentions == 1)
        storage.close()
        // The stricter of both limits counts, and the block that the log relies on stays.
        let small = try open(folder.path) {
            $0.retentionBytes = limit
            $0.retentionPercentage = 1e-12
        }
        #expect(small.sizeLimit == 0)
        small.removeExpiredBlocks()
        #expect(small.statistics.blocks == 1)
        #expect(try small.samples([]).count == Self.labels.count)
        small.close()
    }

    private func folderBytes(_ path: String) throws -> Int {
        let files = try #require(FileManager.default.enumerator(atPath: path))
        var bytes = 0
        for case let file as String in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
            if attributes[.type] as? FileAttributeType == .typeRegular { bytes += attributes[.size] as? Int ?? 0 }
        }
        return bytes
    }

    @Test("appending stops before the disk is full and goes on after it; what would not fit is not begun")
    func reserve() throws {
        let folder = try TemporaryFolder()
        guard runProgram("/bin/mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a full disk")
            return
        }
        defer { _ = runProgram("/bin/umount", ["-l", folder.path]) }
        let events = EventLog()
        let filled = try open("\(folder.path)/data") { _ in }
        try fill(filled)
        filled.close()
        let filler = "\(folder.path)/filler"
        // Fills the disk up to less than the hundredth that is kept in reserve.
        let free = try #require(
            try FileManager.default.attributesOfFileSystem(forPath: folder.path)[.systemFreeSize] as? Int)
        try Data(count: free - 300_000).write(to: URL(fileURLWithPath: filler))
        // Opened now, so that what was free a moment ago is not remembered.
        let storage = try open("\(folder.path)/data", events: events) { $0.maximumBlockRange = 5_400_000 }
        defer { storage.close() }
        #expect {
            try storage.store(Self.labels, at: Self.start + 20_000_000) { _ in 1 }
        } throws: { error in
            guard case AppendError.diskNearlyFull(let free, let reserve) = error else { return false }
            return free < reserve && reserve == 32 * 1_048_576 / 100
        }
        #expect(storage.statistics.diskRefusals == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/data/blocks")
        #expect(storage.compactBlocks() == 0)
        #expect(storage.statistics.compactionFailures > 0)
        #expect(events.all.contains { "\($0)".contains("are needed") }, "\(events.all)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/data/blocks") == names)
        #expect(try storage.samples([]).values.allSatisfy { $0.count == Self.steps })
        // Deleting needs little and can be done.
        try storage.delete(matching: [[Matcher("job", .equal, "other")]], from: .min, through: .max)
        try FileManager.default.removeItem(atPath: filler)
        try storage.store(Self.labels, at: Self.start + 20_000_000) { _ in 1 }
        #expect(try storage.samples([Matcher("job", .equal, "long")]).values.allSatisfy { $0.count == Self.steps + 1 })
        try storage.cleanTombstones()
        #expect(storage.statistics.tombstonedSeries == 0)
    }

    @Test("a head that cannot be written to a block is reported, tried again later, and nothing of it is lost")
    func headWithoutSpace() throws {
        let folder = try TemporaryFolder()
        guard runProgram("/bin/mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a full disk")
            return
        }
        defer { _ = runProgram("/bin/umount", ["-l", folder.path]) }
        let events = EventLog()
        let storage = try open("\(folder.path)/data", events: events) { $0.diskReserve = 0 }
        defer { storage.close() }
        for step in 0..<Self.steps {
            try storage.store(Self.labels, at: Self.start + Int64(step) * 60_000) { Double(step * $0) }
        }
        let filler = "\(folder.path)/filler"
        let free = try #require(
            try FileManager.default.attributesOfFileSystem(forPath: folder.path)[.systemFreeSize] as? Int)
        try Data(count: free - 4_096).write(to: URL(fileURLWithPath: filler))
        for _ in 0..<3 { storage.maintain() }
        #expect(events.all.count { $0.severity == .error } == 1, "\(events.all)")
        #expect(storage.statistics.compactionFailures == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/data/blocks").isEmpty)
        try FileManager.default.removeItem(atPath: filler)
        #expect(try storage.compact() > 0)
        let read = try storage.samples([])
        #expect(read.count == Self.labels.count)
        #expect(read.values.allSatisfy { $0.count == Self.steps })
    }
}
