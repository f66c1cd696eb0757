/// What a metric measures over time.
package enum MetricType: String, Sendable, CaseIterable {
    /// A value that only grows, but for resets.
    case counter
    /// A value that goes up and down.
    case gauge
    /// Observations counted in cumulative buckets.
    case histogram
    /// A histogram whose buckets go up and down.
    case gaugeHistogram = "gaugehistogram"
    /// Observations as precomputed quantiles.
    case summary
    /// A constant 1 whose labels carry information.
    case info
    /// A set of booleans, one series each.
    case stateSet = "stateset"
    /// Nothing is known.
    case unknown
}

/// What a metric family says of itself.
package struct MetricMetadata: Hashable, Sendable {
    /// The family's type.
    package var type: MetricType
    /// The family's help text, unescaped; empty when there is none.
    package var help: String
    /// The family's unit (OpenMetrics); empty when there is none.
    package var unit: String

    /// Metadata with the given parts.
    package init(type: MetricType = .unknown, help: String = "", unit: String = "") {
        self.type = type
        self.help = help
        self.unit = unit
    }
}
