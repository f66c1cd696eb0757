/// Why a store did not make a series.
package struct SeriesRefusal: Hashable, Sendable, CustomStringConvertible {
    /// The kind of limit that was reached; the raw value is the label of its metric.
    package enum Reason: String, Sendable, CaseIterable {
        /// The series of all.
        case series
        /// The series of a metric.
        case seriesPerMetric = "series_per_metric"
        /// The series that a selector selects.
        case seriesOfSelector = "series_of_selector"
        /// The values of a label.
        case valuesPerLabel = "values_per_label"
    }

    /// The kind of limit.
    package var reason: Reason
    /// What it is about: the metric's name, the selector, the label's name; empty for all series.
    package var subject: String
    /// The limit.
    package var limit: Int

    /// A refusal by a limit of `limit` on `subject`.
    package init(reason: Reason, subject: String, limit: Int) {
        self.reason = reason
        self.subject = subject
        self.limit = limit
    }

    package var description: String {
        switch reason {
        case .series: "the store holds its limit of \(limit) series; raise the limit or drop series by relabelling"
        case .seriesPerMetric:
            "the metric \(QuotedText.quoted(subject)) has its limit of \(limit) series; raise the limit or drop series by "
                + "relabelling"
        case .seriesOfSelector:
            "\(subject) selects its limit of \(limit) series; raise the limit or drop series by relabelling"
        case .valuesPerLabel:
            "the label \(QuotedText.quoted(subject)) has its limit of \(limit) values; raise the limit or drop the label by "
                + "relabelling"
        }
    }
}

extension SeriesReference {
    /// References from here on stand for no series.
    private static let firstRefused: UInt64 = 0xFFFF_FFFF_0000_0000
    /// The last of those that stand for refused series; the numbers beyond it are free for marks of those who keep references.
    private static let lastRefused: UInt64 = 0xFFFF_FFFF_FFFF_0000

    /// The reference of a series that was refused; `number` is the store's.
    package static func refused(_ number: UInt32) -> SeriesReference {
        SeriesReference(rawValue: min(lastRefused, firstRefused + UInt64(number)))
    }

    /// Whether the series was refused: samples for it are not stored.
    package var isRefused: Bool { rawValue >= Self.firstRefused && rawValue <= Self.lastRefused }

    /// The number that `refused` was given.
    package var refusalNumber: UInt32? { isRefused ? UInt32(truncatingIfNeeded: rawValue) : nil }
}
