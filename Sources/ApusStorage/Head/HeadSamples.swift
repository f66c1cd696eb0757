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

    private(set) var series: [Series] = []
    /// Sealed chunks that are in no file yet, by slot.
    private var sealed: [[SealedChunk]] = []
    private var cells = TailCells()
    /// The histograms of the tails.
    private var histograms = HistogramPool()
    private var encoder = ColumnEncoder()
    private var writer = ByteWriter()
    private var scratch = SampleColumns()
    /// The files of the chains.
    var files = ChunkFiles()
    var visibility = VisibilityLog()
    /// The number of the newest batch.
    var sequence: UInt64 = 0
    /// Grows with every block that is published.
    var epoch: UInt64 = 0
    /// The samples that are older than the newest of their series.
    private(set) var late = LateSamples()
    /// The time of the oldest sample that came in order; `Int64.max` when there is none.
    private(set) var inOrderMinimumTime = Int64.max
    /// The time of the oldest sample; `Int64.max` when there is none.
    var minimumTime: Int64 { min(inOrderMinimumTime, late.minimumTime) }
    /// The time of the newest sample ever; `Int64.min` when there was none.
    private(set) var maximumTime = Int64.min
    /// The sealed chunks in memory.
    private(set) var sealedCount = 0
    /// The bytes of the sealed chunks in memory.
    private(set) var sealedBytes = 0
    /// Samples before this may still lie in chunks that reach beyond it, but are no longer part of the head.
    private(set) var truncatedBefore = Int64.min

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

    // MARK: Appending

    /// Appends a sample that is newer than all of its series.
    @inline(__always)
    mutating func append(_ value: Double, at timestamp: Int64, slot: UInt32) {
        let index = Int(slot)
        note(timestamp, index)
        if Self.append(value, at: timestamp, to: &series[index], &cells, limit: Self.tailLimit(slot)) { seal(index) }
    }

    /// Appends the floats of a batch at some positions, each newer than all of its series.
    mutating func append(_ batch: borrowing SampleBatch, _ positions: Span<Int>) {
        var next = 0
        while next < positions.count {
            if let full = append(batch, positions, from: &next) { seal(full) }
        }
    }

    /// Appends from the position number `next` on until a tail is full.
    ///
    /// In one go over the slots: looking for each sample whether the arrays are shared takes as long as appending it.
    ///
    /// - Returns: the series with the full tail; `nil` when all were appended.
    private mutating func append(
        _ batch: borrowing SampleBatch, _ positions: Span<Int>, from next: inout Int
    ) -> Int? {
        let references = batch.references.span
        let values = batch.values.span
        let timestamps = batch.timestamps.span
        let common = batch.timestamp
        let isNoted = visibility.hasOpenQueriers
        var (oldest, newest) = (inOrderMinimumTime, maximumTime)
        var full: Int?
        // Out of here while the other parts change.
        var series: [Series] = []
        swap(&series, &self.series)
        defer { swap(&series, &self.series) }
        var entries = series.mutableSpan
        while next < positions.count {
            let position = positions[next]
            let slot = references[position].slot
            let index = Int(slot)
            let timestamp = timestamps.isEmpty ? common : timestamps[position]
            next += 1
            if isNoted {
                entries[index].newestVersion = visibility.note(
                    sequence: sequence, total: entries[index].total, newest: entries[index].newestVersion)
            }
            entries[index].note(timestamp)
            oldest = min(oldest, timestamp)
            newest = max(newest, timestamp)
            if Self.append(
                values[position], at: timestamp, to: &entries[index], &cells, limit: Self.tailLimit(slot))
            {
                full = index
                break
            }
        }
        (inOrderMinimumTime, maximumTime) = (oldest, newest)
        return full
    }

    /// The most samples in the tail of a slot: the series of a scrape would all be sealed at once, so those of some are earlier.
    @inline(__always)
    private static func tailLimit(_ slot: UInt32) -> UInt8 {
        UInt8(SampleTail.maximumCount) - UInt8(truncatingIfNeeded: slot & 7)
    }

    /// Appends to the tail of a series where it is: a copy of what was just written would wait for the writing.
    ///
    /// - Returns: whether the tail is full.
    @inline(__always)
    private static func append(
        _ value: Double, at timestamp: Int64, to entry: inout Series, _ cells: inout TailCells, limit: UInt8
    ) -> Bool {
        // Most tails are as long as the one before: no need to begin in a small cell.
        if entry.cell == TailCells.none, entry.isLong { entry.cell = cells.take(size: TailCells.maximumSize) }
        let (cell, length) = entry.tail.append(
            value, at: timestamp, to: &cells, cell: entry.cell, length: Int(entry.tailLength))
        entry.cell = cell
        entry.tailLength = UInt16(truncatingIfNeeded: length)
        entry.newestHistogram = .max
        entry.isHistogram = false
        return length > SampleTail.fullLength || entry.tail.count >= limit
    }

    /// Appends a histogram that is newer than all samples of its series.
    ///
    /// Its hint is found anew, for only what was stored before it counts.
    mutating func append(_ histogram: NativeHistogram, at timestamp: Int64, slot: UInt32) {
        let index = Int(slot)
        note(timestamp, index)
        let previous = series[index].newestHistogram
        let number = histograms.insert(histogram, after: previous == .max ? nil : previous)
        if Self.append(histogram: number, at: timestamp, to: &series[index], &cells) { seal(index) }
    }

    private static func append(
        histogram number: UInt32, at timestamp: Int64, to entry: inout Series, _ cells: inout TailCells
    ) -> Bool {
        let (cell, length) = entry.tail.append(
            histogram: number, at: timestamp, to: &cells, cell: entry.cell, length: Int(entry.tailLength))
        entry.cell = cell
        entry.tailLength = UInt16(truncatingIfNeeded: length)
        entry.hasHistograms = true
        entry.newestHistogram = number
        entry.isHistogram = true
        return Int(entry.tail.count) >= maximumTailHistograms || length > SampleTail.fullLength
    }

    /// Adds a sample that is older than the newest of its series.
    mutating func insertLate(_ value: Double, _ histogram: NativeHistogram?, at timestamp: Int64, slot: UInt32) {
        guard Int(slot) < series.count, series[Int(slot)].isLive else { return }
        late.insert(
            value, histogram, at: timestamp, slot: slot, generation: series[Int(slot)].generation, sequence: sequence)
        maximumTime = max(maximumTime, timestamp)
    }

    /// Removes late samples that are in a block.
    mutating func removeLate(_ range: ClosedRange<Int64>, through sequence: UInt64) {
        late.remove(range, through: sequence)
    }

    @inline(__always)
    private mutating func note(_ timestamp: Int64, _ index: Int) {
        if visibility.hasOpenQueriers {
            series[index].newestVersion = visibility.note(
                sequence: sequence, total: series[index].total, newest: series[index].newestVersion)
        }
        series[index].note(timestamp)
        if timestamp < inOrderMinimumTime { inOrderMinimumTime = timestamp }
        if timestamp > maximumTime { maximumTime = timestamp }
    }

    /// The bytes of the tail of a series.
    private func tailBytes(_ index: Int) -> [UInt8] {
        cells.bytes(of: series[index].cell, count: Int(series[index].tailLength))
    }

    private func histogramNumbers(_ index: Int) -> [UInt32] {
        let entry = series[index]
        return cells.withBytes(of: entry.cell, count: Int(entry.tailLength)) {
            SampleTail.histogramNumbers($0, count: Int(entry.tail.count))
        }
    }

    /// Appends the first samples of the tail of a series.
    private func readTail(_ index: Int, limit: Int, into columns: inout SampleColumns) {
        let entry = series[index]
        let histograms = histograms
        cells.withBytes(of: entry.cell, count: Int(entry.tailLength)) { bytes in
            do throws(SampleTail.Damage) {
                try SampleTail.read(bytes, count: Int(entry.tail.count), limit: limit, into: &columns) {
                    histograms[$0]
                }
            } catch {
                // What was written here reads back.
                assertionFailure("the tail of slot \(index) cannot be read: \(error)")
            }
        }
    }

    /// Encodes the tail of a series as a chunk.
    private mutating func seal(_ index: Int) {
        // Out of the head while it is filled from it, so that nothing of the head is copied.
        var samples = SampleColumns()
        swap(&samples, &scratch)
        samples.removeAll()
        readTail(index, limit: .max, into: &samples)
        releaseTail(index)
        if samples.count > 0 {
            let chunk = SealedChunk(samples, encoder: &encoder, writer: &writer)
            sealedBytes += chunk.bytes.count
            sealed[index].append(chunk)
            sealedCount += 1
        }
        swap(&samples, &scratch)
    }

    private mutating func releaseTail(_ index: Int) {
        if series[index].hasHistograms {
            for number in histogramNumbers(index) { histograms.remove(number) }
            series[index].hasHistograms = false
            series[index].newestHistogram = .max
        }
        series[index].isLong = Int(series[index].tailLength) + 8 > TailCells.smallestSize
        cells.giveBack(series[index].cell)
        series[index].cell = TailCells.none
        series[index].tailLength = 0
        series[index].tail = SampleTail()
    }

    private mutating func clear(_ index: Int) {
        releaseTail(index)
        late.remove(slot: UInt32(index))
        dropSealed(index, sealed[index].count)
        series[index].chain = .none
    }

    private mutating func dropSealed(_ index: Int, _ count: Int) {
        guard count > 0 else { return }
        sealedCount -= count
        for chunk in sealed[index].prefix(count) { sealedBytes -= chunk.bytes.count }
        if count == sealed[index].count { sealed[index] = [] } else { sealed[index].removeFirst(count) }
    }

    // MARK: Reading

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

    // MARK: Truncation

    /// Removes what is older than `time`: whole series and chunks in memory at once, what is in files with its file.
    ///
    /// - Returns: the slots of series that have nothing left and were freed.
    mutating func truncate(before time: Int64) -> [UInt32] {
        var freed: [UInt32] = []
        truncatedBefore = max(truncatedBefore, time)
        // What was late may be older than what was forgotten long ago.
        let time = truncatedBefore
        inOrderMinimumTime = Int64.max
        for index in 0..<series.count where series[index].isLive {
            if series[index].lastTime >= time {
                if series[index].firstTime < time { series[index].firstTime = firstTime(index, notBefore: time) }
                inOrderMinimumTime = min(inOrderMinimumTime, series[index].firstTime)
                series[index].isFresh = false
                dropSealed(index, sealed[index].prefix { $0.maximumTime < time }.count)
            } else if series[index].isFresh, series[index].lastTime == .min {
                series[index].isFresh = false
            } else if !late.hasSamples(slot: UInt32(index), generation: series[index].generation) {
                clear(index)
                series[index].isLive = false
                freed.append(UInt32(index))
            }
        }
        while let last = series.last, !last.isLive {
            // The generation of a slot lives on with the appender.
            series.removeLast()
            sealed.removeLast()
        }
        compactMemory()
        return freed
    }

    /// The time of the first sample at or after `time` of a series that has one.
    ///
    /// What is decoded for it is little: once some series begins within a minute of `time`, the least it can be is good enough.
    private mutating func firstTime(_ index: Int, notBefore time: Int64) -> Int64 {
        if inOrderMinimumTime <= time.addingReportingOverflow(60_000).partialValue { return time }
        var samples = SampleColumns()
        if let snapshot = snapshot(
            slot: UInt32(index), generation: series[index].generation, sequence: .max, range: time...(.max),
            open: &samples)
        {
            var scratch = ReadScratch()
            var sealed = SampleColumns()
            do throws(ChunkDamage) {
                try snapshot.read(range: time...(.max), &scratch, into: &sealed)
            } catch {
                return time
            }
            if let first = sealed.timestamps.first { return first }
        }
        return samples.timestamps.first { $0 >= time } ?? time
    }

    /// Gives memory back that was for more series than there are.
    private mutating func compactMemory() {
        if series.capacity > 2 * series.count + 1_024 {
            series = Array(series)
            sealed = Array(sealed)
        }
        guard cells.isSparse else { return }
        var moved = TailCells()
        for index in 0..<series.count where series[index].cell != TailCells.none {
            let bytes = tailBytes(index)
            series[index].cell = moved.take(size: bytes.count)
            moved.fill(series[index].cell, with: unsafe bytes.span.bytes)
        }
        cells = moved
    }

    // MARK: Files

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

    /// The number of slots.
    var slotCount: Int { series.count }

    /// The bytes of memory of tails.
    var tailMemoryBytes: Int { cells.memoryBytes }

    /// The chunks in memory and in files.
    var chunkCount: Int { sealedCount + files.chunkCount }
}
