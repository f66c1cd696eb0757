import Synchronization

extension Storage {
    /// Drops samples and series from the head that are older than `time`.
    ///
    /// Late samples of the range of a block go that came with batches up to `sequence`.
    ///
    /// - Returns: `false` when a querier that was opened before `epoch` still needs them; nothing was dropped then.
    func truncateHead(before time: Int64, epoch: UInt64, late range: ClosedRange<Int64>, _ sequence: UInt64) -> Bool {
        appender.withLock { appender in
            defer { counters.note(appender) }
            let freed: [UInt32]? = head.samples.withLock { samples in
                if samples.visibility.isOpen(before: epoch) { return nil }
                samples.removeLate(range, through: sequence)
                return samples.truncate(before: time)
            }
            guard let freed else { return false }
            guard !freed.isEmpty else { return true }
            let gone = Set(freed)
            // Built beside the old one, which only the holder of the appender changes.
            let larger = head.index.withLock { $0 }
            let smaller = larger.keeping { !gone.contains($0) }
            head.index.withLock { $0 = smaller }
            head.growth.withLock { $0.noteGone(freed, in: larger) }
            appender.free(freed)
            return true
        }
    }

    /// Counts and reports chunks of the head that could not be read, and so are in no block.
    func note(_ damages: [ChunkDamage]) {
        for damage in damages {
            counters.corruptions.add(1, ordering: .relaxed)
            report(.damagedHead(path: damage.path, offset: damage.offset, reason: damage.reason))
        }
    }
}
