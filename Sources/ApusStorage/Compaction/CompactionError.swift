/// Why the head could not be written to a block, or what followed could not be done; it is tried again later.
package struct CompactionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried.
    package let operation: String
    /// The cause, naming the file.
    package let reason: String

    package var description: String { "\(operation): \(reason)" }
}

/// What a compaction leaves for later.
struct CompactionState {
    /// The store was closed: nothing may be written any more.
    var isClosed = false
    /// The time before which the head can be emptied once the queriers opened before `epoch` are gone.
    ///
    /// `range` and `sequence` are those of the block: late samples that came after it was begun stay.
    var pendingTruncation: (time: Int64, epoch: UInt64, range: ClosedRange<Int64>, sequence: UInt64)?
    /// When the head is compacted again after a failure.
    var retry = RetryDelay(first: 10_000, longest: 300_000)
    /// The deletions since the writing of a block from other blocks began; `nil` while none is written.
    var deletions: [Deletion]?
}
