import ApusModel

/// `sum_over_time` and `avg_over_time` of histograms.
///
/// As with floats no histogram is added twice per window: a window is one of the sums of all its ends, made when it
/// began, joined with the sum of what came since. See `SlidingAggregate`.
struct HistogramMomentKernel {
    /// What is to be remarked so far.
    private(set) var remarks: HistogramRemarks = []
    private let split: SplitSamples
    private let empty: HistogramCell
    private var front: [HistogramCell] = []
    /// The histogram at which `front[0]` begins.
    private var frontStart = 0
    /// Where the front ends and the back begins.
    private var middle = 0
    private var back: HistogramCell
    private var backEnd = 0

    init(_ split: SplitSamples, isAverage: Bool) {
        self.split = split
        empty = HistogramCell(isAverage: isAverage)
        back = empty
    }

    /// The sum or mean of a window of histograms; windows must come in ascending order.
    mutating func value(window: Int) -> NativeHistogram? {
        let range = split.histogramRange(window)
        if range.lowerBound >= backEnd {
            back = empty
            middle = range.lowerBound
            backEnd = range.lowerBound
        }
        while backEnd < range.upperBound {
            back.add(split.histograms[backEnd], &remarks)
            backEnd += 1
        }
        if range.lowerBound > middle { moveBackToFront(range) }
        if range.lowerBound == middle { return back.result(&remarks) }
        var whole = front[range.lowerBound - frontStart]
        whole.join(back, &remarks)
        return whole.result(&remarks)
    }

    private mutating func moveBackToFront(_ range: Range<Int>) {
        front = [HistogramCell](repeating: empty, count: range.count)
        var suffix = empty
        for position in range.reversed() {
            suffix.add(split.histograms[position], &remarks)
            front[position - range.lowerBound] = suffix
        }
        frontStart = range.lowerBound
        middle = range.upperBound
        back = empty
    }
}
