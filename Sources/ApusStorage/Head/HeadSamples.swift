import ApusBytes
import ApusEncoding
import ApusModel

/// The samples of the head by slot: a small open buffer and sealed chunks per series.
struct HeadSamples {
    /// The samples that a series holds unencoded.
    static let openCapacity = 32
    /// So many sealed buffers are encoded again as one chunk, which is smaller.
    static let buffersPerChunk = 4
    private static let slotsPerPage = 128

    private struct Series {
        var generation: UInt32 = 0
        /// All samples ever appended, modulo 2³².
        var total: UInt32 = 0
        /// Those of them that left the head.
        var dropped: UInt32 = 0
        var openCount: UInt32 = 0
        var newestVersion = -1
        var isLive = false
        /// Made since the last truncation: may still be without samples.
        var isFresh = false
    }

    private var series: [Series] = []
    private var sealed: [[SealedChunk]] = []
    private var timestampPages: [[Int64]] = []
    private var valuePages: [[Double]] = []
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
        series[Int(slot)] = Series(generation: generation, isLive: true, isFresh: true)
    }

    /// Empties a slot.
    mutating func remove(slot: UInt32) {
        guard Int(slot) < series.count else { return }
        chunkCount -= sealed[Int(slot)].count
        sealed[Int(slot)] = []
        series[Int(slot)] = Series()
    }

    /// Appends a sample that is newer than all of its series.
    mutating func append(_ value: Double, at timestamp: Int64, slot: UInt32) {
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
        series[index] = entry
        minimumTime = min(minimumTime, timestamp)
        maximumTime = max(maximumTime, timestamp)
        if entry.openCount == UInt32(Self.openCapacity) { seal(index) }
    }

    /// What one read of a series takes while the lock is held.
    struct Snapshot {
        var chunks: [SealedChunk] = []
        /// Samples before this are not part of the head.
        var truncatedBefore = Int64.min
        /// The samples visible in `chunks` and then in the open buffer.
        var visibleCount = 0
        var openCount = 0
        var openTimestamps = InlineArray<32, Int64>(repeating: 0)
        var openValues = InlineArray<32, Double>(repeating: 0)
    }

    /// The samples of a series that a querier opened at `sequence` sees; `nil` when the series left the head.
    func snapshot(slot: UInt32, generation: UInt32, sequence: UInt64) -> Snapshot? {
        let index = Int(slot)
        guard index < series.count, series[index].isLive, series[index].generation == generation else { return nil }
        let entry = series[index]
        let visible = visibility.visibleTotal(at: sequence, total: entry.total, newest: entry.newestVersion)
        var snapshot = Snapshot()
        // Samples that were dropped and not visible cannot be: dropping waits for queriers that would miss them.
        snapshot.visibleCount = max(0, Int(Int32(truncatingIfNeeded: visible &- entry.dropped)))
        snapshot.chunks = sealed[index]
        snapshot.truncatedBefore = truncatedBefore
        snapshot.openCount = Int(entry.openCount)
        if entry.openCount > 0 {
            let page = index / Self.slotsPerPage
            let start = (index % Self.slotsPerPage) * Self.openCapacity
            for position in 0..<Int(entry.openCount) {
                snapshot.openTimestamps[position] = timestampPages[page][start + position]
                snapshot.openValues[position] = valuePages[page][start + position]
            }
        }
        return snapshot
    }

    /// Whether a series has samples in a range of time, and its generation.
    func generation(of slot: UInt32, ifOverlapping range: ClosedRange<Int64>) -> UInt32? {
        let index = Int(slot)
        guard index < series.count, series[index].isLive, let first = firstTime(index), let last = lastTime(index),
            max(first, truncatedBefore) <= range.upperBound, last >= max(range.lowerBound, truncatedBefore)
        else { return nil }
        return series[index].generation
    }

    /// The newest sample of a series.
    func last(of slot: UInt32) -> (timestamp: Int64, value: Double)? {
        let index = Int(slot)
        guard index < series.count, series[index].openCount > 0 else { return nil }
        let position = (index % Self.slotsPerPage) * Self.openCapacity + Int(series[index].openCount) - 1
        return (timestampPages[index / Self.slotsPerPage][position], valuePages[index / Self.slotsPerPage][position])
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
            if sealed[index].isEmpty, series[index].openCount > 0, let last = last(of: UInt32(index)),
                last.timestamp < time
            {
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

    private func lastTime(_ index: Int) -> Int64? {
        last(of: UInt32(index))?.timestamp ?? sealed[index].last?.maximumTime
    }

    /// Encodes the open buffer of a series; every fourth time with the three before it.
    private mutating func seal(_ index: Int) {
        let page = index / Self.slotsPerPage
        let start = (index % Self.slotsPerPage) * Self.openCapacity
        let range = start..<(start + Self.openCapacity)
        let small = sealed[index].suffix(Self.buffersPerChunk - 1).filter { $0.count == Int32(Self.openCapacity) }
        merged.removeAll()
        if small.count == Self.buffersPerChunk - 1 {
            do throws(ColumnError) {
                for chunk in small { try chunk.decode(&decoder, into: &merged) }
            } catch {
                // Memory that was encoded here reads back; if it ever did not, the small chunks stay as they are.
                merged.removeAll()
            }
        }
        let isMerged = merged.count > 0
        merged.timestamps.append(contentsOf: timestampPages[page][range])
        merged.values.append(contentsOf: valuePages[page][range])
        let timestamps = merged.timestamps
        let values = merged.values
        let chunk = SealedChunk(timestamps: timestamps.span, values: values.span, encoder: &encoder, writer: &writer)
        if isMerged {
            sealed[index].removeLast(Self.buffersPerChunk - 1)
            chunkCount -= Self.buffersPerChunk - 1
        }
        sealed[index].append(chunk)
        chunkCount += 1
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
