import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Crash during maintenance")
struct MaintenanceCrashTests {
    /// Twenty kills; `APUS_CRASH_ROUNDS` asks for more.
    private static let rounds = ProcessInfo.processInfo.environment["APUS_CRASH_ROUNDS"].flatMap { Int($0) } ?? 20
    private static let seriesCount = 20

    /// As the writer has it.
    private static let retention = 1_500

    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 200_000
        options.maximumBlockRange = 600_000
        return options
    }()

    /// What may and must be in the store.
    private struct Expected {
        var acknowledged = Set<Int>()
        /// The times of late samples.
        var late = Set<Int64>()
        /// Steps that were deleted, and those that may have been, from series with odd numbers.
        var deleted = Set<Int>()
        var maybeDeleted = Set<Int>()

        /// Steps before this may have been removed.
        func horizon(newest: Int) -> Int { newest - retention }

        /// Takes what a writer said before it was killed; gives the number of snapshots.
        mutating func note(_ said: CrashWriter.Said) -> Int {
            acknowledged.formUnion(said.acknowledged)
            late.formUnion(said.late)
            var snapshots = 0
            for words in said.lines where words.count > 1 {
                let numbers = words.dropFirst().compactMap { Int($0) }
                switch words[0] {
                case "D": maybeDeleted.formUnion(numbers[0]...numbers[1])
                case "d": deleted.formUnion(numbers[0]...numbers[1])
                case "s": snapshots += 1
                default: break
                }
            }
            return snapshots
        }

        /// Forgets what is long past the retention, so that a long run stays quick.
        mutating func forget(newest: Int) {
            let end = horizon(newest: newest) - 2_000
            acknowledged = acknowledged.filter { $0 >= end }
            late = late.filter { $0 >= end * 1_000 }
            deleted = deleted.filter { $0 >= end }
            maybeDeleted = maybeDeleted.filter { $0 >= end }
        }
    }

    /// What was found.
    private struct Found {
        var even = Set<Int>()
        var odd = Set<Int>()
        var late = Set<Int64>()
    }

    @Test(
        "kills while appending late, deleting, cleaning, compacting, expiring and making snapshots lose nothing and bring nothing back",
        .timeLimit(.minutes(60)))
    func killed() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var firstStep = 1_000
        var expected = Expected()
        var snapshots = 0
        var isOldRemoved = false
        for round in 0..<Self.rounds {
            let writer = try CrashWriter(
                folder: folder.path, firstStep: firstStep, seriesCount: Self.seriesCount, ["maintain"])
            try #require(try writer.isReady(), "\(writer.refusal ?? "")")
            Thread.sleep(forTimeInterval: Double.random(in: 0.02..<0.25, using: &generator))
            let context = "seed \(seed), round \(round)"
            let said = writer.killed(context)
            #expect(said.errors.isEmpty, "\(said.errors): \(context)")
            snapshots += expected.note(said)
            let found = try check(folder.path, expected, context)
            try checkSnapshots(folder.path, expected, context)
            let newest = expected.acknowledged.max() ?? firstStep
            isOldRemoved = isOldRemoved || found.even.min() ?? 0 > 1_000
            expected.acknowledged.formUnion(found.even)
            expected.late.formUnion(found.late)
            firstStep = max(newest, found.even.max() ?? 0, firstStep - 1) + 1
            // What comes after this round was not there when it was deleted.
            #expect((expected.deleted.max() ?? 0) < firstStep)
            expected.forget(newest: firstStep)
        }
        let steps = firstStep - 1_000
        #expect(steps > Self.rounds * 5, "the writers did too little to be a test: \(steps) steps")
        #expect(!expected.deleted.isEmpty)
        #expect(!expected.late.isEmpty)
        #expect(snapshots > 0)
        if steps > 3 * Self.retention { #expect(isOldRemoved, "nothing was ever past its retention") }
    }

    /// Opens the store, compares what it holds, and gives what is there.
    private func check(_ folder: String, _ expected: Expected, _ context: String) throws -> Found {
        let events = EventLog()
        let storage = try Storage(folder: folder, options: Self.options, report: events.append)
        defer { storage.close() }
        for event in events.all {
            if case .tornTail = event { continue }
            #expect(event.severity == .info, "\(event): \(context)")
        }
        let found = try read(storage, context)
        let newest = max(expected.acknowledged.max() ?? 0, found.even.max() ?? 0)
        #expect(found.even.subtracting(expected.acknowledged).count <= 1, "samples nobody appended: \(context)")
        #expect(found.late.subtracting(expected.late).count <= 1, "late samples nobody appended: \(context)")
        expectComplete(found, expected, from: expected.horizon(newest: newest), through: newest, context)
        let lateStart = Int64(expected.horizon(newest: newest)) * 1_000
        let lostLate = expected.late.filter { $0 >= lateStart }.subtracting(found.late)
        #expect(lostLate.isEmpty, "late samples are lost: \(lostLate): \(context)")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/blocks")
        #expect(names.count == storage.statistics.blocks, "left-overs: \(context)")
        return found
    }

    /// Compares what was found with what must be there of a range of steps.
    private func expectComplete(
        _ found: Found, _ expected: Expected, from first: Int, through last: Int, _ context: String
    ) {
        let wanted = expected.acknowledged.filter { $0 >= first && $0 <= last }
        #expect(wanted.subtracting(found.even).isEmpty, "samples are lost: \(context)")
        let missing = wanted.subtracting(found.odd).subtracting(expected.maybeDeleted)
        #expect(missing.isEmpty, "samples are lost that nobody deleted: \(context)")
        #expect(found.odd.isDisjoint(with: expected.deleted), "deleted samples are back: \(context)")
    }

    /// The samples of series with even and odd numbers; each step must be there whole or not at all, but for what a killed deletion left.
    private func read(_ storage: Storage, _ context: String) throws -> Found {
        var counts: [[Int: Int]] = [[:], [:]]
        var late: [Int64: Int] = [:]
        for (labels, columns) in try storage.samples([Matcher("__name__", .equal, "crash")]) {
            let number = try #require(labels["number"].flatMap { Int($0) })
            for position in 0..<columns.count {
                let time = columns.timestamps[position]
                if position > 0, time <= columns.timestamps[position - 1] {
                    Issue.record("a sample is there twice: \(context)")
                }
                if time % 1_000 != 0 {
                    late[time, default: 0] += 1
                    if columns.values[position] != Double(time) || number % 4 != 2 {
                        Issue.record("wrong late sample: \(context)")
                    }
                    continue
                }
                let step = Int(time / 1_000)
                counts[number % 2][step, default: 0] += 1
                if number % 4 != 3, columns.values[position] != Double(step * 1_000 + number) {
                    Issue.record("wrong value: \(context)")
                }
            }
            for entry in columns.histograms {
                let step = Double(columns.timestamps[entry.position] / 1_000)
                if entry.histogram.sum != step * 1_000 + Double(number) { Issue.record("wrong histogram: \(context)") }
            }
        }
        #expect(counts[0].allSatisfy { $0.value == Self.seriesCount / 2 }, "a batch is there in part: \(context)")
        #expect(late.allSatisfy { $0.value == Self.seriesCount / 4 }, "a late batch is there in part: \(context)")
        return Found(even: Set(counts[0].keys), odd: Set(counts[1].keys), late: Set(late.keys))
    }

    /// Opens the snapshots by themselves, each of which must be good, and removes them.
    private func checkSnapshots(_ folder: String, _ expected: Expected, _ context: String) throws {
        let path = "\(folder)/snapshots"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            #expect(!name.hasSuffix(".tmp"), "an unfinished snapshot is left: \(context)")
            let events = EventLog()
            let copy = try Storage(folder: "\(path)/\(name)", options: Self.options, report: events.append)
            #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all): snapshot, \(context)")
            let found = try read(copy, "snapshot, \(context)")
            let newest = found.even.max() ?? 0
            // What was appended up to the moment of the snapshot is in it without a gap; a deletion may have come after it.
            var then = expected
            then.deleted = []
            // The retention counts from the newest sample of the store, which a snapshot without the head does not have.
            let first = expected.horizon(newest: max(newest, expected.acknowledged.max() ?? 0) + 1)
            expectComplete(found, then, from: first, through: newest, "snapshot, \(context)")
            copy.close()
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
