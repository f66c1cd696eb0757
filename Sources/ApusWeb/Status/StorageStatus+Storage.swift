package import ApusModel
package import ApusStorage

extension StorageStatus {
    /// What `storage` holds, with the lists that `request` asks for; blocks while names are counted.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package init(_ storage: Storage, _ request: CardinalityRequest) throws(QueryableError) {
        self.init()
        let statistics = storage.statistics
        seriesCount = statistics.headSeries
        labelPairCount = statistics.labelPairs
        chunkCount = statistics.headChunks
        minTime = statistics.headMinimumTime ?? 0
        maxTime = statistics.headMaximumTime ?? 0
        let cardinality = try storage.cardinality(request)
        selectedSeriesCount = cardinality.series
        selectedLabelPairCount = cardinality.labelPairs
        seriesCountByMetricName = Self.counts(cardinality.seriesByMetricName)
        labelValueCountByLabelName = Self.counts(cardinality.valuesByLabelName)
        memoryInBytesByLabelName = Self.counts(cardinality.bytesByLabelName)
        seriesCountByLabelPair = Self.counts(cardinality.seriesByLabelPair)
        seriesCountByLabelName = Self.counts(cardinality.seriesByLabelName)
        seriesCountByFocusValue = Self.counts(cardinality.seriesByFocusValue)
        growth = storage.growth(limit: request.limit)
        let facts = storage.blockFacts()
        blocks = facts.readable
        unreadableBlockCount = facts.unreadable.count
        blockRange = storage.options.blockRange
        limits = storage.limits
        refused = storage.refusedSeries(limit: request.limit)
    }

    private static func counts(_ entries: [SeriesCardinality.Entry]) -> [NamedCount] {
        entries.map { NamedCount($0.name, $0.count) }
    }
}
