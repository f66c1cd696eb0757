import ApusBytes
import ApusEncoding
import ApusModel

/// The samples of the head by slot: a small open buffer and sealed chunks per series.
struct HeadSamples {
    /// The samples that a series holds unencoded.
    static let openCapacity = 32
    /// The same of a series with histograms, each of which takes the memory of many samples.
    static let openHistogramCapacity = 8
    /// So many sealed chunks of one size are encoded again as one, which is smaller, up to `chunkCapacity` samples.
    static let buffersPerChunk = 4
    /// The most samples of a sealed chunk.
    static let chunkCapacity = 128
    private static let slotsPerPage = 128

    private struct Series {
        var generation: UInt32 = 0
        /// All samples ever appended, modulo 2³².
        var total: UInt32 = 0
        /// Those of them that left the head.
        var dropped: UInt32 = 0
        var openCount: UInt32 = 0
        var newestVersion = -1
        /// The time of the newest sample; `Int64.min` when there was none.
        var lastTime = Int64.min
        var isLive = false
        /// Made since the last truncation: may still be without samples.
        var isFresh = false
        /// A bit for each open sample that is a histogram: its value is the number in `histograms`.
        var openHistograms: UInt32 = 0
    }

    private var series: [Series] = []
    private var sealed: [[SealedChunk]] = []
    private var timestampPages: [[Int64]] = []
    private var valuePages: [[Double]] = []
    /// The open samples that are histograms.
    private var histograms = HistogramPool()
    private var encoder = ColumnEncoder()
    private var decoder = ColumnDecoder()
    private var writer = ByteWriter()
    private var merged = SampleColumns()
    var visibility = VisibilityLog()
    /// The number of the newest batch.
    var sequence: UInt64 = 0
    /// Grows with every block that is published.
    var epoch: UInt64 = 0
    /// The time of the oldest sample; `Int64.max` when there is none.
    private(set) var minimumTime = Int64.max
    /// The time of the newest sample ever; `Int64.min` when there was none.
    private(set) var maximumTime = Int64.min
    private(set) var chunkCount = 0
    /// Samples before this may still lie in chunks that reach beyond it, but are no longer part of the head.
    private(set) var truncatedBefore = Int64.min

    /// Makes room for a new series.
    mutating func insert(slot: UInt32, generation: UInt32) {
        while series.count <= Int(slot) {
            series.append(Series())
            sealed.append([])
        }
        chunkCount -= sealed[Int(slot)].count
        sealed[Int(slot)] = []
        releaseHistograms(Int(slot))
        series[Int(slot)] = Series(generation: generation, isLive: true, isFresh: true)
    }

    /// Empties a slot.
    mutating func remove(slot: UInt32) {
        guard Int(slot) < series.count else { return }
        chunkCount -= sealed[Int(slot)].count
        sealed[Int(slot)] = []
        releaseHistograms(Int(slot))
        series[Int(slot)] = Series()
    }

    /// Appends a sample that is newer than all of its series.
    @inline(__always)
    mutating func append(_ value: Double, at timestamp: Int64, slot: UInt32) {
        let openCount = place(value, at: timestamp, slot: slot)
        if openCount == Self.openCapacity { seal(Int(slot)) }
    }

    /// Appends a histogram that is newer than all samples of its series.
    ///
    /// Its hint is found anew, for only what was stored before it counts.
    mutating func append(_ histogram: NativeHistogram, at timestamp: Int64, slot: UInt32) {
        let index = Int(slot)
        let bit = series[index].openCount
        let previous = openHistogram(index, at: Int(bit) - 1)
        let number = histograms.insert(histogram, after: previous)
        let openCount = place(Double(bitPattern: UInt64(number)), at: timestamp, slot: slot)
        series[index].openHistograms |= 1 << bit
        if openCount >= Self.openHistogramCapacity { seal(index) }
    }

    /// Puts a sample behind the others of an open buffer, which has room, and gives their number.
    @inline(__always)
    private mutating func place(_ value: Double, at timestamp: Int64, slot: UInt32) -> Int {
        let index = Int(slot)
        let page = index / Self.slotsPerPage
        while timestampPages.count <= page {
            timestampPages.append(Array(repeating: 0, count: Self.slotsPerPage * Self.openCapacity))
            valuePages.append(Array(repeating: 0, count: Self.slotsPerPage * Self.openCapacity))
        }
        var entry = series[index]
        entry.newestVersion = visibility.note(sequence: sequence, total: entry.total, newest: entry.newestVersion)
        let position = (index % Self.slotsPerPage) * Self.openCapacity + Int(entry.openCount)
        timestampPages[page][position] = timestamp
        valuePages[page][position] = value
        entry.total &+= 1
        entry.openCount += 1
        entry.lastTime = timestamp
        series[index] = entry
        minimumTime = min(minimumTime, timestamp)
        maximumTime = max(maximumTime, timestamp)
        return Int(entry.openCount)
    }

