import ApusBytes
import ApusEncoding
import ApusModel

/// Samples of a block.
extension Block {
    /// Appends the samples of a series within a range of time, without the deleted ones; histograms have the hints that are stored.
    func read(
        series number: UInt32, range: ClosedRange<Int64>, scratch: inout ReadScratch, into result: inout SampleColumns
    ) throws(QueryableError) {
        let deleted = tombstones.isEmpty ? nil : tombstones[number]
        let start = result.count
        var isPredecessorDeleted = false
        try forEachChunk(of: number) { chunk throws(QueryableError) in
            if chunk.minimumTime > range.upperBound { return false }
            if chunk.maximumTime < range.lowerBound { return true }
            if let deleted, deleted.covers(chunk.timeRange) {
                isPredecessorDeleted = true
                return true
            }
            let histogram = result.histograms.count
            try read(chunk, range: range, scratch: &scratch, into: &result)
            if isPredecessorDeleted, histogram < result.histograms.count {
                result.histograms[histogram].histogram.forgetPredecessor()
            }
            isPredecessorDeleted = false
            return true
        }
        try demandWholeIndex()
        if let deleted { result.remove(deleted, from: start) }
    }

    /// Appends the samples of a chunk within a range of time.
    func read(
        _ chunk: ChunkEntry, range: ClosedRange<Int64>, scratch: inout ReadScratch, into result: inout SampleColumns
    ) throws(QueryableError) {
        let groups = scratch.groups
        let timestamps = try groups.column(
            .timestamps, at: chunk.timestampOffset, length: chunk.timestampLength, of: self)
        let kept: Range<Int>
        do throws(ColumnError) {
            kept = try scratch.appendTimestamps(
                timestamps, count: chunk.count, limit: chunk.count, range: range, to: &result.timestamps)
        } catch {
            throw damage(columns.path, "timestamps at \(chunk.timestampOffset): \(error)")
        }
        if kept.isEmpty { return }
        let values = try groups.column(.values, at: chunk.valueOffset, length: chunk.valueLength, of: self)
        do throws(ColumnError) {
            try scratch.decoder.decodeSamples(values, count: chunk.count, keeping: kept, into: &result)
        } catch {
            throw damage(columns.path, "values at \(chunk.valueOffset): \(error)")
        }
    }

    /// The kind of a chunk's values (`docs/formats/columns.md`).
    func valueKind(of chunk: ChunkEntry, _ groups: GroupMemory) throws(QueryableError) -> UInt8 {
        let values = try groups.column(.values, at: chunk.valueOffset, length: chunk.valueLength, of: self)
        return unsafe values.unsafeLoad(fromUncheckedByteOffset: 0, as: UInt8.self)
    }

    /// Whether a chunk has native histograms: what these say of the sample before may not hold elsewhere.
    func hasHistograms(_ chunk: ChunkEntry, _ groups: GroupMemory) throws(QueryableError) -> Bool {
        try valueKind(of: chunk, groups) == BlockFormat.histogramKind
    }
}
