/// The series that the scraper adds to those of a target.
package enum SyntheticSeries: String, CaseIterable, Sendable {
    /// 1 when the scrape succeeded, else 0.
    case up
    case scrapeDuration = "scrape_duration_seconds"
    case samplesScraped = "scrape_samples_scraped"
    case samplesAfterRelabelling = "scrape_samples_post_metric_relabeling"
    case seriesAdded = "scrape_series_added"
    // Only with `extra_scrape_metrics`:
    case timeout = "scrape_timeout_seconds"
    case sampleLimit = "scrape_sample_limit"
    case bodySize = "scrape_body_size_bytes"

    /// The series that every target has.
    static let always: ArraySlice<SyntheticSeries> = allCases.prefix(5)
}

/// What one scrape brought; the values of the synthetic series.
package struct ScrapeReport: Sendable, Equatable {
    /// Whether the target's samples were stored.
    package var isUp = false
    /// Seconds from the request until the samples were ready to be stored.
    package var duration: Double = 0
    /// The number of samples that the target exposes.
    package var scrapedCount = 0
    /// The number of samples after metric relabelling.
    package var keptCount = 0
    /// The number of series that the last scrapes did not have.
    package var addedSeriesCount = 0
    /// The size of the body after decompression; -1 when it exceeded the limit.
    package var bodySize = 0

    /// A report of nothing.
    package init() {}

    func value(of series: SyntheticSeries, timeout: Int64, sampleLimit: Int) -> Double {
        switch series {
        case .up: isUp ? 1 : 0
        case .scrapeDuration: duration
        case .samplesScraped: Double(scrapedCount)
        case .samplesAfterRelabelling: Double(keptCount)
        case .seriesAdded: Double(addedSeriesCount)
        case .timeout: Double(timeout) / 1_000
        case .sampleLimit: Double(sampleLimit)
        case .bodySize: Double(bodySize)
        }
    }
}
