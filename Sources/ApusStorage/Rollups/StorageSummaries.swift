import ApusModel
import Synchronization

/// Selected series read from the roll-ups of blocks where these may be used, from samples elsewhere.
struct StorageSummaries: SummarySelection {
    /// Where the roll-up of a block tells the whole truth.
    private struct Plan {
        let file: RollupFile
        /// Times in which nothing but the block has samples, cut at ends of buckets where other blocks or the head begin.
        var spans: [ClosedRange<Int64>]
    }

    /// A span of time of which the roll-up of a block is read.
    private struct Piece {
        var span: ClosedRange<Int64>
        var file: RollupFile
        var number: UInt32
    }

    private let selection: StorageSelection
    /// For each block of the querier; `nil` where samples are read.
    private let plans: [Plan?]

    /// The summaries of a selection whose runs lie between multiples of `alignment`; `nil` when there are none.
    init?(_ selection: StorageSelection, alignment: Int64) {
        let querier = selection.querier
        guard alignment > 0, querier.blocks.contains(where: { !$0.rollups.isEmpty }) else { return nil }
        self.selection = selection
        let start = querier.head.earliestTime
        plans = querier.blocks.indices.map { position in
            Self.plan(for: querier.blocks, at: position, headStart: start, alignment: alignment)
        }
        if plans.allSatisfy({ $0 == nil }) { return nil }
    }

    private static func plan(for blocks: [Block], at position: Int, headStart: Int64, alignment: Int64) -> Plan? {
        let block = blocks[position]
        let times = block.timeRange
        guard RollupFormat.times.contains(times.lowerBound), RollupFormat.times.contains(times.upperBound),
            let file = block.rollups.first(where: { alignment % $0.resolution == 0 && !$0.isDamaged })
        else { return nil }
        var others = TimeIntervals()
        if headStart <= times.upperBound { others.insert(headStart ... .max) }
        for (other, neighbour) in blocks.enumerated()
        where other != position && neighbour.header.seriesCount > 0 && neighbour.timeRange.overlaps(times) {
            others.insert(neighbour.timeRange)
        }
        var spans: [ClosedRange<Int64>] = []
        for gap in others.gaps(in: times) {
            // At its own ends a block may have a part of a bucket: what others have of it comes before or after all of that.
            let lower =
                gap.lowerBound == times.lowerBound
                ? gap.lowerBound : RollupFormat.firstStart(from: gap.lowerBound, file.resolution)
            let upper =
                gap.upperBound == times.upperBound
                ? gap.upperBound : RollupFormat.lastEnd(upTo: gap.upperBound, file.resolution)
            if lower <= upper { spans.append(lower...upper) }
        }
        return spans.isEmpty ? nil : Plan(file: file, spans: spans)
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, fields: SampleSummaries.Fields,
        into summaries: inout SampleSummaries
    ) throws(QueryableError) -> Bool {
        let horizon = selection.querier.horizon?.start(of: selection.labels(at: index)) ?? .min
        let first = max(start, horizon)
        guard first <= end else { return true }
        let pieces = pieces(of: index, first...end, isCut: first > start)
        if pieces.isEmpty { return false }
        var next: Int64? = first
        return try selection.withScratch { scratch throws(QueryableError) in
            for piece in pieces {
                guard let begin = next else { break }
                if begin < piece.span.lowerBound {
                    let gap = begin...(piece.span.lowerBound - 1)
                    guard try readSamples(index, gap, fields, &scratch, into: &summaries) else { return false }
                }
                do throws(RollupDamage) {
                    let resolution = piece.file.resolution
                    let buckets =
                        RollupFormat.bucket(
                            of: piece.span.lowerBound, resolution)...RollupFormat.bucket(
                            of: piece.span.upperBound, resolution)
                    let isTold = try scratch.rollups.decode(
                        try piece.file.record(of: piece.number), resolution: resolution, within: buckets,
                        fields: fields, into: &summaries)
                    guard isTold else { return false }
                } catch {
                    // The samples are there; the file is reported and written anew with the next compaction.
                    piece.file.noteDamage()
                    return false
                }
                next = piece.span.upperBound < end ? piece.span.upperBound + 1 : nil
            }
            guard let begin = next else { return true }
            return try readSamples(index, begin...end, fields, &scratch, into: &summaries)
        }
    }

    /// What of a series within a range of time is read from roll-ups, in order of time.
    ///
    /// - Parameter isCut: whether the range begins within a bucket.
    private func pieces(of index: Int, _ range: ClosedRange<Int64>, isCut: Bool) -> [Piece] {
        var pieces: [Piece] = []
        selection.forEachPart(of: index) { part in
            guard part.block >= 0, let plan = plans[Int(part.block)] else { return }
            let block = selection.querier.blocks[Int(part.block)]
            guard block.tombstones[part.number] == nil, !plan.file.isDamaged, plan.file.holds(part.number) else {
                return
            }
            for span in plan.spans where span.overlaps(range) {
                var lower = max(span.lowerBound, range.lowerBound)
                if isCut, span.lowerBound < range.lowerBound {
                    lower = RollupFormat.firstStart(from: range.lowerBound, plan.file.resolution)
                }
                let upper = min(span.upperBound, range.upperBound)
                if lower <= upper { pieces.append(Piece(span: lower...upper, file: plan.file, number: part.number)) }
            }
        }
        // Blocks come in order of time but where they overlap.
        for position in pieces.indices.dropFirst()
        where pieces[position].span.lowerBound < pieces[position - 1].span.lowerBound {
            pieces.sort { $0.span.lowerBound < $1.span.lowerBound }
            break
        }
        return pieces
    }

    /// Appends the samples of a span of time one by one.
    ///
    /// - Returns: `false` when there are native histograms among them.
    private func readSamples(
        _ index: Int, _ range: ClosedRange<Int64>, _ fields: SampleSummaries.Fields, _ scratch: inout ReadScratch,
        into summaries: inout SampleSummaries
    ) throws(QueryableError) -> Bool {
        // Taken out, as the scratch is used for reading.
        var columns = scratch.gap
        scratch.gap = SampleColumns()
        defer { scratch.gap = columns }
        columns.removeAll()
        try selection.read(index, range, &scratch, into: &columns)
        guard columns.histograms.isEmpty else { return false }
        for position in 0..<columns.count where !SpecialValue.isStaleMarker(columns.values[position]) {
            summaries.append(columns.values[position], at: columns.timestamps[position], fields: fields)
        }
        return true
    }
}
