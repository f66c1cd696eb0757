import ApusExposition
import ApusModel

/// What a metric family is called and means.
///
/// Collectors declare their families with it; for counters, gauges and histograms the registry makes it.
///
/// ```swift
/// let queue = MetricDescriptor(.gauge, "queue_length", help: "Waiting jobs.", labelNames: ["queue"])
/// ```
public struct MetricDescriptor: Sendable, Hashable {
    /// The types of metric that can be declared.
    ///
    /// ```swift
    /// let kind = MetricDescriptor.Kind.counter
    /// ```
    public enum Kind: Sendable, Hashable {
        /// A value that only goes up.
        case counter
        /// A value that goes up and down.
        case gauge
        /// Observations in buckets.
        case histogram
        /// Observations as count, sum and quantiles.
        case summary
        /// A constant 1 whose labels carry information.
        case info
        /// A set of booleans, one series each.
        case stateSet
        /// A value of which nothing more is known.
        case untyped

        /// Whether a metric of this type may have the value.
        func allows(_ value: Double) -> Bool { self != .counter || value >= 0 }
    }

    /// The metric's type.
    public var kind: Kind
    /// The metric's name, for a counter with its `_total`.
    public var name: String
    /// One sentence on what is measured.
    public var help: String
    /// The unit, which is the end of the name; empty for none.
    public var unit: String
    /// The names of the labels, in the order in which values are given.
    public var labelNames: [String]

    /// Labels that every series of the family has, with their values.
    public var constantLabels: MetricLabels

    /// A descriptor with the given parts.
    public init(
        _ kind: Kind, _ name: String, help: String, unit: String = "", labelNames: [String] = [],
        constantLabels: MetricLabels = [:]
    ) {
        self.kind = kind
        self.name = name
        self.help = help
        self.unit = unit
        self.labelNames = labelNames
        self.constantLabels = constantLabels
    }

    var type: MetricType {
        switch kind {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        case .summary: .summary
        case .info: .info
        case .stateSet: .stateSet
        case .untyped: .unknown
        }
    }

    /// The label that the type itself sets on some samples.
    private var reservedLabel: String? {
        switch kind {
        case .histogram: "le"
        case .summary: "quantile"
        case .stateSet: name
        case .counter, .gauge, .info, .untyped: nil
        }
    }

    /// The name without the suffix that belongs to the type.
    private var baseName: String {
        switch kind {
        case .counter where name.hasSuffix("_total"): String(name.dropLast("_total".count))
        case .info where name.hasSuffix("_info"): String(name.dropLast("_info".count))
        default: name
        }
    }

    /// The names of the family and of its samples in any format, none of which another family may have.
    ///
    /// As older scrapers see them: two names that differ only in characters that become an underscore are one.
    var reservedNames: Set<String> {
        let names: Set<String> =
            switch kind {
            case .counter: [name, baseName, baseName + "_total", baseName + "_created"]
            case .gauge, .untyped, .stateSet: [name]
            case .histogram: [name, name + "_bucket", name + "_count", name + "_sum", name + "_created"]
            case .summary: [name, name + "_count", name + "_sum", name + "_created"]
            case .info: [name, baseName, baseName + "_info"]
            }
        return Set(names.map { ExpositionText.escaped($0, .underscores, allowsColon: true) })
    }

    /// Whether series of both can stand in one family.
    func isOneFamily(with other: MetricDescriptor) -> Bool {
        kind == other.kind && name == other.name && help == other.help && unit == other.unit
    }

    /// Throws when the descriptor cannot be exposed validly beside the given constant labels.
    func check(constantLabels: [Label]) throws(MetricError) {
        guard !name.isEmpty, !name.utf8.contains(0), !baseName.isEmpty else { throw .invalidName(name) }
        // The name is also that of a label, where a colon cannot stand.
        guard kind != .stateSet || !name.contains(":") else { throw .invalidName(name) }
        if !unit.isEmpty {
            guard baseName.hasSuffix("_" + unit) else { throw .unitNotInName(unit: unit, metric: name) }
            if kind == .info || kind == .stateSet { throw .unitNotAllowed(metric: name) }
        }
        var seen = Set(constantLabels.map { ExpositionText.escaped($0.name, .underscores, allowsColon: false) })
        for label in self.constantLabels.labels.map(\.name) + labelNames {
            var reason: String?
            if label.isEmpty || label.utf8.contains(0) {
                reason = "is empty or holds a NUL"
            } else if label.hasPrefix("__") {
                reason = "begins with __, which is reserved"
            } else if label == reservedLabel {
                reason = Self.reservation(of: kind)
            } else if !seen.insert(ExpositionText.escaped(label, .underscores, allowsColon: false)).inserted {
                reason = "occurs twice"
            }
            if let reason { throw .invalidLabelName(label, metric: name, reason: reason) }
        }
    }

    private static func reservation(of kind: Kind) -> String {
        switch kind {
        case .summary: "is reserved for the quantiles"
        case .stateSet: "is reserved for the states"
        default: "is reserved for the bounds of the buckets"
        }
    }
}
