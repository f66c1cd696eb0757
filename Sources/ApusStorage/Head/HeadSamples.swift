import ApusBytes
import ApusEncoding
import ApusModel

/// The samples of the head by slot: a tail of unsealed samples, sealed chunks in memory, and a chain of chunks in files.
struct HeadSamples {
    /// The most histograms of a tail: each of them takes the memory of many floats.
    static let maximumTailHistograms = 8

    /// What is kept of each slot.
    struct Series {
        var tail = SampleTail()
        /// The time of the newest sample; `Int64.min` when there was none.
        var lastTime = Int64.min
        /// The time of the oldest sample; `Int64.max` when there was none.
        var firstTime = Int64.max
        var newestVersion = -1
        /// The newest chunk in a file.
        var chain = ChunkLocation.none
        var generation: UInt32 = 0
        /// All samples ever appended, modulo 2³².
        var total: UInt32 = 0
        var cell = TailCells.none
        var tailLength: UInt16 = 0
        /// Whether the tail before took a large cell.
        var isLong = false
        var isLive = false
        /// Made since the last truncation: may still be without samples.
        var isFresh = false
        /// Whether there are histograms in the tail.
        var hasHistograms = false
        /// Whether the newest sample is a histogram.
        var isHistogram = false
        /// The number of the newest sample when that is a histogram in the tail.
        var newestHistogram = UInt32.max

        /// Counts a sample that is newer than all before.
        @inline(__always)
        mutating func note(_ timestamp: Int64) {
            total &+= 1
            lastTime = timestamp
            if timestamp < firstTime { firstTime = timestamp }
        }
    }

    var series: [Series] = []
    /// Sealed chunks that are in no file yet, by slot.
    var sealed: [[SealedChunk]] = []
    var cells = TailCells()
    /// The histograms of the tails.
    var histograms = HistogramPool()
    var encoder = ColumnEncoder()
    var writer = ByteWriter()
    var scratch = SampleColumns()
    /// The files of the chains.
    var files = ChunkFiles()
    var visibility = VisibilityLog()
    /// The number of the newest batch.
    var sequence: UInt64 = 0
    /// Grows with every block that is published.
    var epoch: UInt64 = 0
    /// The samples that are older than the newest of their series.
    var late = LateSamples()
    /// The time of the oldest sample that came in order; `Int64.max` when there is none.
    var inOrderMinimumTime = Int64.max
    /// The time of the oldest sample; `Int64.max` when there is none.
    var minimumTime: Int64 { min(inOrderMinimumTime, late.minimumTime) }
    /// The time of the newest sample ever; `Int64.min` when there was none.
    var maximumTime = Int64.min
    /// The sealed chunks in memory.
    var sealedCount = 0
    /// The bytes of the sealed chunks in memory.
    var sealedBytes = 0
    /// Samples before this may still lie in chunks that reach beyond it, but are no longer part of the head.
    var truncatedBefore = Int64.min

    /// Makes room for a new series.
    mutating func insert(slot: UInt32, generation: UInt32) {
        makeRoom(for: slot)
        clear(Int(slot))
        series[Int(slot)] = Series(generation: generation, isLive: true, isFresh: true)
    }

    /// Empties a slot.
    mutating func remove(slot: UInt32) {
        guard Int(slot) < series.count else { return }
        clear(Int(slot))
        series[Int(slot)] = Series()
    }

    private mutating func makeRoom(for slot: UInt32) {
        while series.count <= Int(slot) {
            series.append(Series())
            sealed.append([])
        }
    }

    /// Takes over a series as a checkpoint has it; its tail holds no histograms.
    mutating func restore(
        slot: UInt32, generation: UInt32, firstTime: Int64, lastTime: Int64, chain: ChunkLocation, tail: SampleTail,
        tailBytes: RawSpan, isHistogram: Bool
    ) {
        makeRoom(for: slot)
        clear(Int(slot))
        var entry = Series(
            tail: tail, lastTime: lastTime, firstTime: firstTime, chain: chain, generation: generation, isLive: true)
        entry.isHistogram = isHistogram
        if tailBytes.byteCount > 0 {
            entry.cell = cells.take(size: tailBytes.byteCount)
            entry.tailLength = UInt16(tailBytes.byteCount)
            cells.fill(entry.cell, with: tailBytes)
        }
        series[Int(slot)] = entry
        inOrderMinimumTime = min(inOrderMinimumTime, firstTime)
        maximumTime = max(maximumTime, lastTime)
    }

    /// Forgets samples before `time`, which are in blocks, without looking for series that have nothing left.
    mutating func begin(at time: Int64) {
        truncatedBefore = max(truncatedBefore, time)
        if inOrderMinimumTime != .max { inOrderMinimumTime = max(inOrderMinimumTime, time) }
    }

    mutating func clear(_ index: Int) {
        releaseTail(index)
        late.remove(slot: UInt32(index))
        dropSealed(index, sealed[index].count)
        series[index].chain = .none
    }

    mutating func dropSealed(_ index: Int, _ count: Int) {
        guard count > 0 else { return }
        sealedCount -= count
        for chunk in sealed[index].prefix(count) { sealedBytes -= chunk.bytes.count }
        if count == sealed[index].count { sealed[index] = [] } else { sealed[index].removeFirst(count) }
    }

    /// The number of slots.
    var slotCount: Int { series.count }

    /// The bytes of memory of tails.
    var tailMemoryBytes: Int { cells.memoryBytes }

    /// The chunks in memory and in files.
    var chunkCount: Int { sealedCount + files.chunkCount }
}
