import ApusModel

/// An instant vector selector with `smoothed`: at each step the value between the samples around it, linearly.
///
/// Where there is no later sample within the lookback, the last one holds.
struct SmoothedSelectorSource: SeriesSource {
    private let base: RangeSelectorSource
    /// How far samples before and after a step take part, in milliseconds.
    private let margin: Int64
    private let evaluation: Evaluation
    private let position: Int

    /// - Parameters:
    ///   - base: windows that reach from one lookback before each step to one after it.
    ///   - position: where the selector stands.
    init(_ base: RangeSelectorSource, margin: Int64, position: Int, evaluation: Evaluation) {
        self.base = base
        self.margin = margin
        self.position = position
        self.evaluation = evaluation
    }

    var series: [SeriesIdentity] { base.series }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try base.read(index, scratch: &scratch)
        row.clearHistograms()
        let samples = scratch.samples
        let columns = samples.columns
        let positions = HistogramPositions(columns)
        let histogramCounts = positions.isEmpty ? [] : Self.runningCounts(positions, columns.count)
        var remarks: HistogramRemarks = []
        for step in row.values.indices {
            row.remove(at: step)
            let (first, end) = (Int(samples.firsts[step]), Int(samples.ends[step]))
            let time = samples.grid.end(at: step) &- margin
            let histogramCount = positions.isEmpty ? 0 : histogramCounts[end] - histogramCounts[first]
            guard histogramCount == 0 || histogramCount == end - first else {
                remarks.insert(.mixedSamples)
                continue
            }
            guard let place = Self.place(columns.timestamps.span, first..<end, time) else { continue }
            if histogramCount == 0 {
                row.set(Self.value(columns, place, time), at: step)
            } else if let histogram = Self.histogram(columns, positions, place, time, &remarks) {
                row.set(histogram, at: step)
            }
        }
        if !base.marksResets { row.forgetResets() }
        evaluation.annotate(remarks, series[index].labels, at: position)
    }

    /// The last sample at or before a time and the first one at or after it, if there is one.
    private static func place(
        _ timestamps: Span<Int64>, _ range: Range<Int>, _ time: Int64
    ) -> (before: Int, after: Int?)? {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if timestamps[middle] > time { high = middle } else { low = middle + 1 }
        }
        if low == range.lowerBound { return nil }
        if timestamps[low - 1] == time { return (low - 1, nil) }
        return (low - 1, low < range.upperBound ? low : nil)
    }

    private static func value(_ columns: SampleColumns, _ place: (before: Int, after: Int?), _ time: Int64) -> Double {
        let value = columns.values[place.before]
        guard let after = place.after else { return value }
        let start = columns.timestamps[place.before]
        let share = Double(time &- start) / Double(columns.timestamps[after] &- start)
        return value + (columns.values[after] - value) * share
    }

    private static func histogram(
        _ columns: SampleColumns, _ positions: HistogramPositions, _ place: (before: Int, after: Int?), _ time: Int64,
        _ remarks: inout HistogramRemarks
    ) -> NativeHistogram? {
        let histogram = columns.histograms[positions[place.before]].histogram
        guard let after = place.after else { return histogram }
        do throws(HistogramArithmeticError) {
            return try histogram.interpolated(
                to: columns.histograms[positions[after]].histogram, from: columns.timestamps[place.before],
                through: columns.timestamps[after], at: time, isCounter: histogram.counterResetHint != .gauge, &remarks)
        } catch {
            remarks.insert(.mixedSchemas)
            return nil
        }
    }

    /// For each position how many histograms stand before it.
    private static func runningCounts(_ positions: HistogramPositions, _ count: Int) -> [Int] {
        var counts = [0]
        counts.reserveCapacity(count + 1)
        for position in 0..<count { counts.append(counts[position] + (positions[position] >= 0 ? 1 : 0)) }
        return counts
    }
}
