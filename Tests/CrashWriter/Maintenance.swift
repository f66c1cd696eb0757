import ApusModel
import ApusStorage
import Synchronization

/// Beside appending, deletes, cleans, brings blocks together, removes what is too old and makes snapshots, all at once.
///
/// Lines: `D <from> <to>` before and `d <from> <to>` after the steps from … through … were deleted from the series with odd numbers,
/// `s <name>` after a snapshot was made.
final class Maintenance: Sendable {
    private let storage: Storage
    private let newestStep = Atomic(0)
    private let firstStep: Int
    private let isFailed = Atomic(false)
    /// Whether to go on when something fails.
    private let persists: Bool

    init(_ storage: Storage, firstStep: Int, persists: Bool) {
        self.storage = storage
        self.firstStep = firstStep
        self.persists = persists
    }

    /// Whether one of the threads gave up.
    var hasFailed: Bool { isFailed.load(ordering: .relaxed) }

    /// Notes that a step was acknowledged.
    func note(step: Int) {
        newestStep.store(step, ordering: .relaxed)
    }

    /// Does one thing after the other until the process ends.
    func run() {
        var round = 0
        while !hasFailed {
            round += 1
            let newest = newestStep.load(ordering: .relaxed)
            if newest <= firstStep { continue }
            do { try run(round, newest: newest) } catch {
                say(persists ? "f \(error)" : "e \(error)")
                if !persists { isFailed.store(true, ordering: .relaxed) }
            }
        }
    }

    private func run(_ round: Int, newest: Int) throws {
        storage.compactBlocks()
        if round % 2 == 0 {
            let to = Int.random(in: firstStep...newest)
            let from = max(0, to - Int.random(in: 0...60))
            say("D \(from) \(to)")
            try storage.delete(
                matching: [[Matcher("number", .matchesPattern, ".*[13579]")]], from: Int64(from) * 1_000,
                through: Int64(to) * 1_000)
            say("d \(from) \(to)")
        }
        if round % 3 == 0 { storage.removeExpiredBlocks() }
        if round % 7 == 3 { try storage.cleanTombstones() }
        if round % 5 == 1 { say("s \(try storage.makeSnapshot(skippingHead: round % 2 == 0))") }
    }
}
