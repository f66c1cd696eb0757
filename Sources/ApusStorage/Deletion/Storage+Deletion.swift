package import ApusModel
import ApusRegex
import Synchronization

extension Storage {
    /// Deletes the samples from `start` through `end` of the series that any of the `selectors` (each a list of matchers) selects.
    ///
    /// Once it returns, nothing of them is in queries or listings, whatever happens to the process; queriers that are open keep their
    /// view. Samples that are appended afterwards are visible, with one exception: a sample that comes out of order between the first and
    /// the last sample that its series had in the head and lost counts as deleted with them, until the head was emptied of that span.
    /// Exemplars stay.
    ///
    /// Waits for a compaction of the head that runs, not for one of blocks. Takes time in proportion to the series selected.
    package func delete(matching selectors: [[Matcher]], from start: Int64, through end: Int64) throws(DeletionError) {
        let compiled: [[CompiledMatcher]]
        do throws(QueryableError) { compiled = try CompiledMatcher.compile(selectors) } catch {
            throw .unselectable(error)
        }
        guard start <= end, !compiled.isEmpty else { return }
        let deletion = Deletion(selectors: compiled, range: start...end)
        try compaction.withLock { state throws(DeletionError) in
            guard !state.isClosed else { throw .closed }
            let change: Deletion.Change
            do throws(QueryableError) { change = try deletion.change(of: blocks.withLock { $0 }, head) } catch {
                throw .unselectable(error)
            }
            // A block that is being written from others gets the deletion before it takes their place.
            state.deletions?.append(deletion)
            try apply(change)
        }
    }

    /// Writes what changes to disk, then shows it all at once.
    private func apply(_ change: Deletion.Change) throws(DeletionError) {
        var written: [Block] = []
        var headTombstones: HeadTombstones?
        var failure: FileError?
        do throws(FileError) {
            if let changed = change.headTombstones {
                try changed.write(dataFolder: folder)
                headTombstones = changed
            }
            for block in change.blocks {
                try block.writeTombstones(to: block.folder)
                written.append(block)
            }
        } catch {
            failure = error
        }
        // Also after a failure: what is shown is what is on disk.
        blocks.withLock { set in
            set.update(written)
            if let headTombstones { set.headTombstones = headTombstones }
        }
        if let failure { throw .notDurable(failure.description) }
    }
}

/// Samples that are to be deleted.
struct Deletion: Sendable {
    let selectors: [[CompiledMatcher]]
    let range: ClosedRange<Int64>

    /// What a deletion changes.
    struct Change {
        /// Blocks with more tombstones than before, which are not written yet.
        var blocks: [Block] = []
        /// The tombstones of the head, when they change.
        var headTombstones: HeadTombstones?
    }

    /// What the deletion changes in a store.
    func change(of set: BlockSet, _ head: Head) throws(QueryableError) -> Change {
        for block in set.unreadable where block.timeRange?.overlaps(range) ?? true {
            throw .unreadable(
                "block \(block.folder) is damaged: \(block.reason); restore it from a backup or remove its folder")
        }
        var change = Change()
        for block in set.blocks {
            if let changed = try self.change(of: block) { change.blocks.append(changed) }
        }
        var tombstones = set.headTombstones
        try head.forEachSeries(matchingAny: selectors, in: range) { labels, first, last in
            tombstones.insert(first...last, of: labels)
        }
        if tombstones != set.headTombstones { change.headTombstones = tombstones }
        return change
    }

    /// A block with the samples deleted; `nil` when it has none of them.
    func change(of block: Block) throws(QueryableError) -> Block? {
        let tombstones = try block.tombstones(deleting: selectors, in: range)
        return tombstones == block.tombstones ? nil : Block(block, tombstones: tombstones)
    }
}

extension Head {
    /// Calls `body` with each series that any of the selectors selects and that has samples in a range of time: its labels and the times
    /// of the first and last of them.
    fileprivate func forEachSeries(
        matchingAny selectors: [[CompiledMatcher]], in range: ClosedRange<Int64>,
        _ body: (_ labels: LabelSet, _ first: Int64, _ last: Int64) -> Void
    ) throws(QueryableError) {
        // Labels are shared with the index; the series are found while it is held, and read after it.
        var selected: [(slot: UInt32, generation: UInt32)] = []
        var labels = HeadLabels()
        try index.withLock { index throws(QueryableError) in
            labels = index.labels
            selected = try index.series(matchingAny: selectors).map { ($0, index.generation(of: $0)) }
        }
        var scratch = ReadScratch()
        var columns = SampleColumns()
        for (slot, generation) in selected {
            columns.removeAll()
            try read(
                slot: slot, generation: generation, sequence: .max, range: range, scratch: &scratch, into: &columns)
            if let first = columns.timestamps.first, let last = columns.timestamps.last {
                body(labels.labelSet(of: slot), first, last)
            }
        }
    }
}

extension Block {
    /// Writes the tombstones into a folder, which need not be the block's yet.
    func writeTombstones(to folder: String) throws(FileError) {
        try SealedFile.write(
            tombstones.encoded(), magic: SealedFile.tombstonesMagic, to: "\(folder)/\(Self.tombstonesName)")
    }
}
