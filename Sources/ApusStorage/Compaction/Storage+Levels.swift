import ApusModel
import Synchronization

extension Storage {
    /// Brings blocks together into larger ones, one compaction after the other, until none is due.
    ///
    /// Blocks that overlap become one; of two samples of a series with one time that of the block written later stays. Deleted samples
    /// and those past a rule of retention are left out. Takes as long as reading and writing the blocks does: for a thread of its own; the
    /// head is appended to, queried and compacted meanwhile. A failure is reported and counted; its blocks are left alone for a minute,
    /// longer each time, and the others are gone on with. Roll-ups that are due are written in the end.
    ///
    /// - Returns: the number of compactions done.
    @discardableResult
    package func compactBlocks() -> Int {
        levels.withLock { state in
            var done = 0
            while !isClosing.load(ordering: .relaxed), let plan = nextPlan(&state) {
                do throws(CompactionError) {
                    try rewrite(plan.sources)
                    done += 1
                } catch {
                    if isClosing.load(ordering: .relaxed) { break }
                    counters.compactionFailures.add(1, ordering: .relaxed)
                    state.noteFailure(of: plan.sources.map(\.identifier), now: monotonicMilliseconds())
                    report(.failed(operation: error.operation, reason: error.reason))
                }
            }
            rollUpBlocks(&state)
            return done
        }
    }

    private func nextPlan(_ state: inout LevelState) -> CompactionPlanner.Plan? {
        let set = blocks.withLock { $0 }
        state.keepOnly(Set(set.blocks.map(\.identifier)))
        let settings = retentionSettings
        let maximum = options.maximumBlockRange ?? settings.longestBlock
        let planner = CompactionPlanner(blockRange: options.blockRange, maximum: maximum)
        let rolledPlanner = CompactionPlanner(
            blockRange: options.blockRange, maximum: max(maximum, settings.longestRolledBlock))
        let now = monotonicMilliseconds()
        let heldBack = Set(set.blocks.map(\.identifier).filter { state.isHeldBack($0, now: now) })
        return planner.plan(set.blocks) { heldBack.contains($0.identifier) }
            ?? retentionPlan(set, &state) { heldBack.contains($0.identifier) }
            // What has no samples any more is read seldom and small: its blocks may be longer.
            ?? rolledPlanner.plan(set.blocks.filter(\.isRolledUp)) { heldBack.contains($0.identifier) }
    }

    // MARK: Rewriting

    /// Writes blocks as one that takes their place, without what was deleted from them or is past its retention.
    ///
    /// The caller holds `levels`.
    func rewrite(_ sources: [Block]) throws(CompactionError) {
        let start = monotonicMilliseconds()
        try demandSpace(for: sources)
        // From here on deletions are noted for the new block; those before are seen when the sources are taken anew.
        let current: (sources: [Block], identifier: String)? = compaction.withLock { state in
            state.deletions = []
            let wanted = Set(sources.map(\.identifier))
            return blocks.withLock { set in
                let found = set.blocks.filter { wanted.contains($0.identifier) }.sorted { $0.rank < $1.rank }
                guard found.count == wanted.count else { return nil }
                return (found, set.makeIdentifier(milliseconds: clock.now()))
            }
        }
        defer { compaction.withLock { $0.deletions = nil } }
        guard let current else { return }
        let path = "\(folder)/blocks/\(current.identifier)"
        let temporary = path + BlockFormat.temporaryEnding
        do throws(CompactionError) {
            let header = try write(current.sources, identifier: current.identifier, to: temporary)
            try replace(current.sources, by: header == nil ? nil : temporary, as: path, identifier: current.identifier)
            let duration = monotonicMilliseconds() - start
            counters.compactions.add(1, ordering: .relaxed)
            counters.compactionMilliseconds.add(duration, ordering: .relaxed)
            report(
                .merged(
                    blocks: current.sources.map(\.identifier), into: header == nil ? nil : current.identifier,
                    samples: Int(clamping: header?.sampleCount ?? 0), milliseconds: duration))
        } catch {
            // What cannot be removed now is removed when the store is opened.
            if Folder.isFolder(temporary) { do throws(FileError) { try Folder.remove(temporary) } catch {} }
            throw error
        }
    }

