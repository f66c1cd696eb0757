import ApusConfig
import ApusExposition
import ApusModel
import Glibc

/// What becomes of the native histograms of one target: which are taken, and how fine they may be.
struct HistogramRules: Sendable {
    /// Which forms of a histogram are taken.
    let reading: HistogramReading
    /// The most buckets of a histogram; 0 is no limit.
    private let bucketLimit: Int
    /// The finest schema that is stored.
    private let finestSchema: Int32

    private static let schemas = NativeHistogram.exponentialSchemas

    /// The rules of a job for one of its targets.
    init(job: ScrapeConfiguration, target: ResolvedTarget) {
        reading = HistogramReading(
            takesNative: target.takesNativeHistograms, keepsClassic: target.keepsClassicHistograms)
        bucketLimit = Int(clamping: job.nativeHistogramBucketLimit)
        finestSchema = Self.schema(minimumBucketFactor: job.nativeHistogramMinBucketFactor)
    }

    /// Makes histograms as coarse as the rules want them.
    ///
    /// - Throws: when even the coarsest form has more buckets than the limit, or custom bounds cannot be merged; that fails
    ///   the whole scrape, as in Prometheus.
    func apply(to histograms: inout [SampleColumns.PositionedHistogram]) throws(ScrapeError) {
        for index in histograms.indices {
            try apply(to: &histograms[index].histogram)
        }
    }

    private func apply(to histogram: inout NativeHistogram) throws(ScrapeError) {
        let isExponential =
            histogram.schema >= Self.schemas.lowerBound && histogram.schema <= NativeHistogram.finestReservedSchema
        if isExponential, histogram.schema > finestSchema { histogram.reduceResolution(to: finestSchema) }
        guard bucketLimit > 0 else { return }
        while histogram.positiveBuckets.count + histogram.negativeBuckets.count > bucketLimit {
            guard isExponential, histogram.schema > Self.schemas.lowerBound else { throw .histogramBucketLimit }
            histogram.reduceResolution(to: histogram.schema - 1)
        }
    }

    /// The finest schema whose buckets grow by at least a factor: the greatest n with 2^(2^−n) ≥ factor.
    ///
    /// Source: Prometheus, `pickSchema`.
    private static func schema(minimumBucketFactor factor: Double) -> Int32 {
        guard factor > 1 else { return schemas.upperBound }
        let exact = (-log2(log2(factor))).rounded(.down)
        return Int32(min(max(exact, Double(schemas.lowerBound)), Double(schemas.upperBound)))
    }
}
