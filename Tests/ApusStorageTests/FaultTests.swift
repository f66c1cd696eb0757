import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// The store while the system refuses to write, sync, rename, open or map now and then, and while the disk is full.
@Suite("Failing disks", .serialized)
struct FaultTests {
    /// `APUS_CRASH_ROUNDS` asks for more.
    private static let rounds =
        ProcessInfo.processInfo.environment["APUS_CRASH_ROUNDS"].flatMap { Int($0) }.map { max(16, $0 / 5) } ?? 16
    private static let seriesCount = 20

    /// What may and must be in the store.
    private struct Expected {
        var acknowledged = Set<Int>()
        var firstStep = 1_000
        var refusals = 0
        var failures = 0
        var counted = 0
    }

    @Test(
        "calls that fail at random are reported and counted, refuse whole batches, lose nothing acknowledged and crash nothing",
        .timeLimit(.minutes(60)))
    func failingCalls() throws {
        guard let library = try Self.faultLibrary() else { return }
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let data = folder.url.resolvingSymlinksInPath().appendingPathComponent("data").path
        let log = folder.url.appendingPathComponent("faults").path
        var expected = Expected()
        var opened = 0
        for round in 0..<Self.rounds {
            let writer = try CrashWriter(
                folder: data, firstStep: expected.firstStep, seriesCount: Self.seriesCount,
                round % 2 == 0 ? ["persist"] : ["persist", "maintain"],
                environment: [
                    "LD_PRELOAD": library, "APUS_FAULTS_FOLDER": data, "APUS_FAULTS_LOG": log,
                    // The store is opened in most rounds and fails often once it is open.
                    "APUS_FAULTS_RATE": "\([30, 100, 300][round % 3])", "APUS_FAULTS_SEED": "\(seed &+ UInt64(round))",
                ])
            let context = "seed \(seed), round \(round)"
            guard try writer.isReady() else {
                #expect(writer.refusal?.contains(data) == true, "\(writer.refusal ?? "")")
                continue
            }
            opened += 1
            Thread.sleep(forTimeInterval: Double.random(in: 0.05..<0.3, using: &generator))
            try check(writer.killed(context), in: data, &expected, context)
        }
        let failed = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        #expect(opened > Self.rounds / 4, "the store was opened \(opened) times")
        #expect(failed.count > Self.rounds, "only \(failed.count) calls failed")
        #expect(expected.refusals > 0, "no batch was refused")
        #expect(expected.failures > 0, "nothing was reported")
        #expect(expected.counted > 0, "nothing was counted")
        #expect(Set(failed).isSuperset(of: ["write", "fsync", "open", "truncate"]), "\(Set(failed))")
    }

