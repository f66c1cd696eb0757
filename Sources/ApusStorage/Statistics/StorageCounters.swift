import Synchronization

/// Counts of what happened since the store was opened.
final class StorageCounters: Sendable {
    let corruptions = Atomic<Int>(0)
    let replayMilliseconds = Atomic<Int>(0)
    let syncs = Atomic<Int>(0)
    let syncMilliseconds = Atomic<Int>(0)
    let syncFailures = Atomic<Int>(0)
    let compactions = Atomic<Int>(0)
    let compactionFailures = Atomic<Int>(0)
    let compactionMilliseconds = Atomic<Int>(0)
    let truncationFailures = Atomic<Int>(0)
    let checkpointFailures = Atomic<Int>(0)

    func noteSync(milliseconds: Int) {
        syncs.add(1, ordering: .relaxed)
        syncMilliseconds.add(milliseconds, ordering: .relaxed)
    }
}
