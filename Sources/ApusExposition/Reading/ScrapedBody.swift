package import ApusModel

/// The samples of one body as columns, in the order of the body; reused from scrape to scrape.
package struct ScrapedBody: Sendable {
    /// What stands in `timestamps` for a sample without one.
    package static let noTimestamp = Int64.min

    /// The series of each sample, as a number that `ExpositionReader.labels(of:)` knows.
    ///
    /// A series that the body repeats occurs repeatedly.
    package var slots: [UInt32] = []
    /// The value of each sample; NaN has the bits of `SpecialValue.normalNaN`, and stands where a histogram does.
    package var values: [Double] = []
    /// Milliseconds since the epoch per sample, or `noTimestamp`; empty when no sample of the body has a timestamp.
    package var timestamps: [Int64] = []
    /// The native histograms among the samples, with their positions, ascending.
    package var histograms: [SampleColumns.PositionedHistogram] = []
    /// The slots that were used for the first time, each once.
    package var newSlots: [UInt32] = []
    /// The exemplars, with the positions of their samples, ascending; a native histogram may have several.
    package var exemplars: [(position: Int, exemplar: Exemplar)] = []
    /// The families whose metadata is new or other than in the bodies before.
    package var metadata: [(family: String, metadata: MetricMetadata)] = []

    /// An empty body.
    package init() {}

    /// The number of samples.
    package var count: Int { slots.count }

    /// Forgets everything and keeps the memory.
    package mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        newSlots.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        exemplars.removeAll()
        metadata.removeAll()
    }

    /// Makes room for more samples, growing by doubling however often it is asked.
    mutating func reserve(_ room: Int) {
        if slots.capacity - slots.count < room { slots.reserveCapacity(max(slots.count + room, 2 * slots.capacity)) }
        if values.capacity - values.count < room {
            values.reserveCapacity(max(values.count + room, 2 * values.capacity))
        }
    }

    /// Sets the timestamp of the newest sample.
    mutating func setLastTimestamp(_ timestamp: Int64) {
        while timestamps.count < slots.count { timestamps.append(Self.noTimestamp) }
        timestamps[slots.count - 1] = timestamp
    }

    /// Gives the samples after the last one with a timestamp their sentinel.
    mutating func completeTimestamps() {
        guard !timestamps.isEmpty else { return }
        while timestamps.count < slots.count { timestamps.append(Self.noTimestamp) }
    }
}
