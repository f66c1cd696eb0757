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

    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 200_000
        options.maximumBlockRange = 1_800_000
        return options
    }()

    @Test("kills while deleting, cleaning, compacting and making snapshots lose nothing and bring nothing back")
    func killed() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var firstStep = 1_000
        var acknowledged = Set<Int>()
        /// Steps that were deleted, and those that may have been, from series with odd numbers.
        var deleted = Set<Int>()
        var maybeDeleted = Set<Int>()
        var snapshots = 0
        for round in 0..<Self.rounds {
            let writer = try CrashWriter(
                folder: folder.path, firstStep: firstStep, seriesCount: Self.seriesCount, mode: "maintain")
            try writer.waitUntilReady()
            Thread.sleep(forTimeInterval: Double.random(in: 0.02..<0.25, using: &generator))
            let lines = writer.killed()
            let context = "seed \(seed), round \(round)"
            for line in lines {
                let words = line.split(separator: " ")
                switch words.first {
                case "a": acknowledged.insert(Int(words[1]) ?? -1)
                case "q": break
                case "D": maybeDeleted.formUnion((Int(words[1]) ?? 0)...(Int(words[2]) ?? 0))
                case "d": deleted.formUnion((Int(words[1]) ?? 0)...(Int(words[2]) ?? 0))
                case "s": snapshots += 1
                default: Issue.record("\(line): \(context)")
                }
            }
            let stored = try check(folder.path, acknowledged, deleted, maybeDeleted, context)
            try checkSnapshots(folder.path, acknowledged, maybeDeleted, context)
            acknowledged.formUnion(stored)
            firstStep = (acknowledged.max() ?? firstStep) + 1
            // What comes after this round was not there when it was deleted.
            #expect((deleted.max() ?? 0) < firstStep)
        }
        #expect(acknowledged.count > Self.rounds * 5, "the writers did too little to be a test")
        #expect(!deleted.isEmpty)
        #expect(snapshots > 0)
    }

    /// Opens the store, compares what it holds, and gives the steps that are there.
    private func check(
        _ folder: String, _ acknowledged: Set<Int>, _ deleted: Set<Int>, _ maybeDeleted: Set<Int>, _ context: String
    ) throws -> Set<Int> {
        let events = EventLog()
        let storage = try Storage(folder: folder, options: Self.options, report: events.append)
        defer { storage.close() }
        for event in events.all {
            if case .tornTail = event { continue }
            #expect(event.severity == .info, "\(event): \(context)")
        }
        let (even, odd) = try steps(storage, context)
        #expect(acknowledged.subtracting(even).isEmpty, "samples are lost: \(context)")
        #expect(even.subtracting(acknowledged).count <= 1, "samples nobody appended: \(context)")
        #expect(odd.isDisjoint(with: deleted), "deleted samples are back: \(context)")
        let missing = acknowledged.subtracting(odd).subtracting(maybeDeleted)
        #expect(missing.isEmpty, "samples are lost that nobody deleted: \(context)")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/blocks")
        #expect(names.count == storage.statistics.blocks, "left-overs: \(context)")
        return even
    }

    /// The steps of series with even and odd numbers; each must be there whole or not at all, but for what a killed deletion left.
    private func steps(_ storage: Storage, _ context: String) throws -> (even: Set<Int>, odd: Set<Int>) {
        var counts: [[Int: Int]] = [[:], [:]]
        for (labels, columns) in try storage.samples([Matcher("__name__", .equal, "crash")]) {
            let number = try #require(labels["number"].flatMap { Int($0) })
            for position in 0..<columns.count {
                let step = Int(columns.timestamps[position] / 1_000)
                counts[number % 2][step, default: 0] += 1
                if position > 0, columns.timestamps[position] <= columns.timestamps[position - 1] {
                    Issue.record("a sample is there twice: \(context)")
                }
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
        return (Set(counts[0].keys), Set(counts[1].keys))
    }

    /// Opens the snapshots by themselves, each of which must be good, and removes them.
    private func checkSnapshots(
        _ folder: String, _ acknowledged: Set<Int>, _ maybeDeleted: Set<Int>, _ context: String
    ) throws {
        let path = "\(folder)/snapshots"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            #expect(!name.hasSuffix(".tmp"), "an unfinished snapshot is left: \(context)")
            let events = EventLog()
            let copy = try Storage(folder: "\(path)/\(name)", options: Self.options, report: events.append)
            #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all): snapshot, \(context)")
            let (even, odd) = try steps(copy, "snapshot, \(context)")
            let newest = even.max() ?? 0
            // What was appended up to the moment of the snapshot is in it without a gap.
            #expect(acknowledged.filter { $0 <= newest }.isSubset(of: even), "snapshot, \(context)")
            let missing = acknowledged.filter { $0 <= newest }.subtracting(odd).subtracting(maybeDeleted)
            #expect(missing.isEmpty, "a snapshot lacks samples: \(context)")
            copy.close()
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
