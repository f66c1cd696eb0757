package import ApusModel
import ApusRegex

/// How many series and values of labels the head takes; what it has already goes on whatever the limits are.
package struct SeriesLimits: Sendable {
    /// A limit on the series that one selector selects.
    struct Selector: Sendable {
        var text: String
        var matchers: [CompiledMatcher]
        var maximum: Int
    }

    /// The most series of all (`max_series`); `nil` for no limit.
    package var series: Int?
    /// The most series of each metric (`max_series_per_metric`); `nil` for no limit.
    package var seriesPerMetric: Int?
    /// The most values of each label but the metric's name (`max_values_per_label`); `nil` for no limit.
    package var valuesPerLabel: Int?
    /// Limits on what selectors select; all of them count.
    private(set) var selectors: [Selector] = []
    /// Limits on the values of single labels, in place of `valuesPerLabel`.
    private(set) var labels: [String: Int] = [:]

    /// No limits.
    package init() {}

    /// Limits the series that a selector selects; `text` is the selector as people wrote it.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package mutating func limitSeries(
        _ text: String, matchers: [Matcher], to maximum: Int
    ) throws(QueryableError) {
        selectors.append(
            Selector(text: text, matchers: try CompiledMatcher.compile(matchers), maximum: max(0, maximum)))
    }

    /// Limits the values of a label; of several limits on one label the lowest counts.
    package mutating func limitValues(of label: String, to maximum: Int) {
        labels[label] = min(labels[label] ?? .max, max(0, maximum))
    }

    /// The number of limits on single selectors and labels.
    package var ruleCount: Int { selectors.count + labels.count }

    /// Whether nothing is limited.
    var isEmpty: Bool { series == nil && isOnlyTotal }

    /// Whether nothing but the series of all is limited.
    var isOnlyTotal: Bool {
        seriesPerMetric == nil && valuesPerLabel == nil && selectors.isEmpty && labels.isEmpty
    }

    /// The most values of a label; `nil` for no limit.
    func maximumValues(of label: String) -> Int? {
        // Metrics are not one label's values to who sets a limit on those; who means them names the label.
        labels[label] ?? (label == LabelSet.metricName ? nil : valuesPerLabel)
    }
}