    /// The number in `histograms` of an open sample, `nil` when it is a float or not there.
    private func openHistogram(_ index: Int, at position: Int) -> UInt32? {
        guard position >= 0, series[index].openHistograms & (1 << UInt32(position)) != 0 else { return nil }
        let value = valuePages[index / Self.slotsPerPage][
            (index % Self.slotsPerPage) * Self.openCapacity + position]
        return UInt32(truncatingIfNeeded: value.bitPattern)
    }

    /// Appends the open samples at some positions to columns.
    private func copyOpen(_ positions: Range<Int>, of index: Int, to columns: inout SampleColumns) {
        let page = index / Self.slotsPerPage
        let start = (index % Self.slotsPerPage) * Self.openCapacity
        let range = (start + positions.lowerBound)..<(start + positions.upperBound)
        let mask = series[index].openHistograms
        if mask == 0 {
            columns.timestamps.append(contentsOf: timestampPages[page][range])
            columns.values.append(contentsOf: valuePages[page][range])
            return
        }
        for position in positions {
            let timestamp = timestampPages[page][start + position]
            if let number = openHistogram(index, at: position) {
                columns.append(histograms[number], at: timestamp)
            } else {
                columns.append(valuePages[page][start + position], at: timestamp)
            }
        }
    }

    /// Forgets the histograms of an open buffer that is emptied.
    private mutating func releaseHistograms(_ index: Int) {
        guard series[index].openHistograms != 0 else { return }
        for position in 0..<Int(series[index].openCount) {
            if let number = openHistogram(index, at: position) { histograms.remove(number) }
        }
        series[index].openHistograms = 0
    }

    /// What one read of a series takes while the lock is held, beside the samples of its open buffer.
    struct Snapshot {
        /// The sealed chunks, or none when all of them are too old.
        var chunks: [SealedChunk] = []
        /// The samples visible in them.
        var visibleCount = 0
        /// Samples before this are not part of the head.
        var truncatedBefore = Int64.min
    }

    /// The samples of a series that a querier opened at `sequence` sees; `nil` when the series left the head.
    ///
    /// - Parameter open: takes the samples of the open buffer that are visible and in the range.
    func snapshot(
        slot: UInt32, generation: UInt32, sequence: UInt64, range: ClosedRange<Int64>, open: inout SampleColumns
    ) -> Snapshot? {
        let index = Int(slot)
        guard index < series.count else { return nil }
        let entry = series[index]
        guard entry.isLive, entry.generation == generation, truncatedBefore <= range.upperBound,
            entry.lastTime >= range.lowerBound
        else { return nil }
        let lower = max(range.lowerBound, truncatedBefore)
        let total = visibility.visibleTotal(at: sequence, total: entry.total, newest: entry.newestVersion)
        // Samples that were dropped and not visible cannot be: dropping waits for queriers that would miss them.
        let visible = max(0, Int(Int32(truncatingIfNeeded: total &- entry.dropped)))
        let sealedCount = Int(entry.total &- entry.dropped &- entry.openCount)
        var snapshot = Snapshot(visibleCount: min(visible, sealedCount), truncatedBefore: truncatedBefore)
        let start = (index % Self.slotsPerPage) * Self.openCapacity
        let times = timestampPages[index / Self.slotsPerPage]
        // What is sealed comes before what is open: most often the open buffer alone tells that it is too old.
        let isOpenEnough = entry.openCount > 0 && times[start] <= lower
        if sealedCount > 0, !isOpenEnough, let last = sealed[index].last, last.maximumTime >= lower {
            snapshot.chunks = sealed[index]
        }
        if entry.openCount > 0, visible > sealedCount {
            var first = 0
            var end = min(visible - sealedCount, Int(entry.openCount))
            while end > 0, times[start + end - 1] > range.upperBound { end -= 1 }
            if end > 0, times[start] < lower {
                first = end
                while times[start + first - 1] >= lower { first -= 1 }
            }
            if first < end { copyOpen(first..<end, of: index, to: &open) }
        }
        return snapshot
    }

    /// Whether a series has samples in a range of time, and its generation.
    @inline(__always)
    func generation(of slot: UInt32, ifOverlapping range: ClosedRange<Int64>) -> UInt32? {
        let index = Int(slot)
        guard index < series.count, series[index].isLive, series[index].lastTime > .min,
            series[index].lastTime >= max(range.lowerBound, truncatedBefore), truncatedBefore <= range.upperBound
        else { return nil }
        if maximumTime > range.upperBound {
            guard let first = firstTime(index), first <= range.upperBound else { return nil }
        }
        return series[index].generation
    }

