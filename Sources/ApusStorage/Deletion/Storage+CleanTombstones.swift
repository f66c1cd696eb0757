import Synchronization

extension Storage {
    /// Gives back the space of deleted samples: each block with some is written anew without them, one after the other.
    ///
    /// A block with nothing left goes away. What was deleted from the head is left out when the head is written to a block. Waits for a
    /// compaction of blocks that runs; takes as long as reading and writing the blocks does.
    ///
    /// - Throws: `DeletionError.notCleaned` at the first block that cannot be written; those before it are done.
    package func cleanTombstones() throws(DeletionError) {
        try levels.withLock { _ throws(DeletionError) in
            for block in blocks.withLock({ $0.blocks }) where !block.tombstones.isEmpty {
                guard !isClosing.load(ordering: .relaxed) else { throw .closed }
                let start = monotonicMilliseconds()
                do throws(CompactionError) {
                    try rewrite([block])
                } catch {
                    counters.compactionFailures.add(1, ordering: .relaxed)
                    throw .notCleaned(error.description)
                }
                counters.tombstoneCleanups.add(1, ordering: .relaxed)
                counters.tombstoneCleanupMilliseconds.add(monotonicMilliseconds() - start, ordering: .relaxed)
            }
        }
    }
}
