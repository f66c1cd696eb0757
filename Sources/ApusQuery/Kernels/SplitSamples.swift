import ApusModel

/// The samples of a series that has histograms, floats and histograms each for themselves.
struct SplitSamples {
    /// The floats, with their windows located.
    private(set) var floats = RangeSamples()
    /// The times of the histograms, with their windows located; the values say nothing.
    private(set) var places = RangeSamples()
    /// The histograms, one for each of `places`.
    private(set) var histograms: [NativeHistogram] = []

    /// Splits samples whose windows are located.
    init(_ samples: RangeSamples) {
        let columns = samples.columns
        let positions = HistogramPositions(columns)
        let starts = StartTimes(columns)
        for index in 0..<columns.count {
            let time = columns.timestamps[index]
            if positions[index] >= 0 {
                places.columns.append(0, at: time)
                histograms.append(columns.histograms[positions[index]].histogram)
                if starts.areKnown { places.columns.startTimestamps.append(starts[index]) }
                if !samples.weights.isEmpty { places.weights.append(samples.weights[index]) }
            } else {
                floats.columns.append(columns.values[index], at: time)
                if starts.areKnown { floats.columns.startTimestamps.append(starts[index]) }
            }
        }
        floats.locateWindows(samples.grid, widenedTo: samples.widening)
        places.locateWindows(samples.grid, widenedTo: samples.widening)
    }

    /// The positions of the histograms in a window.
    func histogramRange(_ window: Int) -> Range<Int> {
        Int(places.firsts[window])..<max(Int(places.firsts[window]), Int(places.ends[window]))
    }

    /// Whether a window has any float.
    func hasFloats(_ window: Int) -> Bool { floats.ends[window] > floats.firsts[window] }
}
