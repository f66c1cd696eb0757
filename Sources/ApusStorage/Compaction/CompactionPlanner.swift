/// Decides which blocks are written anew as one.
struct CompactionPlanner {
    /// Blocks that should become one, and why.
    struct Plan {
        /// In the order in which they were written; one or more.
        var sources: [Block]
        var reason: Reason
    }

    /// Why blocks are written anew.
    enum Reason: Sendable, Equatable {
        /// They overlap.
        case overlap
        /// They fill a larger span of time.
        case level
        /// Much of a block was deleted.
        case deletion
        /// All of some series in a block are past their retention.
        case retention
    }

    /// The lengths of blocks by level, each three times the one before; in milliseconds.
    let lengths: [Int64]

    /// Levels from the length of the head's blocks up to `maximum`.
    init(blockRange: Int64, maximum: Int64) {
        var lengths = [max(1, blockRange)]
        while let last = lengths.last, last <= maximum / 3 { lengths.append(last * 3) }
        self.lengths = lengths
    }

    /// What to do next, if anything; blocks for which `isHeldBack` holds are left alone.
    ///
    /// Overlapping blocks come first, so that they are read together once only. The newest block is not part of a
    /// level: whoever copies blocks away gets it as the head wrote it. A span is filled only when it is over.
    func plan(_ blocks: [Block], isHeldBack: (Block) -> Bool) -> Plan? {
        let byTime = blocks.sorted { ($0.header.minimumTime, $0.rank) < ($1.header.minimumTime, $1.rank) }
        var overlapping = Set<String>()
        for group in BlockSet.overlapping(byTime) where group.count > 1 {
            if let plan = plan(byTime[group], .overlap, isHeldBack) { return plan }
            overlapping.formUnion(byTime[group].map(\.identifier))
        }
        // Taken apart, they could change places with each other in the order of writing.
        func isLeftAlone(_ block: Block) -> Bool { overlapping.contains(block.identifier) || isHeldBack(block) }
        guard let newest = byTime.max(by: { $0.header.maximumTime < $1.header.maximumTime }) else { return nil }
        for length in lengths.dropFirst() {
            for group in spans(of: byTime, length: length) where group.count > 1 {
                let end = span(of: byTime[group.lowerBound], length).upperBound
                if end < newest.header.minimumTime, let plan = plan(byTime[group], .level, isLeftAlone) { return plan }
            }
        }
        // What will soon be part of a level is not written twice.
        let long = lengths[lengths.count / 2]
        for block in byTime where block !== newest && block.header.isAsLong(as: long / 2) {
            let isMuch = block.tombstones.series.count > Int(block.header.seriesCount) / 20
            if isMuch, let plan = plan([block], .deletion, isHeldBack) { return plan }
        }
        return nil
    }

    private func plan(
        _ blocks: ArraySlice<Block>, _ reason: Reason, _ isHeldBack: (Block) -> Bool
    ) -> Plan? {
        if blocks.contains(where: isHeldBack) { return nil }
        // What has samples, and what has only roll-ups left, does not become one block.
        if blocks.count > 1, blocks.contains(where: \.hasRolledSeries), !blocks.allSatisfy(\.isRolledUp) { return nil }
        // Offsets in an index have 32 bits.
        let indexBytes = blocks.reduce(0) { $0 + $1.index.count }
        if blocks.count > 1, indexBytes > 1 << 31 { return nil }
        return Plan(sources: blocks.sorted { $0.rank < $1.rank }, reason: reason)
    }

    /// The span of a length, counted from the epoch, in which a block begins.
    private func span(of block: Block, _ length: Int64) -> ClosedRange<Int64> {
        let minimum = block.header.minimumTime
        let remainder = minimum % length
        let start = minimum &- (remainder < 0 ? remainder &+ length : remainder)
        return start...max(start, start.addingReportingOverflow(length - 1).partialValue)
    }

    /// Groups of neighbouring blocks that lie in one span of a length.
    private func spans(of blocks: [Block], length: Int64) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        while start < blocks.count {
            let span = span(of: blocks[start], length)
            var end = start
            while end < blocks.count, span.contains(blocks[end].header.minimumTime),
                span.contains(blocks[end].header.maximumTime)
            {
                end += 1
            }
            if end > start { groups.append(start..<end) }
            start = max(end, start + 1)
        }
        return groups
    }
}

extension BlockFormat.IndexHeader {
    /// Whether the samples span so many milliseconds; a file may claim any two times.
    fileprivate func isAsLong(as length: Int64) -> Bool {
        let (span, overflow) = maximumTime.subtractingReportingOverflow(minimumTime)
        return overflow || span >= length
    }
}
