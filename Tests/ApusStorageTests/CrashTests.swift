import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Crash")
struct CrashTests {
    /// How often the writer is killed: 50 times, or as often as APUS_CRASH_ROUNDS says (1,000 in the long run).
    private static let rounds = ProcessInfo.processInfo.environment["APUS_CRASH_ROUNDS"].flatMap { Int($0) } ?? 50

    @Test("kills at random moments lose no acknowledged sample and invent none", .timeLimit(.minutes(60)))
    func killedWhileAppending() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let seriesCount = 40
        var firstStep = 1_000
        /// Steps that are or may be in the store: acknowledged ones must be.
        var acknowledged = Set<Int>()
        for round in 0..<Self.rounds {
            let writer = try CrashWriter(folder: folder.path, firstStep: firstStep, seriesCount: seriesCount)
            try #require(try writer.isReady(), "\(writer.refusal ?? "")")
            Thread.sleep(forTimeInterval: Double.random(in: 0.001..<0.12, using: &generator))
            let said = writer.killed()
            let context: Comment = "seed \(seed), round \(round)"
            #expect(said.errors.isEmpty, context)
            acknowledged.formUnion(said.acknowledged)
            #expect(said.seen.isSubset(of: acknowledged), context)

            let stored = try storedSteps(folder.path, seriesCount: seriesCount, context: context)
            #expect(acknowledged.subtracting(stored).isEmpty, "acknowledged samples are lost: \(context)")
            // The last batch may have been stored without its acknowledgement having been said.
            let invented = stored.subtracting(acknowledged)
            let next = (acknowledged.max() ?? firstStep - 1) + 1
            #expect(invented.isSubset(of: [max(next, firstStep)]), "samples nobody appended: \(context)")
            acknowledged.formUnion(stored)
            firstStep = (acknowledged.max() ?? firstStep) + 1
        }
        #expect(acknowledged.count > 5 * Self.rounds, "the writers did too little to be a test")
    }

    /// Opens the store and gives the steps of which it holds every sample; a step of which it holds only some is an error.
    private func storedSteps(_ folder: String, seriesCount: Int, context: Comment) throws -> Set<Int> {
        let events = EventLog()
        var options = StorageOptions()
        options.blockRange = 200_000
        options.maximumExemplars = 500
        let storage = try Storage(folder: folder, options: options, report: events.append)
        defer { storage.close() }
        for event in events.all {
            if case .tornTail = event { continue }
            #expect(event.severity == .info, "\(event): \(context)")
        }
        var counts: [Int: Int] = [:]
        for (labels, columns) in try storage.samples([Matcher("__name__", .equal, "crash")]) {
            let number = try #require(labels["number"].flatMap { Int($0) })
            for position in 0..<columns.count {
                let step = Int(columns.timestamps[position] / 1_000)
                if number % 4 != 3, columns.values[position] != Double(step * 1_000 + number) {
                    Issue.record("wrong value: \(context)")
                }
                counts[step, default: 0] += 1
            }
            #expect(columns.histograms.count == (number % 4 == 3 ? columns.count : 0), context)
            for entry in columns.histograms {
                let step = Double(columns.timestamps[entry.position] / 1_000)
                let isRight =
                    entry.histogram.positiveBuckets == [step, Double(number)]
                    && entry.histogram.sum == step * 1_000 + Double(number)
                if !isRight { Issue.record("wrong histogram: \(context)") }
            }
        }
        // The newest step's exemplars were appended last: the ring holds them all.
        if let newest = counts.keys.max() {
            let time = Int64(newest) * 1_000
            let selector = [Matcher("__name__", .equal, "crash")]
            let exemplars = try storage.exemplars(matching: [selector], from: time, through: time)
            #expect(exemplars.count == seriesCount / 4, "exemplars are lost: \(context)")
            #expect(exemplars.allSatisfy { $0.exemplars.map { $0.labels["trace_id"] } == ["\(newest)"] }, context)
        }
        #expect(counts.allSatisfy { $0.value == seriesCount }, "a batch is there in part: \(context)")
        return Set(counts.keys)
    }
}
