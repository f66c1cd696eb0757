import Synchronization

extension Storage {
    /// From where on samples count by the rules of retention; `nil` without rules.
    func horizon(_ blocks: BlockSet) -> RetentionHorizon? {
        options.retentionRules.isEmpty ? nil : RetentionHorizon(options, newest: newestTime(blocks))
    }

    /// The time of the newest sample of all; `Int64.min` when there is none.
    func newestTime(_ blocks: BlockSet) -> Int64 {
        max(head.samples.withLock { $0.maximumTime }, blocks.maximumTime ?? .min)
    }

    /// Removes the blocks whose newest sample is older than the retention time, counted back from the newest sample of all.
    ///
    /// Counting from data and not from the clock means that a wrong clock or a long stop removes nothing. Queriers that are open go on
    /// reading removed blocks.
    package func removeExpiredBlocks() {
        compaction.withLock { state in
            if !state.isClosed { removeExpiredBlocksLocked() }
        }
    }

    private func removeExpiredBlocksLocked() {
        let set = blocks.withLock { $0 }
        let (limit, overflow) = newestTime(set).subtractingReportingOverflow(options.retention)
        if overflow { return }
        let expired = set.blocks.filter { $0.header.maximumTime < limit }
        let unreadable = set.unreadable.filter { $0.timeRange.map { $0.upperBound < limit } ?? false }.map(\.folder)
        blocks.withLock { set in
            set.remove(Set(expired.map(\.identifier)))
            set.unreadable.removeAll { unreadable.contains($0.folder) }
        }
        for folder in expired.map(\.folder) + unreadable {
            do throws(FileError) {
                try Folder.removeBlock(folder)
                report(.expired(block: folder))
            } catch {
                report(.failed(operation: "removing an expired block", reason: error.description))
            }
        }
    }
}
