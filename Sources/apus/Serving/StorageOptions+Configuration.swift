import ApusConfig
import ApusModel
import ApusStorage

extension StorageOptions {
    /// Takes over what the configuration's `storage` section says; as with Prometheus it counts before the flags.
    ///
    /// - Throws: `QueryableError.invalidPattern` when a selector has a pattern that cannot be compiled.
    mutating func apply(_ configuration: StorageConfiguration?) throws(QueryableError) {
        guard let configuration else { return }
        if let window = configuration.outOfOrderTimeWindow { outOfOrderWindow = window }
        if let count = configuration.maxExemplars { maximumExemplars = max(0, count) }
        if let limits = configuration.limits { self.limits = try SeriesLimits(limits) }
        rollups = []
        for rollup in configuration.rollups {
            rollups.append(
                try RollupRule(
                    resolution: rollup.resolution, after: rollup.after, keep: rollup.keep,
                    matchers: rollup.match?.matchers ?? []))
        }
        guard let retention = configuration.retention else { return }
        retentionRules = try RetentionRules(retention.rules.map { ($0.match.matchers, $0.time) })
        if let time = retention.time, time > 0 { self.retention = time }
        if let size = retention.size { retentionBytes = Int(clamping: size) }
        if let percentage = retention.percentage { retentionPercentage = percentage }
    }
}

extension SeriesLimits {
    /// The limits of the configuration.
    ///
    /// - Throws: `QueryableError.invalidPattern` when a selector has a pattern that cannot be compiled.
    init(_ configuration: SeriesLimitsConfiguration) throws(QueryableError) {
        self.init()
        series = configuration.maxSeries
        seriesPerMetric = configuration.maxSeriesPerMetric
        valuesPerLabel = configuration.maxValuesPerLabel
        for rule in configuration.rules {
            switch rule {
            case .series(let match, let maximum):
                try limitSeries(match.text, matchers: match.matchers, to: maximum)
            case .values(let label, let maximum): limitValues(of: label, to: maximum)
            }
        }
    }
}
