import ApusModel

/// When the counting of each sample of a series began, where that is known.
///
/// Source of the rules: Prometheus' tests of start timestamps.
struct StartTimes {
    /// Whether any is known.
    let areKnown: Bool
    private let starts: [Int64]
    private let timestamps: [Int64]

    /// The start times of `columns`.
    init(_ columns: SampleColumns) {
        areKnown = !columns.startTimestamps.isEmpty && columns.startTimestamps.count == columns.timestamps.count
        starts = areKnown ? columns.startTimestamps : []
        timestamps = areKnown ? columns.timestamps : []
    }

    /// The start time of a sample, 0 where it is unknown.
    subscript(_ index: Int) -> Int64 { areKnown ? starts[index] : 0 }

    /// Whether the counting began anew between a sample and the one before it.
    func isReset(at index: Int) -> Bool {
        let (start, previousStart, previousTime) = (starts[index], starts[index - 1], timestamps[index - 1])
        // A start at or after the sample's own time says nothing.
        if start == 0 || start >= timestamps[index] || start < previousTime { return false }
        if start > previousTime { return true }
        // A start at the sample before stands for a delta if that one's start was known, otherwise for the first sample
        // that was ever seen of a counter.
        return previousStart != 0 && previousStart < previousTime
    }

    /// Whether a sample's counting began before the sample before it, but not when that one's did.
    func overlaps(at index: Int) -> Bool {
        starts[index] != 0 && starts[index] < timestamps[index - 1] && starts[index] != starts[index - 1]
    }

    /// For each sample the number of overlaps up to it.
    func runningOverlaps() -> [Int32] {
        var counts = [Int32](repeating: 0, count: max(1, starts.count))
        for index in 1..<max(1, starts.count) { counts[index] = counts[index - 1] &+ (overlaps(at: index) ? 1 : 0) }
        return counts
    }
}

/// Which samples of a series are histograms.
struct HistogramPositions {
    private let indices: [Int32]

    /// The places of the histograms of `columns`.
    init(_ columns: SampleColumns) {
        if columns.histograms.isEmpty {
            indices = []
            return
        }
        var indices = [Int32](repeating: -1, count: columns.count)
        for (index, entry) in columns.histograms.enumerated() where indices.indices.contains(entry.position) {
            indices[entry.position] = Int32(truncatingIfNeeded: index)
        }
        self.indices = indices
    }

    /// Whether there is none.
    var isEmpty: Bool { indices.isEmpty }

    /// The index of the histogram at a position, −1 where a float stands.
    subscript(_ position: Int) -> Int { indices.isEmpty ? -1 : Int(indices[position]) }
}
