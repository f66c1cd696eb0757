import ApusModel

extension Storage {
    /// A block with series all of whose samples are past their retention, to be written without them.
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
                for number in 0..<block.header.seriesCount
                where horizon.start(of: try block.labelSet(of: number)) > block.header.maximumTime {
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
}
