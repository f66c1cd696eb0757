import ApusModel

extension HeadSamples {
    /// What a checkpoint takes of a series while the lock is held.
    struct Frozen {
        var slot: UInt32
        var series: Series
        /// Where the bytes of the tail lie in those of the slice.
        var tail: Range<Int>
        /// The chunks in memory, which are to be written before the series is.
        var chunks: [SealedChunk]
    }

    /// Takes what is needed to write series of some slots to files.
    ///
    /// - Parameters:
    ///   - isWhole: whether tails are wanted, and series without chunks in memory; tails with histograms are sealed for it.
    ///   - tails: takes the bytes of tails.
    mutating func freeze(_ slots: Range<Int>, isWhole: Bool, tails: inout [UInt8]) -> [Frozen] {
        var result: [Frozen] = []
        for index in slots.clamped(to: 0..<series.count) where series[index].isLive {
            if isWhole, series[index].hasHistograms { seal(index) }
            guard isWhole || !sealed[index].isEmpty else { continue }
            let start = tails.count
            let entry = series[index]
            if isWhole { cells.append(entry.cell, count: Int(entry.tailLength), to: &tails) }
            result.append(
                Frozen(slot: UInt32(index), series: entry, tail: start..<tails.count, chunks: sealed[index]))
        }
        return result
    }

    /// Lets the chunks of a series that were written go from memory.
    mutating func noteWritten(_ written: Frozen, chain: ChunkLocation) {
        let index = Int(written.slot)
        guard index < series.count, series[index].isLive, series[index].generation == written.series.generation,
            let last = written.chunks.last
        else { return }
        // A truncation in between has removed chunks from the front.
        dropSealed(index, sealed[index].prefix { $0.maximumTime <= last.maximumTime }.count)
        series[index].chain = chain
    }
}
