import ApusModel

/// Series of a block whose samples are gone, so that only roll-ups tell of them.
extension Block {
    /// Whether no series has samples any more.
    var isRolledUp: Bool { hasRolledSeries && header.sampleCount == 0 && header.seriesCount > 0 }

    /// Whether any series has no samples any more; looks at all of them where damage hides it.
    func lacksSamples() -> Bool {
        if rollups.contains(where: { $0.rolledCount > 0 }) { return true }
        return (0..<header.seriesCount).contains { (try? isRolled($0)) == true }
    }

    /// Whether a series has no samples any more.
    func isRolled(_ number: UInt32) throws(QueryableError) -> Bool {
        guard hasRolledSeries else { return false }
        var hasChunk = false
        try forEachChunk(of: number) { _ throws(QueryableError) in
            hasChunk = true
            return false
        }
        return !hasChunk
    }

    /// The files that have a record of a series, the coarsest first; damaged records are passed over.
    func rollups(holding number: UInt32) -> (files: [RollupFile], damagedPath: String?) {
        var files: [RollupFile] = []
        var damagedPath = damagedRollups.first
        for file in rollups {
            do throws(RollupDamage) {
                let record = try file.record(of: number)
                if record.byteCount == 0 { continue }
                if RollupDecoder.isWhole(record) {
                    files.append(file)
                    continue
                }
            } catch {
                // As a record that is not whole.
            }
            file.noteDamage()
            damagedPath = file.path
        }
        return (files, damagedPath)
    }

    /// The roll-up that tells most of a series without samples for windows between multiples of `alignment`, 0 for none: the coarsest whose
    /// buckets lie between them, else the finest.
    ///
    /// - Returns: `nil` as file when there is none left, and the path of one that is damaged and would have been better.
    func bestRollup(of number: UInt32, alignment: Int64) -> (file: RollupFile?, isAligned: Bool, damagedPath: String?) {
        let (files, damagedPath) = rollups(holding: number)
        if alignment > 0, let file = files.first(where: { alignment % $0.resolution == 0 }) {
            return (file, true, nil)
        }
        return (files.last, false, files.isEmpty ? damagedPath ?? folder : nil)
    }

    /// Calls `body` with the record of a series in a resolution, or in the coarsest finer one that divides it, and that.
    ///
    /// - Returns: `nil` when there is none that can be read.
    func withRollup<Result>(
        of number: UInt32, for resolution: Int64, _ body: (RawSpan, Int64) throws(RollupDamage) -> Result
    ) -> Result? {
        for file in rollups(holding: number).files where resolution % file.resolution == 0 {
            do throws(RollupDamage) {
                return try body(try file.record(of: number), file.resolution)
            } catch {
                file.noteDamage()
            }
        }
        return nil
    }

    /// Appends what is left of a series without samples within a range of time as samples.
    ///
    /// These are the first and the last of each bucket, and a staleness marker that followed it; of what was deleted a bucket is left out
    /// whole.
    func readRolled(
        series number: UInt32, range: ClosedRange<Int64>, scratch: inout ReadScratch,
        into result: inout SampleColumns
    ) {
        guard let file = rollups(holding: number).files.last else { return }
        do throws(RollupDamage) {
            let record = try file.record(of: number)
            var left = try samples(of: record, file.resolution, number, around: range, &scratch.rollups)
            left.samples.keepOnly(range)
            result.append(left.samples)
        } catch {
            file.noteDamage()
        }
    }

    /// The samples that are left of a series, without what was deleted.
    func samples(
        of record: RawSpan, _ resolution: Int64, _ number: UInt32, around range: ClosedRange<Int64> = .min ... .max,
        _ decoder: inout RollupDecoder
    ) throws(RollupDamage) -> ThinnedSamples {
        guard let deleted = tombstones[number] else {
            return try decoder.samples(of: record, resolution: resolution, around: range)
        }
        if RollupDecoder.isThinned(record) {
            var left = try decoder.samples(of: record, resolution: resolution, around: range)
            let times = left.samples.timestamps
            left.weights = left.weights.indices.filter { !deleted.contains(times[$0]) }.map { left.weights[$0] }
            left.samples.remove(deleted, from: 0)
            return left
        }
        return ThinnedSamples(
            try decoder.buckets(of: record, resolution: resolution).filter {
                $0.count == 0 || !deleted.overlaps($0.times)
            })
    }

    /// Whether a series without samples has something left in a range of time that was not deleted.
    func hasRolledSamples(
        of number: UInt32, in range: ClosedRange<Int64>, _ decoder: inout RollupDecoder
    ) -> Bool {
        guard let file = rollups(holding: number).files.last, let record = try? file.record(of: number),
            let left = try? samples(of: record, file.resolution, number, around: range, &decoder)
        else { return false }
        return left.samples.timestamps.contains { range.contains($0) }
    }
}

extension SampleColumns {
    /// Forgets the samples outside of a range of time.
    fileprivate mutating func keepOnly(_ range: ClosedRange<Int64>) {
        guard let first = timestamps.first, let last = timestamps.last else { return }
        if range.contains(first), range.contains(last) { return }
        var outside = TimeIntervals()
        if range.lowerBound > .min { outside.insert(.min...range.lowerBound - 1) }
        if range.upperBound < .max { outside.insert(range.upperBound + 1 ... .max) }
        remove(outside, from: 0)
    }
}
