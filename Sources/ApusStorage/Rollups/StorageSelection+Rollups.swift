import ApusModel

/// Where only roll-ups of selected series are left.
extension StorageSelection {
    /// The span of a series, within some times, that is told by roll-ups whose buckets do not all lie between multiples of `alignment`, 0
    /// for none; `nil` when there is none.
    func rolledSpan(of index: Int, from start: Int64, through end: Int64, alignment: Int64) -> RolledSpan? {
        guard querier.hasRolledSeries else { return nil }
        let start = max(start, querier.horizon?.start(of: labels(at: index)) ?? .min)
        guard start <= end else { return nil }
        let range = start...end
        var span: RolledSpan?
        forEachPart(of: index) { part in
            guard part.block >= 0 else { return }
            let block = querier.blocks[Int(part.block)]
            guard block.hasRolledSeries, (try? block.isRolled(part.number)) == true else { return }
            let best = block.bestRollup(of: part.number, alignment: alignment)
            guard best.damagedPath != nil || !best.isAligned else { return }
            let resolution = best.file?.resolution ?? 0
            guard let times = block.bucketTimes(resolution), times.overlaps(range) else { return }
            let other = RolledSpan(
                resolution: resolution, range: times.clamped(to: range), damagedPath: best.damagedPath)
            span = span?.joined(with: other) ?? other
        }
        return span
    }
}

extension Block {
    /// The times that buckets of a resolution cover which have samples of the block.
    fileprivate func bucketTimes(_ resolution: Int64) -> ClosedRange<Int64>? {
        let times = timeRange.clamped(to: RollupFormat.times)
        guard resolution > 0 else { return times }
        let first = (RollupFormat.bucket(of: times.lowerBound, resolution) &- 1) &* resolution &+ 1
        return first...max(first, RollupFormat.bucket(of: times.upperBound, resolution) &* resolution)
    }
}
