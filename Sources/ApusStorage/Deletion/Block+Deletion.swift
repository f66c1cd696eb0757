import ApusModel
import ApusRegex

extension Block {
    /// Those of some series, ascending, that have a sample in a range of time which was not deleted.
    ///
    /// Only series with deleted times are looked at: the others may have none in the range, as ever.
    func visible(_ numbers: [UInt32], in range: ClosedRange<Int64>) throws(QueryableError) -> [UInt32] {
        if tombstones.isEmpty { return numbers }
        var result: [UInt32] = []
        result.reserveCapacity(numbers.count)
        var scratch = ReadScratch()
        for number in numbers {
            guard let deleted = tombstones[number] else {
                result.append(number)
                continue
            }
            if try hasSamples(of: number, outside: deleted, in: range, scratch: &scratch) { result.append(number) }
        }
        return result
    }

    /// The tombstones of this block after a deletion.
    func tombstones(
        deleting selectors: [[CompiledMatcher]], in range: ClosedRange<Int64>
    ) throws(QueryableError) -> Tombstones {
        guard timeRange.overlaps(range) else { return tombstones }
        let clamped = range.clamped(to: timeRange)
        var numbers: [UInt32] = []
        for number in try series(matchingAny: selectors) {
            if tombstones[number]?.covers(clamped) == true { continue }
            if try isRolled(number) {
                numbers.append(number)
            } else if try hasChunk(of: number, in: clamped) {
                numbers.append(number)
            }
        }
        return numbers.isEmpty ? tombstones : tombstones.adding(clamped, to: numbers)
    }

    /// Whether a chunk of a series overlaps a range of time.
    private func hasChunk(of number: UInt32, in range: ClosedRange<Int64>) throws(QueryableError) -> Bool {
        var isFound = false
        try forEachChunk(of: number) { chunk throws(QueryableError) in
            isFound = chunk.timeRange.overlaps(range)
            return !isFound && chunk.minimumTime <= range.upperBound
        }
        return isFound
    }

    /// Whether a series has samples in a range of time beside the deleted ones.
    private func hasSamples(
        of number: UInt32, outside deleted: TimeIntervals, in range: ClosedRange<Int64>, scratch: inout ReadScratch
    ) throws(QueryableError) -> Bool {
        if try isRolled(number) { return hasRolledSamples(of: number, in: range, &scratch.rollups) }
        var isFound = false
        var isDecided = true
        try forEachChunk(of: number) { chunk throws(QueryableError) in
            if chunk.minimumTime > range.upperBound { return false }
            if chunk.maximumTime < range.lowerBound { return true }
            // Both ends are times of samples.
            isFound =
                range.contains(chunk.minimumTime) && !deleted.contains(chunk.minimumTime)
                || range.contains(chunk.maximumTime) && !deleted.contains(chunk.maximumTime)
            if !deleted.covers(chunk.timeRange.clamped(to: range)) { isDecided = false }
            return !isFound
        }
        if isFound || isDecided { return isFound }
        var columns = SampleColumns()
        try read(series: number, range: range, scratch: &scratch, into: &columns)
        return columns.count > 0
    }
}
