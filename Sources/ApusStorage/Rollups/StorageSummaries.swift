import ApusModel
import Synchronization

/// Selected series read from the roll-ups of blocks where these may be used or nothing else is left, from samples elsewhere.
struct StorageSummaries: SummarySelection {
    /// A span of time of which the roll-up of a block is read.
    private struct Piece {
        var span: ClosedRange<Int64>
        var file: RollupFile
        var number: UInt32
        /// Whether the block has no samples of the series.
        var isRolled: Bool
        /// What was deleted of the series; buckets that have some of it are gone whole.
        var deleted: TimeIntervals?
    }

    private let selection: StorageSelection
    private let alignment: Int64
    /// For each block of the querier the times in which nothing but the block has samples; empty where samples are read.
    private let gaps: [[ClosedRange<Int64>]]

    /// The summaries of a selection whose runs lie between multiples of `alignment`; `nil` when there are none.
    init?(_ selection: StorageSelection, alignment: Int64) {
        let querier = selection.querier
        guard alignment > 0, querier.blocks.contains(where: { !$0.rollups.isEmpty }) else { return nil }
        self.selection = selection
        self.alignment = alignment
        let start = querier.head.earliestTime
        gaps = querier.blocks.indices.map { position in
            Self.gaps(of: querier.blocks, at: position, headStart: start, alignment: alignment)
        }
        if gaps.allSatisfy(\.isEmpty) { return nil }
    }

    private static func gaps(
        of blocks: [Block], at position: Int, headStart: Int64, alignment: Int64
    ) -> [ClosedRange<Int64>] {
        let block = blocks[position]
        let times = block.timeRange
        let isUseful =
            block.hasRolledSeries || block.rollups.contains { alignment % $0.resolution == 0 && !$0.isDamaged }
        guard isUseful, RollupFormat.times.contains(times.lowerBound), RollupFormat.times.contains(times.upperBound)
        else { return [] }
        var others = TimeIntervals()
        if headStart <= times.upperBound { others.insert(headStart ... .max) }
        for (other, neighbour) in blocks.enumerated()
        where other != position && neighbour.header.seriesCount > 0 && neighbour.timeRange.overlaps(times) {
            others.insert(neighbour.timeRange)
        }
        return others.gaps(in: times)
    }

    func rolledSpan(of index: Int, from start: Int64, through end: Int64) -> RolledSpan? {
        selection.rolledSpan(of: index, from: start, through: end, alignment: alignment)
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, fields: SampleSummaries.Fields,
        into summaries: inout SampleSummaries
    ) throws(QueryableError) -> SummaryOutcome {
        let horizon = selection.querier.horizon?.start(of: selection.labels(at: index)) ?? .min
        let first = max(start, horizon)
        guard first <= end else { return .exact }
        let (pieces, rolledTimes) = try pieces(of: index, first...end, isCut: first > start)
        if pieces.isEmpty, rolledTimes.isEmpty { return .none }
        var outcome = SummaryOutcome.exact
        // Where blocks share a bucket, the first and the last sample of those parts of it that only roll-ups tell stand for all of them.
        func readGap(_ gap: ClosedRange<Int64>, _ scratch: inout ReadScratch) throws(QueryableError) -> Bool {
            if rolledTimes.contains(where: { $0.overlaps(gap) }) { outcome = .estimated }
            return try readSamples(index, gap, fields, &scratch, into: &summaries)
        }
        var next: Int64? = first
        return try selection.withScratch { scratch throws(QueryableError) in
            for piece in pieces {
                guard let begin = next else { break }
                if begin < piece.span.lowerBound {
                    guard try readGap(begin...(piece.span.lowerBound - 1), &scratch) else { return .none }
                }
                let known = summaries.count
                let pieceOutcome = read(piece, fields, &scratch, into: &summaries)
                if known > 0, known < summaries.count, summaries.lastTimes[known] <= summaries.lastTimes[known - 1] {
                    // Only a wrong file has buckets outside of its block's time.
                    piece.file.noteDamage()
                    return .none
                }
                switch pieceOutcome {
                case .none: return .none
                case .estimated: outcome = .estimated
                case .exact: break
                }
                next = piece.span.upperBound < end ? piece.span.upperBound + 1 : nil
            }
            guard let begin = next else { return outcome }
            return try readGap(begin...end, &scratch) ? outcome : .none
        }
    }