    /// The time of the newest open sample of a series.
    private func lastOpenTime(_ index: Int) -> Int64? {
        series[index].openCount > 0 ? series[index].lastTime : nil
    }

    /// Removes what is older than `time`: whole chunks and buffers at once, the rest of a chunk with the chunk.
    ///
    /// - Returns: the slots of series that have nothing left and were freed.
    mutating func truncate(before time: Int64) -> [UInt32] {
        var freed: [UInt32] = []
        truncatedBefore = max(truncatedBefore, time)
        minimumTime = Int64.max
        for index in 0..<series.count where series[index].isLive {
            if let chunk = sealed[index].first, chunk.maximumTime < time {
                let keptFrom = sealed[index].firstIndex { $0.maximumTime >= time } ?? sealed[index].count
                for chunk in sealed[index][..<keptFrom] { series[index].dropped &+= UInt32(chunk.count) }
                chunkCount -= keptFrom
                sealed[index] = Array(sealed[index][keptFrom...])
            }
            if sealed[index].isEmpty, let last = lastOpenTime(index), last < time {
                releaseHistograms(index)
                series[index].dropped &+= series[index].openCount
                series[index].openCount = 0
            }
            if let first = firstTime(index) {
                minimumTime = min(minimumTime, first >= time ? first : firstTime(index, notBefore: time))
                series[index].isFresh = false
            } else if series[index].isFresh, series[index].total == 0 {
                series[index].isFresh = false
            } else {
                series[index].isLive = false
                sealed[index] = []
                freed.append(UInt32(index))
            }
        }
        giveBackPages()
        return freed
    }

    /// The oldest sample of the series in `slot`, whatever is visible.
    private func firstTime(_ index: Int) -> Int64? {
        if let chunk = sealed[index].first { return chunk.minimumTime }
        guard series[index].openCount > 0 else { return nil }
        return timestampPages[index / Self.slotsPerPage][(index % Self.slotsPerPage) * Self.openCapacity]
    }

    /// The time of the first sample at or after `time` of a series whose first chunk or buffer reaches beyond it.
    ///
    /// What is decoded for it is little: once some series begins within a minute of `time`, that is the answer.
    private mutating func firstTime(_ index: Int, notBefore time: Int64) -> Int64 {
        if minimumTime <= time.addingReportingOverflow(60_000).partialValue { return minimumTime }
        merged.removeAll()
        if let chunk = sealed[index].first {
            do throws(ColumnError) { try chunk.decode(&decoder, into: &merged) } catch { return time }
        } else {
            let start = (index % Self.slotsPerPage) * Self.openCapacity
            let page = timestampPages[index / Self.slotsPerPage]
            merged.timestamps.append(contentsOf: page[start..<(start + Int(series[index].openCount))])
        }
        return merged.timestamps.first { $0 >= time } ?? time
    }

    /// Encodes the open buffer of a series, with the chunks before it that have reached the same size.
    private mutating func seal(_ index: Int) {
        let openCount = Int(series[index].openCount)
        var first = sealed[index].count
        var size = openCount
        while size * Self.buffersPerChunk <= Self.chunkCapacity, first >= Self.buffersPerChunk - 1,
            sealed[index][(first - Self.buffersPerChunk + 1)..<first].allSatisfy({ $0.count == Int32(size) })
        {
            first -= Self.buffersPerChunk - 1
            size *= Self.buffersPerChunk
        }
        // Out of the head while it is filled from it, so that nothing of the head is copied.
        var samples = SampleColumns()
        swap(&samples, &merged)
        samples.removeAll()
        do throws(ColumnError) {
            for chunk in sealed[index][first...] { try chunk.decode(&decoder, into: &samples) }
        } catch {
            // Memory that was encoded here reads back; if it ever did not, the small chunks stay as they are.
            samples.removeAll()
            first = sealed[index].count
        }
        copyOpen(0..<openCount, of: index, to: &samples)
        let chunk = SealedChunk(samples, encoder: &encoder, writer: &writer)
        swap(&samples, &merged)
        chunkCount -= sealed[index].count - first
        sealed[index].removeSubrange(first...)
        sealed[index].append(chunk)
        chunkCount += 1
        releaseHistograms(index)
        series[index].openCount = 0
    }

    /// Removes the pages of slots at the end that nobody uses any more.
    private mutating func giveBackPages() {
        while let last = series.last, !last.isLive {
            // The generation of a slot lives on with the appender.
            series.removeLast()
            sealed.removeLast()
        }
        let pages = (series.count + Self.slotsPerPage - 1) / Self.slotsPerPage
        if timestampPages.count > pages {
            timestampPages.removeSubrange(pages...)
            valuePages.removeSubrange(pages...)
        }
    }
}
