import ApusBytes
import ApusModel

/// Where the windows of a range selector lie: one per step, left-open and right-closed, all equally long.
struct WindowGrid: Sendable, Equatable {
    /// The end of the first window in milliseconds.
    let firstEnd: Int64
    /// The distance between the ends of two windows; zero when all are the same (`@`).
    let step: Int64
    /// The number of windows.
    let count: Int
    /// The length of each window in milliseconds.
    let range: Int64

    /// The end of the window at `index`, included.
    @inline(__always)
    func end(at index: Int) -> Int64 { firstEnd &+ Int64(truncatingIfNeeded: index) &* step }

    /// The start of the window at `index`, excluded.
    @inline(__always)
    func start(at index: Int) -> Int64 { end(at: index) &- range }

    /// The start and end of the window at `index`, moved outwards to multiples of `resolution`.
    func window(at index: Int, widenedTo resolution: Int64) -> (start: Int64, end: Int64) {
        let (start, end) = (start(at: index), end(at: index))
        if resolution <= 1 { return (start, end) }
        func excess(_ time: Int64) -> Int64 {
            let remainder = time % resolution
            return remainder < 0 ? remainder &+ resolution : remainder
        }
        let behind = excess(end)
        return (start &- excess(start), behind == 0 ? end : end &+ (resolution &- behind))
    }

    /// The earliest and latest time of a sample that lies in any window.
    var bounds: (first: Int64, last: Int64) {
        (start(at: 0) &+ 1, end(at: max(0, count - 1)))
    }
}

/// The samples of one series with the position of each window among them; the input of range kernels.
///
/// Reused from series to series.
struct RangeSamples: Sendable {
    /// The samples, ascending; no staleness markers once `locateWindows` was called.
    var columns = SampleColumns()
    /// For each window the position of its first sample.
    private(set) var firsts: [Int32] = []
    /// For each window the position behind its last sample; equal to `firsts` when the window is empty.
    private(set) var ends: [Int32] = []
    /// Where the windows lie.
    private(set) var grid = WindowGrid(firstEnd: 0, step: 0, count: 0, range: 0)
    /// What the windows were moved outwards to whole multiples of, in milliseconds; 1 when they were not.
    private(set) var widening: Int64 = 1
    /// The timestamps for which the windows were located last.
    private var locatedTimestamps: [Int64] = []

    /// How many samples there are behind the one before, up to and with each; empty when there are no others than these.
    var weights: [Double] = []

    /// The number of samples from the one at `first` through the one at `last`.
    func number(from first: Int, through last: Int) -> Int {
        if weights.isEmpty || last >= weights.count { return last &- first &+ 1 }
        // Behind the first; whole numbers, of which only a wrong store has others.
        let others = weights[(first + 1)..<(last + 1)].reduce(0, +)
        return 1 &+ (others >= 0 && others < 0x1p53 ? Int(others) : last &- first)
    }

    /// Whether some sample lies in two windows.
    var windowsOverlap: Bool {
        for index in 1..<max(1, firsts.count) where firsts[index] < ends[index - 1] { return true }
        return false
    }

    /// The start, excluded, and the end of a window as it was located.
    func window(at index: Int) -> (start: Int64, end: Int64) { grid.window(at: index, widenedTo: widening) }

    /// Drops staleness markers and finds each window's samples, in one pass over samples and windows.
    ///
    /// The series of one target have the same timestamps, and then the windows lie where they lay for the series before.
    mutating func locateWindows(_ grid: WindowGrid) {
        let isSameGrid = self.grid == grid && widening == 1
        self.grid = grid
        widening = 1
        dropStaleMarkers()
        if isSameGrid, Self.isEqual(columns.timestamps, locatedTimestamps) { return }
        locatedTimestamps.removeAll(keepingCapacity: true)
        locatedTimestamps.append(contentsOf: columns.timestamps)
        if firsts.count != grid.count {
            firsts = [Int32](repeating: 0, count: grid.count)
            ends = [Int32](repeating: 0, count: grid.count)
        }
        Self.locate(columns.timestamps, grid, &firsts, &ends)
    }

    /// The same, each window moved outwards to multiples of `resolution`.
    mutating func locateWindows(_ grid: WindowGrid, widenedTo resolution: Int64) {
        if resolution <= 1 { return locateWindows(grid) }
        self.grid = grid
        widening = resolution
        dropStaleMarkers()
        firsts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        let timestamps = columns.timestamps
        var (first, end) = (0, 0)
        for index in 0..<grid.count {
            let window = grid.window(at: index, widenedTo: resolution)
            while end < timestamps.count && timestamps[end] <= window.end { end += 1 }
            while first < end && timestamps[first] <= window.start { first += 1 }
            firsts.append(Int32(truncatingIfNeeded: first))
            ends.append(Int32(truncatingIfNeeded: end))
        }
    }

    /// Compares memory, which takes a tenth of the time of comparing the elements.
    private static func isEqual(_ a: [Int64], _ b: [Int64]) -> Bool {
        let (left, right) = (a.span, b.span)
        return unsafe equalBytes(Span<UInt8>(_bytes: left.bytes), Span<UInt8>(_bytes: right.bytes))
    }

    private static func locate(
        _ timestamps: [Int64], _ grid: WindowGrid, _ firsts: inout [Int32], _ ends: inout [Int32]
    ) {
        let timestamps = timestamps.span
        var firsts = firsts.mutableSpan
        var ends = ends.mutableSpan
        var first = 0
        var end = 0
        var windowEnd = grid.firstEnd
        for index in 0..<grid.count {
            let windowStart = windowEnd &- grid.range
            while end < timestamps.count && timestamps[end] <= windowEnd { end &+= 1 }
            while first < end && timestamps[first] <= windowStart { first &+= 1 }
            firsts[index] = Int32(truncatingIfNeeded: first)
            ends[index] = Int32(truncatingIfNeeded: end)
            windowEnd &+= grid.step
        }
    }

    private mutating func dropStaleMarkers() {
        let count = columns.count
        var kept = Self.firstStaleMarker(columns.values)
        if kept == count { return }
        let hasStarts = columns.startTimestamps.count == count
        var entry = columns.histograms.firstIndex { $0.position >= kept } ?? columns.histograms.count
        for index in kept..<count {
            let value = columns.values[index]
            if Point.isAbsent(value) { continue }
            let timestamp = columns.timestamps[index]
            columns.values[kept] = value
            columns.timestamps[kept] = timestamp
            if hasStarts { columns.startTimestamps[kept] = columns.startTimestamps[index] }
            if entry < columns.histograms.count, columns.histograms[entry].position == index {
                columns.histograms[entry].position = kept
                entry += 1
            }
            kept &+= 1
        }
        columns.values.removeLast(count - kept)
        columns.timestamps.removeLast(count - kept)
        if hasStarts { columns.startTimestamps.removeLast(count - kept) }
    }

    /// The position of the first staleness marker, which has the bits of an absent point; the count when there is none.
    private static func firstStaleMarker(_ values: [Double]) -> Int {
        let values = values.span
        var index = 0
        while index < values.count && Point.isPresent(values[index]) { index &+= 1 }
        return index
    }
}
