import ApusModel

extension Storage {
    /// A block with series all of whose samples are past their retention, or a roll-up of which, to be written without them.
    func retentionPlan(
        _ set: BlockSet, _ state: inout LevelState, isHeldBack: (Block) -> Bool
    ) -> CompactionPlanner.Plan? {
        guard let horizon = horizon(set) else { return nil }
        state.forgetCheckedRules(unless: retentionSettings.revision)
        for block in set.blocks where block.header.seriesCount > 0 && !isHeldBack(block) {
            // Series are looked at only when one more rule has ended for the block.
            let ended = horizon.endedRules(before: block.header.maximumTime)
            guard ended > state.checkedRules[block.identifier] ?? 0 else { continue }
            do throws(QueryableError) {
                for number in 0..<block.header.seriesCount where try isExpired(number, of: block, horizon) {
                    return CompactionPlanner.Plan(sources: [block], reason: .retention)
                }
                state.checkedRules[block.identifier] = ended
            } catch {
                state.noteFailure(of: [block.identifier], now: monotonicMilliseconds())
                report(.failed(operation: "looking for expired series", reason: error.description))
            }
        }
        return nil
    }

    /// Whether all of a series' samples in a block are past their retention, or a roll-up that outlived them is.
    private func isExpired(
        _ number: UInt32, of block: Block, _ horizon: RetentionHorizon
    ) throws(QueryableError) -> Bool {
        let labels = try block.labelSet(of: number)
        let end = block.header.maximumTime
        guard horizon.sampleStart(of: labels) > end else { return false }
        guard try block.isRolled(number) else { return true }
        let kept = horizon.keptResolutions(of: labels, through: end)
        return block.rollups(holding: number).files.contains { !kept.contains($0.resolution) }
    }
}
