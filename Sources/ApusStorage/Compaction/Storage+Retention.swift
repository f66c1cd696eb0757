import Synchronization

extension Storage {
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
        let newestInHead = head.samples.withLock { $0.maximumTime }
        let expired = blocks.withLock { blocks -> [String] in
            guard let newest = [newestInHead, blocks.maximumTime ?? .min].max(), newest > .min else { return [] }
            let (limit, overflow) = newest.subtractingReportingOverflow(options.retention)
            if overflow { return [] }
            let folders =
                blocks.blocks.filter { $0.header.maximumTime < limit }.map(\.folder)
                + blocks.unreadable.filter { $0.timeRange.map { $0.upperBound < limit } ?? false }.map(\.folder)
            blocks.blocks.removeAll { $0.header.maximumTime < limit }
            blocks.unreadable.removeAll { folders.contains($0.folder) }
            return folders
        }
        for folder in expired {
            do throws(FileError) {
                try Folder.rename(folder, to: folder + BlockFormat.deletedEnding)
                try Folder.remove(folder + BlockFormat.deletedEnding)
                report(.expired(block: folder))
            } catch {
                report(.failed(operation: "removing an expired block", reason: error.description))
            }
        }
    }
}
