import ApusModel

/// Writes the roll-ups of a block that takes the place of others, so that what they tell outlives the samples.
///
/// Series whose samples are past their time stay in the block without samples, as long as a roll-up of them is kept.
struct RollupCarrier {
    private let horizon: RetentionHorizon
    private let rules: [RollupRule]
    private var writers: [RollupWriter] = []
    private var decoder = RollupDecoder()
    private var columns = SampleColumns()

    /// A carrier for a block in `folder`; `nil` when every series of its sources has samples and keeps them.
    ///
    /// Several sources have all of their series without samples, or none.
    init?(
        _ sources: [Block], horizon: RetentionHorizon?, rules: [RollupRule], folder: String
    ) throws(FileError) {
        guard let horizon, horizon.keepsRollups else { return nil }
        let isRolled = sources.contains(where: \.hasRolledSeries)
        let isExpiring = sources.count == 1 && horizon.endedRules(before: sources[0].header.maximumTime) > 0
        guard isRolled || isExpiring else { return nil }
        self.horizon = horizon
        self.rules = rules
        for rule in rules { writers.append(try RollupWriter(folder: folder, resolution: rule.resolution)) }
    }

    /// Writes a series without samples, if it is one or becomes one.
    ///
    /// - Parameter parts: the series in each block that has it, in the order of writing.
    /// - Returns: whether the series is done with: it was written, or nothing of it is kept.
    mutating func carry(
        _ labels: LabelSet, _ parts: [(block: Block, number: UInt32)], to writer: inout BlockWriter,
        scratch: inout ReadScratch
    ) throws -> Bool {
        let end = parts.map(\.block.header.maximumTime).max() ?? .min
        var isRolled = false
        for part in parts where try part.block.isRolled(part.number) {
            isRolled = true
            // As with damaged samples: the block stays as it is, so that what can be repaired is not thrown away.
            if let path = part.block.rollups(holding: part.number).damagedPath {
                throw part.block.damage(path, "a roll-up whose samples are gone")
            }
        }
        guard isRolled || horizon.sampleStart(of: labels) > end else { return false }
        let kept = horizon.keptResolutions(of: labels, through: end)
        var times: ClosedRange<Int64>?
        for position in writers.indices {
            guard kept.contains(writers[position].resolution) else {
                writers[position].skipSeries()
                continue
            }
            if isRolled {
                times = Self.joined(times, addRollups(of: parts, to: position))
            } else {
                try addSamples(of: parts, from: .min, to: [position], &scratch)
                for part in parts { times = Self.joined(times, try part.block.times(of: part.number)) }
            }
        }
        guard let times, writers.contains(where: \.hasSeries) else {
            for position in writers.indices { writers[position].forgetSeries() }
            return true
        }
        try writer.add(rolledUp: labels.run.span, times: times)
        for position in writers.indices { try writers[position].endSeries(labels, isRolled: true) }
        return true
    }

    /// Rolls up a series that was written with its samples.
    mutating func rollUp(
        _ labels: LabelSet, _ parts: [(block: Block, number: UInt32)], scratch: inout ReadScratch
    ) throws {
        for position in writers.indices where !rules[position].selects(labels) { writers[position].skipSeries() }
        try addSamples(of: parts, from: horizon.start(of: labels), to: Array(writers.indices), &scratch)
        for position in writers.indices { try writers[position].endSeries(labels, isRolled: false) }
    }

    /// Makes the files durable and names them; those that are not needed are removed.
    mutating func finish() throws(FileError) {
        let isNeeded = writers.contains { $0.hasRolledSeries }
        for position in writers.indices {
            guard isNeeded, !writers[position].isEmpty else {
                try Folder.removeFile(writers[position].temporary)
                continue
            }
            try writers[position].finish()
            try writers[position].publish()
        }
    }

