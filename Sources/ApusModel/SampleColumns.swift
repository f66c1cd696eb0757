/// Samples of one series as columns: timestamps and values side by side, in ascending order of time.
///
/// The unit in which samples leave storage and enter evaluation. Reused from series to series, so that reading
/// allocates nothing in the steady state.
package struct SampleColumns: Sendable {
    /// Milliseconds since the epoch, ascending.
    package var timestamps: [Int64] = []
    /// One per timestamp; NaN where a histogram stands.
    package var values: [Double] = []
    /// When each sample's counting began, in milliseconds since the epoch, 0 where unknown; empty when none is known.
    package var startTimestamps: [Int64] = []
    /// The native histograms among the samples, with their positions, ascending; empty for a series of floats.
    package var histograms: [PositionedHistogram] = []

    /// A native histogram and the position in the columns where it stands.
    package struct PositionedHistogram: Sendable {
        /// The index into `timestamps`.
        package var position: Int
        /// The histogram.
        package var histogram: NativeHistogram

        /// `histogram` at `position`.
        package init(position: Int, histogram: NativeHistogram) {
            self.position = position
            self.histogram = histogram
        }
    }

    /// Empty columns.
    package init() {}

    /// Columns of float samples; both arrays have the same length.
    package init(timestamps: [Int64], values: [Double]) {
        precondition(timestamps.count == values.count)
        self.timestamps = timestamps
        self.values = values
    }

    /// The number of samples.
    package var count: Int { timestamps.count }

    /// Appends one float sample.
    package mutating func append(_ value: Double, at timestamp: Int64) {
        timestamps.append(timestamp)
        values.append(value)
    }

    /// Appends one native histogram.
    package mutating func append(_ histogram: NativeHistogram, at timestamp: Int64) {
        histograms.append(PositionedHistogram(position: timestamps.count, histogram: histogram))
        append(.nan, at: timestamp)
    }

    /// Forgets the samples and keeps the memory.
    package mutating func removeAll() {
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        startTimestamps.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }
}
