import ApusModel
import Synchronization

extension Storage {
    /// Writes the roll-ups that blocks are old enough for and do not have, block by block.
    ///
    /// The caller holds `levels`. A failure is reported and counted, and the block left alone for a while.
    func rollUpBlocks(_ state: inout LevelState) {
        let rules = retentionSettings.rollups
        let set = blocks.withLock { $0 }
        reportLostRollups(set, &state)
        if rules.isEmpty { return }
        let newest = newestTime(set)
        for block in set.blocks where block.header.seriesCount > 0 {
            if isClosing.load(ordering: .relaxed) { return }
            let due = rules.filter { rule in
                rule.isDue(block, newest: newest) && isMissing(rule.resolution, of: block)
            }
            if due.isEmpty || state.isHeldBack(block.identifier, now: monotonicMilliseconds()) { continue }
            do throws(CompactionError) { try rollUp(block, due) } catch {
                if isClosing.load(ordering: .relaxed) { return }
                counters.compactionFailures.add(1, ordering: .relaxed)
                state.noteFailure(of: [block.identifier], now: monotonicMilliseconds())
                report(.failed(operation: error.operation, reason: error.reason))
            }
        }
    }

    /// Whether a block has no roll-up in a resolution, or one that is damaged and whose samples are there.
    private func isMissing(_ resolution: Int64, of block: Block) -> Bool {
        if let file = block.rollups.first(where: { $0.resolution == resolution }) {
            return file.isDamaged && file.rolledCount == 0
        }
        // What cannot be written anew may still be repaired.
        let name = "/" + RollupFormat.name(of: resolution)
        return !block.damagedRollups.contains { $0.hasSuffix(name) } || !block.lacksSamples()
    }

    /// Reports damaged roll-ups whose samples are gone, each once.
    private func reportLostRollups(_ set: BlockSet, _ state: inout LevelState) {
        for block in set.blocks where block.hasRolledSeries {
            let damaged = block.damagedRollups + block.rollups.filter { $0.isDamaged && $0.rolledCount > 0 }.map(\.path)
            for path in damaged where !state.reportedRollups.contains(path) && block.lacksSamples() {
                state.reportedRollups.insert(path)
                report(.lostRollup(path: path))
            }
        }
    }

    /// Writes roll-ups of a block beside it and shows them.
    private func rollUp(_ block: Block, _ rules: [RollupRule]) throws(CompactionError) {
        let start = monotonicMilliseconds()
        try demandSpace(for: block)
        for rule in rules {
            let path = "\(block.folder)/\(RollupFormat.name(of: rule.resolution))"
            if Folder.length(of: path) > 0, !RollupFile.isOutdated(path) { report(.damagedRollup(path: path)) }
        }
        var writers: [RollupWriter] = []
        do {
            for rule in rules {
                writers.append(try RollupWriter(folder: block.folder, resolution: rule.resolution))
            }
            try write(block, rules, to: &writers)
            for position in writers.indices { try writers[position].finish() }
            guard try publish(writers, of: block) else { return }
            report(
                .rolledUp(
                    block: block.identifier, resolutions: rules.map(\.resolution),
                    milliseconds: monotonicMilliseconds() - start))
        } catch {
            // What cannot be removed now is written over by the next attempt, and not read meanwhile.
            for writer in writers { do throws(FileError) { try Folder.removeFile(writer.temporary) } catch {} }
            throw CompactionError(operation: "rolling up the block \(block.identifier)", reason: "\(error)")
        }
    }

    /// Rolls up every series; deleted samples count, for a series with some is not read from roll-ups.
    private func write(_ block: Block, _ rules: [RollupRule], to writers: inout [RollupWriter]) throws {
        var scratch = ReadScratch()
        var columns = SampleColumns()
        for number in 0..<block.header.seriesCount {
            if isClosing.load(ordering: .relaxed) { throw CancellationError() }
            let labels = try block.labelSet(of: number)
            var isSelected = false
            for (position, rule) in rules.enumerated() {
                if rule.selects(labels) { isSelected = true } else { writers[position].skipSeries() }
            }
            let isRolled = try block.isRolled(number)
            if isRolled {
                for position in writers.indices { derive(number, of: block, &scratch.rollups, to: &writers[position]) }
            } else if isSelected {
                try add(number, of: block, &columns, &scratch, to: &writers)
            }
            for position in writers.indices { try writers[position].endSeries(labels, isRolled: isRolled) }
        }
    }

    /// Adds the samples of a series, a second time for the writers that cannot tell it by buckets.
    private func add(
        _ number: UInt32, of block: Block, _ columns: inout SampleColumns, _ scratch: inout ReadScratch,
        to writers: inout [RollupWriter]
    ) throws(QueryableError) {
        for thins in [false, true] where !thins || writers.contains(where: \.needsThinning) {
            try block.forEachChunk(of: number) { chunk throws(QueryableError) in
                columns.removeAll()
                try block.read(chunk, range: .min ... .max, scratch: &scratch, into: &columns)
                for position in writers.indices {
                    if !thins {
                        writers[position].add(columns)
                    } else if writers[position].needsThinning {
                        writers[position].thin(columns)
                    }
                }
                return true
            }
        }
    }

    /// Adds what a finer roll-up tells of a series without samples.
    private func derive(
        _ number: UInt32, of block: Block, _ decoder: inout RollupDecoder, to writer: inout RollupWriter
    ) {
        let isThinned = block.withRollup(of: number, for: writer.resolution) { record, _ in
            RollupDecoder.isThinned(record)
        }
        guard let isThinned else { return }
        _ = block.withRollup(of: number, for: writer.resolution) { record, resolution throws(RollupDamage) in
            if isThinned {
                let left = try decoder.samples(of: record, resolution: resolution)
                writer.thin(left.samples, weights: left.weights)
            } else {
                for bucket in try decoder.buckets(of: record, resolution: resolution) {
                    writer.add(bucket, of: resolution)
                }
            }
        }
    }

    /// Gives the files their names and shows them.
    ///
    /// - Returns: `false` when the block is not there any more.
    private func publish(_ writers: [RollupWriter], of block: Block) throws -> Bool {
        try compaction.withLock { state in
            if state.isClosed { throw CancellationError() }
            let isThere = blocks.withLock { $0.blocks.contains { $0.identifier == block.identifier } }
            guard isThere else { return false }
            for writer in writers { try writer.publish() }
            let files = RollupFile.files(in: block.folder, seriesCount: block.header.seriesCount)
            blocks.withLock { set in
                // With what was deleted from it meanwhile.
                guard let current = set.blocks.first(where: { $0.identifier == block.identifier }) else { return }
                set.update([Block(current, rollups: files)])
            }
            return true
        }
    }

    /// Refuses to begin when there is not enough space; a roll-up takes a small part of what its block does.
    private func demandSpace(for block: Block) throws(CompactionError) {
        let needed = block.byteCount / 2
        guard let free = reserve.freeBytes(), free < needed + reserve.bytes else { return }
        throw CompactionError(
            operation: "rolling up the block \(block.identifier)",
            reason: "\(needed) bytes and the reserve of \(reserve.bytes) are needed, \(free) are free")
    }
}