    /// Adds the samples of all parts to the writers at some positions.
    private mutating func addSamples(
        of parts: [(block: Block, number: UInt32)], from start: Int64, to positions: [Int], _ scratch: inout ReadScratch
    ) throws(QueryableError) {
        for thins in [false, true] where !thins || positions.contains(where: { writers[$0].needsThinning }) {
            for part in parts {
                columns.removeAll()
                try part.block.read(series: part.number, range: start ... .max, scratch: &scratch, into: &columns)
                for position in positions {
                    if !thins {
                        writers[position].add(columns)
                    } else if writers[position].needsThinning {
                        writers[position].thin(columns)
                    }
                }
            }
        }
    }

    /// Adds what is left of all parts to the writer at a position; gives its times.
    private mutating func addRollups(
        of parts: [(block: Block, number: UInt32)], to position: Int
    ) -> ClosedRange<Int64>? {
        let resolution = writers[position].resolution
        let isThinned = parts.contains { part in
            part.block.withRollup(of: part.number, for: resolution) { record, _ in RollupDecoder.isThinned(record) }
                ?? false
        }
        return isThinned ? addThinned(of: parts, to: position) : addBuckets(of: parts, to: position)
    }

    private mutating func addThinned(
        of parts: [(block: Block, number: UInt32)], to position: Int
    ) -> ClosedRange<Int64>? {
        var runs: [ThinnedSamples] = []
        for part in parts {
            let left = part.block.withRollup(of: part.number, for: writers[position].resolution) {
                record, resolution throws(RollupDamage) in
                try part.block.samples(of: record, resolution, part.number, &decoder)
            }
            if let left, left.samples.count > 0 { runs.append(left) }
        }
        runs.sort { $0.samples.timestamps[0] < $1.samples.timestamps[0] }
        var times: ClosedRange<Int64>?
        for run in runs {
            guard let first = run.samples.timestamps.first, let last = run.samples.timestamps.last else { continue }
            // What overlaps was written twice: the earlier one stays.
            if let known = times, first <= known.upperBound { continue }
            times = Self.joined(times, first...last)
            writers[position].thin(run.samples, weights: run.weights)
        }
        return times
    }

    private mutating func addBuckets(
        of parts: [(block: Block, number: UInt32)], to position: Int
    ) -> ClosedRange<Int64>? {
        var times: ClosedRange<Int64>?
        var all: [(bucket: RollupBucket, resolution: Int64, end: Int64)] = []
        for part in parts {
            let deleted = part.block.tombstones[part.number]
            let found = part.block.withRollup(of: part.number, for: writers[position].resolution) {
                record, resolution throws(RollupDamage) in
                (buckets: try decoder.buckets(of: record, resolution: resolution), resolution: resolution)
            }
            guard let found else { continue }
            for bucket in found.buckets {
                if bucket.count > 0 {
                    if let deleted, deleted.overlaps(bucket.times) { continue }
                    times = Self.joined(times, bucket.times)
                }
                all.append((bucket, found.resolution, bucket.end &* found.resolution))
            }
        }
        // Blocks come in the order of writing, which need not be that of time.
        all.sort { ($0.end, $0.bucket.firstTime) < ($1.end, $1.bucket.firstTime) }
        for entry in all { writers[position].add(entry.bucket, of: entry.resolution) }
        return times
    }

    private static func joined(_ one: ClosedRange<Int64>?, _ other: ClosedRange<Int64>?) -> ClosedRange<Int64>? {
        guard let one, let other else { return one ?? other }
        return min(one.lowerBound, other.lowerBound)...max(one.upperBound, other.upperBound)
    }
}

extension Block {
    /// The times of the first and the last sample of a series; `nil` without any.
    fileprivate func times(of number: UInt32) throws(QueryableError) -> ClosedRange<Int64>? {
        var times: ClosedRange<Int64>?
        try forEachChunk(of: number) { chunk throws(QueryableError) in
            let first = times?.lowerBound ?? chunk.minimumTime
            times = first...max(first, chunk.maximumTime)
            return true
        }
        return times
    }
}
