package import ApusStorage

/// What the head holds, and which names and values are the most numerous in it.
package struct StorageStatus: Sendable {
    /// A name and how many there are of it.
    package struct NamedCount: Sendable {
        /// The name.
        package var name: String
        /// How many, or how many bytes.
        package var value: Int

        /// `value` of `name`.
        package init(_ name: String, _ value: Int) {
            self.name = name
            self.value = value
        }
    }

    /// The number of series in the head.
    package var seriesCount = 0
    /// The number of different label pairs in the head.
    package var labelPairCount = 0
    /// The number of chunks, or what the store has in their place, in the head.
    package var chunkCount = 0
    /// The oldest sample's time in milliseconds since the epoch; 0 when there is none.
    package var minTime: Int64 = 0
    /// The newest sample's time in milliseconds since the epoch; 0 when there is none.
    package var maxTime: Int64 = 0
    /// The metric names with the most series, largest first.
    package var seriesCountByMetricName: [NamedCount] = []
    /// The label names with the most values, largest first.
    package var labelValueCountByLabelName: [NamedCount] = []
    /// The label names whose values take the most memory, largest first, in bytes.
    package var memoryInBytesByLabelName: [NamedCount] = []
    /// The label pairs, written `name=value`, with the most series, largest first.
    package var seriesCountByLabelPair: [NamedCount] = []
    /// The label names that the most series have, largest first.
    package var seriesCountByLabelName: [NamedCount] = []
    /// The values of the label that was asked for with the most series, largest first.
    package var seriesCountByFocusValue: [NamedCount] = []
    /// The series that the lists are about: all, or those that were asked for.
    package var selectedSeriesCount = 0
    /// The label pairs that these have.
    package var selectedLabelPairCount = 0
    /// What came and went lately, by span of time.
    package var growth: [SeriesGrowthWindow] = []
    /// The blocks that can be read, in the order of their first samples.
    package var blocks: [BlockFacts] = []
    /// The span of the shortest blocks, in milliseconds.
    package var blockRange: Int64 = StorageOptions().blockRange
    /// The number of blocks that cannot be read.
    package var unreadableBlockCount = 0
    /// The limits on new series.
    package var limits = SeriesLimits()
    /// The limits that refused series, those that refused most first.
    package var refused: [RefusedSeries] = []

    /// An empty head.
    package init() {}
}

/// How far the log was read again after the start, in segments.
package struct ReplayProgress: Sendable {
    /// The first segment.
    package var first: Int
    /// The last segment.
    package var last: Int
    /// The segment that is being read.
    package var current: Int

    /// Progress from `first` through `last`, now at `current`.
    package init(first: Int = 0, last: Int = 0, current: Int = 0) {
        self.first = first
        self.last = last
        self.current = current
    }
}