    func readThinned(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns,
        weights: inout [Double]
    ) throws(QueryableError) -> Bool {
        let horizon = selection.querier.horizon?.start(of: selection.labels(at: index)) ?? .min
        let first = max(start, horizon)
        guard first <= end else { return true }
        let pieces = try pieces(of: index, first...end, isCut: first > start).pieces
        if pieces.isEmpty { return false }
        var next: Int64? = first
        return try selection.withScratch { scratch throws(QueryableError) in
            for piece in pieces {
                guard let begin = next else { break }
                if begin < piece.span.lowerBound {
                    var gap = SampleColumns()
                    try selection.read(index, begin...(piece.span.lowerBound - 1), &scratch, into: &gap)
                    columns.appendWhole(gap, weights: [], to: &weights, within: piece.span.lowerBound - 1)
                }
                var left = ThinnedSamples()
                do throws(RollupDamage) {
                    let record = try piece.file.record(of: piece.number)
                    guard RollupDecoder.isThinned(record), piece.deleted == nil else { return false }
                    left = try scratch.rollups.samples(
                        of: record, resolution: piece.file.resolution, around: piece.span)
                } catch {
                    piece.file.noteDamage()
                    return false
                }
                columns.appendWhole(
                    left.samples, weights: left.weights, to: &weights, from: begin, within: piece.span.upperBound)
                next = piece.span.upperBound < end ? piece.span.upperBound + 1 : nil
            }
            guard let begin = next else { return true }
            var gap = SampleColumns()
            try selection.read(index, begin...end, &scratch, into: &gap)
            columns.appendWhole(gap, weights: [], to: &weights, within: end)
            return true
        }
    }

    private func read(
        _ piece: Piece, _ fields: SampleSummaries.Fields, _ scratch: inout ReadScratch,
        into summaries: inout SampleSummaries
    ) -> SummaryOutcome {
        let resolution = piece.file.resolution
        let buckets =
            RollupFormat.bucket(
                of: piece.span.lowerBound, resolution)...RollupFormat.bucket(
                of: piece.span.upperBound, resolution)
        do throws(RollupDamage) {
            if let deleted = piece.deleted {
                let record = try piece.file.record(of: piece.number)
                if RollupDecoder.isThinned(record) { return .none }
                var outcome = SummaryOutcome.exact
                for bucket in try scratch.rollups.buckets(of: record, resolution: resolution, within: buckets)
                where bucket.count > 0 && !deleted.overlaps(bucket.times) {
                    summaries.append(bucket, fields: fields)
                    if bucket.lacks(fields) { outcome = .estimated }
                }
                return outcome
            }
            return try scratch.rollups.decode(
                try piece.file.record(of: piece.number), resolution: resolution, within: buckets, fields: fields,
                estimates: piece.isRolled, into: &summaries)
        } catch {
            // Where the samples are there, the file is written anew with the next compaction.
            piece.file.noteDamage()
            return .none
        }
    }

