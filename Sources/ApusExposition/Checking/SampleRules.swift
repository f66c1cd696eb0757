import ApusBytes
import ApusModel

/// What OpenMetrics asks of a single sample, given the type of its family.
///
/// Source: OpenMetrics 1.0; where its text leaves a question open, its conformance cases.
struct SampleRules {
    let type: MetricType
    /// The family's name.
    let name: String

    /// What the names of samples have beyond that of the family.
    static func suffixes(of type: MetricType) -> [String] {
        switch type {
        case .counter: ["_total", "_created"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .histogram: ["_count", "_sum", "_bucket", "_created"]
        case .gaugeHistogram: ["_gcount", "_gsum", "_bucket"]
        case .info: ["_info"]
        case .gauge, .stateSet, .unknown: [""]
        }
    }

    /// What the sample's name has beyond that of the family.
    func suffix(of sample: BodySample) -> String { String(sample.name.dropFirst(name.count)) }

    /// The label that the type itself sets on a sample, beside those of the metric; `nil` for none.
    func ownLabel(of suffix: String) -> String? {
        switch (type, suffix) {
        case (.summary, ""): "quantile"
        case (.stateSet, _): name
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"): "le"
        default: nil
        }
    }

    /// What is wrong with the sample alone; `nil` when nothing is.
    func problem(of sample: BodySample) -> String? {
        let suffix = suffix(of: sample)
        return labelProblem(of: sample, suffix) ?? valueProblem(of: sample, suffix)
            ?? exemplarProblem(of: sample, suffix)
    }

    private func labelProblem(of sample: BodySample, _ suffix: String) -> String? {
        for label in sample.labels + (sample.exemplar ?? []) where Self.isReserved(label.name) {
            return "label name \(QuotedText.quoted(label.name)) begins with __, which is reserved"
        }
        let own = ownLabel(of: suffix)
        let reserved: String? =
            switch type {
            case .summary: "quantile"
            case .histogram, .gaugeHistogram: "le"
            default: nil
            }
        if let reserved, reserved != own, sample.label(reserved) != nil {
            return "the label \(reserved) belongs to \(reserved == "le" ? "buckets" : "quantiles") alone"
        }
        guard let own else { return nil }
        let value = sample.label(own)
        switch own {
        case "le" where type != .stateSet:
            guard let value, let bound = Self.number(value), !bound.isNaN else {
                return "a bucket needs a number as label le"
            }
            if bound == .infinity, value != "+Inf" {
                return "infinity is written +Inf, not \(QuotedText.quoted(value))"
            }
        case "quantile" where type != .stateSet:
            guard let value, let quantile = Self.number(value), quantile >= 0, quantile <= 1 else {
                return "a quantile needs a number from 0 to 1 as label quantile"
            }
        default:
            if value == nil { return "a state needs the label \(QuotedText.quoted(name))" }
        }
        return nil
    }

    private func valueProblem(of sample: BodySample, _ suffix: String) -> String? {
        let value = sample.value
        switch (type, suffix) {
        case (.stateSet, _):
            return value == 0 || value == 1 ? nil : "a state is 0 or 1"
        case (.info, _):
            return value == 1 ? nil : "the value of an info metric is 1"
        case (.summary, ""):
            return value < 0 ? "a quantile is not below zero" : nil
        case (.counter, "_total"), (.summary, "_sum"), (.histogram, "_sum"):
            return value >= 0 ? nil : "totals and sums are numbers that are not below zero"
        case (.gaugeHistogram, "_gsum"):
            return value.isNaN ? "a sum is a number" : nil
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"), (_, "_count"), (_, "_gcount"):
            let isCount = value >= 0 && value.isFinite && value.rounded(.towardZero) == value
            return isCount ? nil : "counts are whole numbers that are not below zero"
        default:
            return nil
        }
    }

    private func exemplarProblem(of sample: BodySample, _ suffix: String) -> String? {
        guard let exemplar = sample.exemplar else { return nil }
        switch (type, suffix) {
        case (.counter, "_total"): break
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"):
            if let bound = sample.label("le").flatMap(Self.number), let value = sample.exemplarValue, value > bound {
                return "the value of the exemplar lies above the bound of its bucket"
            }
        default: return "only totals of counters and buckets have exemplars"
        }
        let length = exemplar.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        return length <= 128 ? nil : "the labels of an exemplar have \(length) characters, more than 128"
    }

    /// Whether a label's name is kept for the standard and for servers.
    ///
    /// One of underscores alone is not: it is what escaping leaves of a name in another script.
    private static func isReserved(_ name: String) -> Bool {
        name.hasPrefix("__") && !name.utf8.allSatisfy { $0 == UInt8(ascii: "_") }
    }

    /// The number that a label's value writes; `nil` when it is none.
    static func number(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return NumberText.parseFloat(bytes.span)
    }
}
