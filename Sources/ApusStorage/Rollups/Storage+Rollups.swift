import ApusModel
import Synchronization

extension Storage {
    /// Writes the roll-ups that blocks are old enough for and do not have, block by block.
    ///
    /// The caller holds `levels`. A failure is reported and counted, and the block left alone for a while.
    func rollUpBlocks(_ state: inout LevelState) {
        let rules = retentionSettings.rollups
        if rules.isEmpty { return }
        let set = blocks.withLock { $0 }
        let newest = newestTime(set)
        for block in set.blocks where block.header.seriesCount > 0 {
            if isClosing.load(ordering: .relaxed) { return }
            let due = rules.filter { rule in
                rule.isDue(block, newest: newest)
                    && !block.rollups.contains { $0.resolution == rule.resolution && !$0.isDamaged }
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

    /// Writes roll-ups of a block beside it and shows them.
    private func rollUp(_ block: Block, _ rules: [RollupRule]) throws(CompactionError) {
        let start = monotonicMilliseconds()
        try demandSpace(for: block)
        for rule in rules {
            let path = "\(block.folder)/\(RollupFormat.name(of: rule.resolution))"
            if Folder.length(of: path) > 0 { report(.damagedRollup(path: path)) }
        }
        var writers: [RollupWriter] = []
        do {
            for rule in rules {
                writers.append(
                    try RollupWriter(
                        folder: block.folder, seriesCount: block.header.seriesCount, resolution: rule.resolution))
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
            var isSelected = false
            for (position, rule) in rules.enumerated() {
                if try rule.selects(number, of: block) { isSelected = true } else { writers[position].skipSeries() }
            }
            if isSelected {
                try block.forEachChunk(of: number) { chunk throws(QueryableError) in
                    columns.removeAll()
                    try block.read(chunk, range: .min ... .max, scratch: &scratch, into: &columns)
                    for position in writers.indices { writers[position].add(columns) }
                    return true
                }
            }
            for position in writers.indices { try writers[position].endSeries() }
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
            for writer in writers {
                try Folder.rename(
                    writer.temporary, to: "\(block.folder)/\(RollupFormat.name(of: writer.resolution))")
            }
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
