package import ApusStorage

extension StorageStatus {
    /// What the head of `storage` holds, with at most `limit` entries in each list; blocks while names are counted.
    package init(_ storage: Storage, limit: Int) {
        self.init()
        let statistics = storage.statistics
        seriesCount = statistics.headSeries
        labelPairCount = statistics.labelPairs
        chunkCount = statistics.headChunks
        minTime = statistics.headMinimumTime ?? 0
        maxTime = statistics.headMaximumTime ?? 0
        let cardinality = storage.cardinality(limit: limit)
        seriesCountByMetricName = Self.counts(cardinality.seriesByMetricName)
        labelValueCountByLabelName = Self.counts(cardinality.valuesByLabelName)
        memoryInBytesByLabelName = Self.counts(cardinality.bytesByLabelName)
        seriesCountByLabelPair = Self.counts(cardinality.seriesByLabelPair)
    }

    private static func counts(_ entries: [HeadCardinality.Entry]) -> [NamedCount] {
        entries.map { NamedCount($0.name, $0.count) }
    }
}
