package import ApusConfig
package import ApusExposition
package import ApusModel

/// What becomes of the series that one target exposes: labels, relabelling, limits, timestamps.
package struct SeriesRules: Sendable {
    /// The target's labels and who wins where a series has the same.
    package var targetLabels: TargetLabels
    /// The rules for each series, after the target's labels were added.
    package var metricRelabelRules: [RelabelRule]
    /// Bounds on the labels of a series after relabelling.
    package var labelLimits: ExpositionLimits
    /// The greatest number of samples after relabelling; 0 is no limit.
    package var sampleLimit: Int
    /// Which names are valid.
    package var nameValidation: NameValidationScheme
    /// Whether timestamps of the exposition are taken.
    package var honorsTimestamps: Bool
    /// Whether series with timestamps of their own become stale, too.
    package var tracksTimestampStaleness: Bool

    /// The rules of `job` for a target with the given labels.
    package init(job: ScrapeConfiguration, labels: LabelSet) {
        targetLabels = TargetLabels(labels, honorsExposedLabels: job.honorsLabels)
        metricRelabelRules = job.metricRelabelRules
        labelLimits = ExpositionLimits(
            labelLimit: Int(clamping: job.limits.labels),
            labelNameLengthLimit: Int(clamping: job.limits.labelNameLength),
            labelValueLengthLimit: Int(clamping: job.limits.labelValueLength))
        sampleLimit = Int(clamping: job.limits.samples)
        nameValidation = job.nameValidation
        honorsTimestamps = job.honorsTimestamps
        tracksTimestampStaleness = job.tracksTimestampStaleness
    }

    /// The labels under which an exposed series is stored; `nil` when relabelling drops it.
    ///
    /// - Throws: when the result has no valid name or exceeds a limit; that fails the whole scrape, as in Prometheus.
    func storedLabels(of exposed: LabelSet) throws(ScrapeError) -> LabelSet? {
        var labels = targetLabels.joined(with: exposed)
        if !metricRelabelRules.isEmpty {
            var builder = LabelSetBuilder(labels)
            guard metricRelabelRules.relabel(&builder) else { return nil }
            labels = builder.labelSet()
            if labels.isEmpty { return nil }
            guard labels.metricName != nil else { throw .missingMetricName }
        }
        if nameValidation == .legacy { try checkLegacyNames(labels) }
        do {
            try labelLimits.check(labels)
        } catch {
            throw .limit(error)
        }
        return labels
    }

    private func checkLegacyNames(_ labels: LabelSet) throws(ScrapeError) {
        for label in labels.labels {
            let isValid =
                label.name == LabelSet.metricName
                ? LabelName.isLegacyMetricName(label.value) : LabelName.isLegacyLabelName(label.name)
            if !isValid { throw .invalidName(series: labels.description) }
        }
    }
}