    /// Writes what is left of blocks to a folder.
    ///
    /// - Returns: `nil` when nothing is left and nothing has to be remembered: how far the head was emptied, or whose place the sources had
    ///   taken; then there is no folder.
    private func write(
        _ sources: [Block], identifier: String, to temporary: String
    ) throws(CompactionError) -> BlockFormat.IndexHeader? {
        var lineage = BlockLineage(replacing: sources)
        // Those that could not be removed are still to be taken for left-overs when the store is opened.
        let leftOver = sources.flatMap(\.lineage.parents).filter { Folder.isFolder("\(folder)/blocks/\($0)") }
        lineage.parents += leftOver
        let set = blocks.withLock { $0 }
        let horizon = horizon(set)
        do {
            let newest = sources.map(\.header.maximumTime).max() ?? .min
            let form = options.blockForm(newest: newest, now: clock.now(), isMerged: true)
            var writer = try BlockWriter(folder: temporary, form: form)
            let merger = BlockMerger(sources, horizon: horizon, chunkSamples: form.chunkSamples)
            var carrier = try RollupCarrier(
                sources, horizon: horizon, rules: retentionSettings.rollups, folder: temporary)
            try merger.write(to: &writer, carrier: &carrier) { isClosing.load(ordering: .relaxed) }
            try carrier?.finish()
            if writer.header.seriesCount == 0 {
                let others = set.blocks.filter { !lineage.parents.contains($0.identifier) }.map(\.headBoundary)
                if leftOver.isEmpty, lineage.headBoundary <= others.max() ?? .min {
                    try Folder.remove(temporary)
                    return nil
                }
                // An empty block, which remembers the rest, with a time that it cannot be without.
                writer.setEmptyTime(sources.map(\.header.maximumTime).max() ?? 0)
            }
            try writer.finish(identifier: identifier, lineage: lineage)
            return writer.header
        } catch is CancellationError {
            throw CompactionError(operation: "compacting blocks", reason: "the store is closing")
        } catch {
            let names = sources.map(\.identifier).joined(separator: ", ")
            throw CompactionError(operation: "compacting the blocks \(names)", reason: "\(error)")
        }
    }

    /// Shows the block in `temporary`, if any, in place of its sources, and removes these.
    private func replace(
        _ sources: [Block], by temporary: String?, as path: String, identifier: String
    ) throws(CompactionError) {
        let identifiers = Set(sources.map(\.identifier))
        let isReplaced = try compaction.withLock { state throws(CompactionError) in
            if state.isClosed { throw CompactionError(operation: "compacting blocks", reason: "the store is closing") }
            let present = blocks.withLock { $0.blocks.count { identifiers.contains($0.identifier) } }
            // Retention took one of them meanwhile: the result would bring its samples back.
            guard present == sources.count else { return false }
            var replacement: Block?
            if let temporary {
                try addDeletions(state.deletions ?? [], to: temporary, identifier: identifier)
                replacement = try named(temporary, path, identifier)
            }
            blocks.withLock { set in
                set.remove(identifiers)
                if let replacement { set.insert(replacement) }
            }
            return true
        }
        guard isReplaced else {
            if let temporary {
                do throws(FileError) { try Folder.remove(temporary) } catch {
                    throw CompactionError(operation: "removing \(temporary)", reason: error.description)
                }
            }
            return
        }
        for source in sources {
            do throws(FileError) { try Folder.removeBlock(source.folder) } catch {
                // Its place is taken: it is removed when the store is opened.
                report(.failed(operation: "removing a compacted block", reason: error.description))
            }
        }
    }

    /// Gives a block that was written its name, and opens it under it.
    private func named(
        _ temporary: String, _ path: String, _ identifier: String
    ) throws(CompactionError) -> Block {
        do throws(FileError) { try Folder.rename(temporary, to: path) } catch {
            throw CompactionError(operation: "publishing the block \(path)", reason: error.description)
        }
        do throws(BlockError) { return try Block(folder: path, identifier: identifier) } catch {
            // It was readable a moment ago; its sources still are.
            do throws(FileError) { try Folder.removeBlock(path) } catch {
                report(.failed(operation: "removing the block \(path)", reason: error.description))
            }
            throw CompactionError(operation: "opening the block \(path)", reason: error.reason)
        }
    }

    /// Applies what was deleted while a block was written to the block.
    private func addDeletions(
        _ deletions: [Deletion], to temporary: String, identifier: String
    ) throws(CompactionError) {
        do {
            // Also without deletions: what cannot be read takes nobody's place.
            var block = try Block(folder: temporary, identifier: identifier)
            for deletion in deletions { block = try deletion.change(of: block) ?? block }
            if !block.tombstones.isEmpty { try block.writeTombstones(to: temporary) }
        } catch let error as BlockError {
            throw CompactionError(operation: "opening the block \(temporary)", reason: error.reason)
        } catch {
            throw CompactionError(operation: "deleting from the block \(temporary)", reason: "\(error)")
        }
    }

    /// Refuses what would not fit beside its sources.
    private func demandSpace(for sources: [Block]) throws(CompactionError) {
        let needed = sources.reduce(0) { $0 + $1.byteCount }
        guard let free = reserve.freeBytes(), free < needed + reserve.bytes else { return }
        throw CompactionError(
            operation: "compacting blocks",
            reason: "\(needed) bytes and the reserve of \(reserve.bytes) are needed, \(free) are free")
    }
}
