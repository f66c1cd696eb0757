import ApusModel

extension HeadSamples {
    /// What one read of a series takes while the lock is held, beside the bytes of its tail.
    struct Snapshot {
        /// The newest chunk in a file.
        var chain = ChunkLocation.none
        var files = ChunkFiles()
        /// The chunks in memory, which are newer, or none when all of them are too old.
        var chunks: [SealedChunk] = []
        /// How many of the newest samples outside the tail are not visible.
        var hiddenCount = 0
        /// Samples before this are not part of the head.
        var truncatedBefore = Int64.min
        var slot: UInt32 = 0
        var generation: UInt32 = 0
    }

    /// The samples of a series that a querier opened at `sequence` sees; `nil` when the series left the head.
    ///
    /// - Parameter open: takes the visible samples of the tail, whatever their time.
    func snapshot(
        slot: UInt32, generation: UInt32, sequence: UInt64, range: ClosedRange<Int64>, open: inout SampleColumns
    ) -> Snapshot? {
        let index = Int(slot)
        guard index < series.count else { return nil }
        let entry = series[index]
        guard entry.isLive, entry.generation == generation, truncatedBefore <= range.upperBound,
            entry.lastTime >= range.lowerBound, entry.firstTime <= range.upperBound
        else { return nil }
        let lower = max(range.lowerBound, truncatedBefore)
        let visible = visibility.visibleTotal(at: sequence, total: entry.total, newest: entry.newestVersion)
        let hidden = Int(entry.total &- visible)
        let tailCount = Int(entry.tail.count)
        var snapshot = Snapshot(
            hiddenCount: max(0, hidden - tailCount), truncatedBefore: truncatedBefore, slot: slot,
            generation: generation)
        // What is sealed comes before what is not: most often the tail alone tells that it is too old.
        let firstOpen = cells.withBytes(of: entry.cell, count: Int(entry.tailLength)) { SampleTail.firstTime($0) }
        if tailCount == 0 || (firstOpen ?? .max) > lower {
            if let last = sealed[index].last, last.maximumTime >= lower { snapshot.chunks = sealed[index] }
            // Chunks in files come before those in memory.
            if entry.chain != .none, (snapshot.chunks.first?.minimumTime ?? .max) > lower {
                if sealed[index].isEmpty || !snapshot.chunks.isEmpty {
                    snapshot.chain = entry.chain
                    snapshot.files = files
                }
            }
        }
        if hidden < tailCount, (firstOpen ?? .max) <= range.upperBound {
            readTail(index, limit: tailCount - hidden, into: &open)
        }
        return snapshot
    }

    /// Whether a series has samples in a range of time, and its generation.
    @inline(__always)
    func generation(of slot: UInt32, ifOverlapping range: ClosedRange<Int64>) -> UInt32? {
        let index = Int(slot)
        guard index < series.count, series[index].isLive else { return nil }
        if series[index].lastTime > .min, series[index].lastTime >= max(range.lowerBound, truncatedBefore),
            truncatedBefore <= range.upperBound, series[index].firstTime <= range.upperBound
        {
            return series[index].generation
        }
        guard !late.isEmpty, late.hasSamples(slot: slot, generation: series[index].generation, in: range) else {
            return nil
        }
        return series[index].generation
    }
}