    /// What of a series within a range of time is read from roll-ups, in order of time.
    ///
    /// - Parameter isCut: whether the range begins within a bucket.
    /// - Returns: beside them the times of blocks without samples of the series.
    private func pieces(
        of index: Int, _ range: ClosedRange<Int64>, isCut: Bool
    ) throws(QueryableError) -> (pieces: [Piece], rolledTimes: [ClosedRange<Int64>]) {
        var pieces: [Piece] = []
        var rolledTimes: [ClosedRange<Int64>] = []
        var parts: [StorageSelection.Part] = []
        selection.forEachPart(of: index) { part in
            guard part.block >= 0 else { return }
            let position = Int(part.block)
            if !gaps[position].isEmpty || selection.querier.blocks[position].hasRolledSeries { parts.append(part) }
        }
        for part in parts {
            let block = selection.querier.blocks[Int(part.block)]
            let isRolled = try block.isRolled(part.number)
            if isRolled { rolledTimes.append(block.timeRange) }
            guard isRolled || block.tombstones[part.number] == nil else { continue }
            let file =
                isRolled
                ? block.bestRollup(of: part.number, alignment: alignment).file
                : block.rollups.first { alignment % $0.resolution == 0 && !$0.isDamaged && $0.holds(part.number) }
            guard let file else { continue }
            for gap in gaps[Int(part.block)] {
                guard let span = Self.span(gap, of: block, file.resolution), span.overlaps(range) else { continue }
                var lower = max(span.lowerBound, range.lowerBound)
                if isCut, span.lowerBound < range.lowerBound {
                    lower = RollupFormat.firstStart(from: range.lowerBound, file.resolution)
                }
                let upper = min(span.upperBound, range.upperBound)
                if lower <= upper {
                    pieces.append(
                        Piece(
                            span: lower...upper, file: file, number: part.number, isRolled: isRolled,
                            deleted: block.tombstones[part.number]))
                }
            }
        }
        // Blocks come in order of time but where they overlap.
        for position in pieces.indices.dropFirst()
        where pieces[position].span.lowerBound < pieces[position - 1].span.lowerBound {
            pieces.sort { $0.span.lowerBound < $1.span.lowerBound }
            break
        }
        return (pieces, rolledTimes)
    }

    /// The whole buckets of a gap; at its own ends a block may have a part of a bucket, what others have of it comes before or after all of
    /// that.
    private static func span(_ gap: ClosedRange<Int64>, of block: Block, _ resolution: Int64) -> ClosedRange<Int64>? {
        let times = block.timeRange
        let lower =
            gap.lowerBound == times.lowerBound
            ? gap.lowerBound : RollupFormat.firstStart(from: gap.lowerBound, resolution)
        let upper =
            gap.upperBound == times.upperBound ? gap.upperBound : RollupFormat.lastEnd(upTo: gap.upperBound, resolution)
        return lower <= upper ? lower...upper : nil
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
        guard columns.histograms.isEmpty, columns.timestamps.first ?? .max > summaries.lastTimes.last ?? .min else {
            return false
        }
        for position in 0..<columns.count where !SpecialValue.isStaleMarker(columns.values[position]) {
            summaries.append(columns.values[position], at: columns.timestamps[position], fields: fields)
        }
        return true
    }
}

extension SampleColumns {
    /// Appends the samples of others up to a time that come after these and are no staleness markers; the first of them follows nothing that
    /// it knows of.
    ///
    /// - Parameter others: how many samples each stands for; one where it is empty.
    fileprivate mutating func appendWhole(
        _ other: SampleColumns, weights others: [Double], to weights: inout [Double], from start: Int64 = .min,
        within end: Int64
    ) {
        var next = 0
        var isFirst = true
        for position in 0..<other.count {
            let time = other.timestamps[position]
            var histogram: NativeHistogram?
            if next < other.histograms.count, other.histograms[next].position == position {
                histogram = other.histograms[next].histogram
                next += 1
            }
            guard time >= start, time <= end, time > timestamps.last ?? .min,
                !SpecialValue.isStaleMarker(histogram?.sum ?? other.values[position])
            else { continue }
            if var histogram {
                if isFirst { histogram.forgetPredecessor() }
                append(histogram, at: time)
            } else {
                append(other.values[position], at: time)
            }
            isFirst = false
            weights.append(others.isEmpty ? 1 : others[position])
        }
    }
}