    @Test(
        "on a full disk appending stops with the reserve named, queries go on, and with space it goes on; kills lose nothing",
        .timeLimit(.minutes(60)))
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        guard runProgram("/bin/mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a full disk")
            return
        }
        defer { _ = runProgram("/bin/umount", ["-l", folder.path]) }
        let data = folder.url.appendingPathComponent("data").path
        let filler = folder.url.appendingPathComponent("filler")
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        var expected = Expected()
        var reserveNamed = 0
        var wentOn = 0
        var queriedWhileFull = 0
        for round in 0..<(Self.rounds / 2) {
            let context = "seed \(seed), round \(round)"
            let writer = try CrashWriter(
                folder: data, firstStep: expected.firstStep, seriesCount: Self.seriesCount, ["persist", "maintain"])
            try #require(try writer.isReady(), "\(writer.refusal ?? ""): \(context)")
            Thread.sleep(forTimeInterval: Double.random(in: 0.01..<0.05, using: &generator))
            // The reserve is a hundredth of the disk. Snapshots stay, as nobody removes them.
            try Self.fill(filler, leaving: Int.random(in: 0..<50_000, using: &generator))
            // The store looks ten times a second while there is much left.
            Thread.sleep(forTimeInterval: Double.random(in: 0.05..<0.25, using: &generator))
            if round % 2 == 0 {
                try FileManager.default.removeItem(at: filler)
                Thread.sleep(forTimeInterval: 0.1)
            }
            let said = writer.killed(context)
            reserveNamed += said.refusals.count { $0.contains("are kept in reserve") }
            if let refused = said.refused.min() {
                if said.acknowledged.contains(where: { $0 > refused }) { wentOn += 1 }
                queriedWhileFull += said.seen.isEmpty ? 0 : 1
            }
            try? FileManager.default.removeItem(at: filler)
            try check(said, in: data, &expected, context)
            try FileManager.default.removeItem(atPath: "\(data)/snapshots")
            try FileManager.default.createDirectory(atPath: "\(data)/snapshots", withIntermediateDirectories: true)
        }
        #expect(expected.refusals > 0, "the disk never was full")
        #expect(reserveNamed > 0, "the reserve was never named")
        #expect(wentOn > 0, "appending never went on")
        #expect(queriedWhileFull > 0, "no query was answered")
    }

    // MARK: Parts

    /// Compares what a writer said with what the store holds.
    private func check(
        _ said: CrashWriter.Said, in folder: String, _ expected: inout Expected, _ context: String
    ) throws {
        #expect(said.errors.isEmpty, "\(said.errors): \(context)")
        expected.acknowledged.formUnion(said.acknowledged)
        expected.refusals += said.refused.count
        expected.failures += said.failures.count
        expected.counted += said.counted
        let stored = try storedSteps(folder, context)
        let newest = max(stored.max() ?? 0, expected.acknowledged.max() ?? 0)
        // Older ones may have been removed by the retention of the writer.
        let wanted = expected.acknowledged.filter { $0 >= newest - 1_500 }
        #expect(wanted.subtracting(stored).isEmpty, "acknowledged samples are lost: \(context)")
        // Of a batch that was refused nothing is stored; the last one may not have been taken back before the end.
        let last = said.acknowledged.max() ?? 0
        #expect(stored.isDisjoint(with: said.refused.filter { $0 < last }), "a refused batch is stored: \(context)")
        // The one after the last of which anything was said may be stored already.
        let begun = max(said.refused.max() ?? 0, last) + 1
        let invented = stored.subtracting(expected.acknowledged).filter { $0 < expected.firstStep || $0 > begun }
        #expect(invented.isEmpty, "samples nobody appended: \(invented): \(context)")
        expected.acknowledged.formUnion(stored)
        expected.firstStep = max(newest, begun, expected.firstStep) + 1
    }

    /// The steps that the store holds of the series with even numbers, which nobody deletes.
    private func storedSteps(_ folder: String, _ context: String) throws -> Set<Int> {
        let events = EventLog()
        var options = StorageOptions()
        options.blockRange = 200_000
        let storage = try Storage(folder: folder, options: options, report: events.append)
        defer { storage.close() }
        for event in events.all where event.severity != .info {
            switch event {
            // What a write that failed left of a record.
            case .tornTail, .damagedLog: break
            default: Issue.record("\(event): \(context)")
            }
        }
        var counts: [Int: Int] = [:]
        for (labels, columns) in try storage.samples([Matcher("__name__", .equal, "crash")]) {
            let number = try #require(labels["number"].flatMap { Int($0) })
            for (time, value) in zip(columns.timestamps, columns.values) where time % 1_000 == 0 {
                let step = Int(time / 1_000)
                if number % 4 != 3, value != Double(step * 1_000 + number) { Issue.record("wrong value: \(context)") }
                if number % 2 == 0 { counts[step, default: 0] += 1 }
            }
        }
        #expect(counts.allSatisfy { $0.value == Self.seriesCount / 2 }, "a batch is there in part: \(context)")
        return Set(counts.keys)
    }

    /// Writes a file that leaves so many bytes of its disk free.
    private static func fill(_ file: URL, leaving bytes: Int) throws {
        var status = statvfs()
        try #require(statvfs(file.deletingLastPathComponent().path, &status) == 0)
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        // The store goes on writing: the last bytes may be gone already.
        try? Data(count: max(0, free - bytes)).write(to: file)
    }

    /// The library that lets calls fail; `nil`, with a message, where there is no C compiler.
    private static func faultLibrary() throws -> String? {
        let source = SharedData.repositoryFolder.appendingPathComponent("Tests/FaultInjection/faults.c").path
        let library = FileManager.default.temporaryDirectory.appendingPathComponent("apus-faults-\(getpid()).so").path
        for compiler in ["clang", "gcc", "cc"] {
            let arguments = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl", "-lpthread"]
            if runProgram("/usr/bin/env", arguments) { return library }
        }
        print("skipped: no C compiler was found to make the library that lets calls fail")
        return nil
    }
}
