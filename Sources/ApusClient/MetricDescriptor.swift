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
    public enum Kind: Sendable, Hashable {
        /// A value that only goes up.
        case counter
        /// A value that goes up and down.
        case gauge
        /// Observations in buckets.
        case histogram
        /// A constant 1 whose labels carry information.
        case info
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

    /// A descriptor with the given parts.
    public init(_ kind: Kind, _ name: String, help: String, unit: String = "", labelNames: [String] = []) {
        self.kind = kind
        self.name = name
        self.help = help
        self.unit = unit
        self.labelNames = labelNames
    }

    var type: MetricType {
        switch kind {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        case .info: .info
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
    var reservedNames: Set<String> {
        switch kind {
        case .counter: [name, baseName, baseName + "_total", baseName + "_created"]
        case .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_count", name + "_sum", name + "_created"]
        case .info: [name, baseName, baseName + "_info"]
        }
    }

    /// Throws when the descriptor cannot be exposed validly beside the given constant labels.
    func check(constantLabels: [Label]) throws(MetricError) {
        guard !name.isEmpty, !name.utf8.contains(0), !baseName.isEmpty else { throw .invalidName(name) }
        if !unit.isEmpty, !baseName.hasSuffix("_" + unit) { throw .unitNotInName(unit: unit, metric: name) }
        var seen = Set(constantLabels.map(\.name))
        for label in labelNames {
            var reason: String?
            if label.isEmpty || label.utf8.contains(0) {
                reason = "is empty or holds a NUL"
            } else if label.hasPrefix("__") {
                reason = "begins with __, which is reserved"
            } else if kind == .histogram, label == "le" {
                reason = "is reserved for the bounds of the buckets"
            } else if !seen.insert(label).inserted {
                reason = "occurs twice"
            }
            if let reason { throw .invalidLabelName(label, metric: name, reason: reason) }
        }
    }
}

/// The labels of one child as text, made once.
struct RenderedLabels: Sendable {
    private let withUTF8Names: [UInt8]
    private let withUnderscores: [UInt8]

    init(names: [String], values: Span<String>, constantLabels: [Label]) {
        var labels = constantLabels
        for (index, name) in names.enumerated() { labels.append(Label(name: name, value: values[index])) }
        // An empty value means that the label is absent.
        labels.removeAll { $0.value.isEmpty }
        labels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        withUTF8Names = Self.render(labels, escaping: .allowUTF8)
        // Nearly always the same text, and then the same memory.
        let underscored = Self.render(labels, escaping: .underscores)
        withUnderscores = underscored == withUTF8Names ? withUTF8Names : underscored
    }

    func text(_ escaping: NameEscaping) -> [UInt8] {
        escaping == .allowUTF8 ? withUTF8Names : withUnderscores
    }

    /// The text by which children are put in order.
    var sortKey: [UInt8] { withUTF8Names }

    private static func render(_ labels: [Label], escaping: NameEscaping) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            ExpositionText.appendLabel(
                label.name, value: label.value, escaping: escaping, isFirst: bytes.isEmpty, to: &bytes)
        }
        return bytes
    }
}
