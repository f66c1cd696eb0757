import ApusModel

/// Something that grows by single values and can be joined with another of its kind.
protocol Joinable {
    /// Of no values.
    init()
    /// Adds the sample `value` at `timestamp`.
    mutating func add(_ value: Double, at timestamp: Int64)
    /// Adds all values of another.
    mutating func join(_ other: Self)
}

/// Aggregates sliding windows without scanning any sample twice per window.
///
/// The samples of a window are held as two parts. The back grows at its end, sample by sample. When the window's start
/// moves into the back, the aggregates of all suffixes of the window are computed once and become the front; from then on
/// a window is one suffix joined with the new back. Nothing is ever subtracted, so that infinities, NaN and rounding of
/// samples that left the window cannot leave traces in it.
struct SlidingAggregate<Aggregate: Joinable> {
    private var front: [Aggregate] = []
    /// The sample at which `front[0]` begins.
    private var frontStart = 0
    /// Where the front ends and the back begins.
    private var middle = 0
    private var back = Aggregate()
    private var backEnd = 0

    /// Calls `finish` with the index and the aggregate of every window that has samples.
    @inline(__always)
    mutating func forEachWindow(of samples: RangeSamples, _ finish: (Int, Aggregate) -> Void) {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        for index in 0..<firsts.count {
            let first = Int(firsts[index])
            let end = Int(ends[index])
            if end <= first { continue }
            if first >= backEnd {
                back = Aggregate()
                middle = first
                backEnd = first
            }
            while backEnd < end {
                back.add(values[backEnd], at: timestamps[backEnd])
                backEnd &+= 1
            }
            if first > middle { moveBackToFront(first..<end, timestamps, values) }
            if first == middle {
                finish(index, back)
            } else {
                var whole = front[first - frontStart]
                if backEnd > middle { whole.join(back) }
                finish(index, whole)
            }
        }
    }

    private mutating func moveBackToFront(_ range: Range<Int>, _ timestamps: Span<Int64>, _ values: Span<Double>) {
        if front.count < range.count { front = [Aggregate](repeating: Aggregate(), count: range.count) }
        var suffix = Aggregate()
        var position = range.upperBound
        while position > range.lowerBound {
            position &-= 1
            suffix.add(values[position], at: timestamps[position])
            front[position - range.lowerBound] = suffix
        }
        frontStart = range.lowerBound
        middle = range.upperBound
        back = Aggregate()
    }
}
