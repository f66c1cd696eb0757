import ApusModel

/// `sum_over_time` and `avg_over_time` of histograms.
struct HistogramMomentKernel {
    /// What is to be remarked so far.
    private(set) var remarks: HistogramRemarks = []
    private let split: SplitSamples
    private let isAverage: Bool

    init(_ split: SplitSamples, isAverage: Bool) {
        self.split = split
        self.isAverage = isAverage
    }

    /// The sum or mean of a window of histograms.
    mutating func value(window: Int) -> NativeHistogram? {
        var cell = HistogramCell(isAverage: isAverage)
        var found: HistogramRemarks = []
        for index in split.histogramRange(window) { cell.add(split.histograms[index], &found) }
        let result = cell.result(&found)
        remarks.formUnion(found)
        return result
    }
}
