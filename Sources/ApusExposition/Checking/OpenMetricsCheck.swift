import ApusBytes
import ApusModel

/// Checks what the lines of an OpenMetrics text say together, family by family.
///
/// Source: OpenMetrics 1.0; where its text leaves a question open, its conformance cases.
struct OpenMetricsCheck {
    /// The family that is being read.
    private struct Family {
        var name: String
        var type: MetricType?
        var hasHelp = false
        var unit: String?
        var hasSamples = false
        /// The names that samples may have.
        var sampleNames: Set<String>
        /// The labels that the samples of the current metric have in common; `nil` before the first.
        var group: [Label]?
        var seenGroups: Set<[Label]> = []
        var timestamp: ExactTime?
        var histogram = HistogramCheck()
    }

    private var family: Family?
    /// The names of the families read so far and of the samples that they may have.
    private var taken: Set<String> = []
    /// Where the line begins that is checked.
    private var place = 0

    mutating func check(_ line: BodyLine) throws(ReadFailure) {
        place = line.start
        switch line.content {
        case .metadata(let metadata, _): try check(metadata)
        case .sample(let sample): try check(sample)
        }
    }

    /// Checks the last family.
    mutating func finish(at end: Int) throws(ReadFailure) {
        place = end
        try endFamily()
    }

    private func failure(_ text: String) -> ReadFailure { ReadFailure(.violation(text), at: place) }

    // MARK: - Metadata

    private mutating func check(_ metadata: MetadataText) throws(ReadFailure) {
        let name = String(decoding: metadata.family, as: UTF8.self)
        if family?.name != name {
            try endFamily()
            family = Family(name: name, sampleNames: [name])
        }
        guard var current = family else { return }
        let quoted = QuotedText.quoted(name)
        guard !current.hasSamples else { throw failure("metadata of metric \(quoted) comes after its samples") }
        switch metadata.content {
        case .type(let type):
            guard current.type == nil else { throw failure("second TYPE line for metric \(quoted)") }
            current.type = type
            current.sampleNames = Set(Self.suffixes(of: type).map { name + $0 })
        case .help:
            guard !current.hasHelp else { throw failure("second HELP line for metric \(quoted)") }
            current.hasHelp = true
        case .unit:
            guard current.unit == nil else { throw failure("second UNIT line for metric \(quoted)") }
            current.unit = ""
        case .comment, .eof: break
        }
        family = current
        if case .unit(let range) = metadata.content { family?.unit = range.isEmpty ? "" : "unit" }
    }

    /// What the names of samples have beyond that of the family.
    private static func suffixes(of type: MetricType) -> [String] {
        switch type {
        case .counter: ["_total", "_created"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .histogram: ["_count", "_sum", "_bucket", "_created"]
        case .gaugeHistogram: ["_gcount", "_gsum", "_bucket"]
        case .info: ["_info"]
        case .gauge, .stateSet, .unknown: [""]
        }
    }

    private mutating func endFamily() throws(ReadFailure) {
        guard var ended = family else { return }
        family = nil
        let type = ended.type ?? .unknown
        for suffix in Set(Self.suffixes(of: type) + [""]) where !taken.insert(ended.name + suffix).inserted {
            throw failure("metric \(QuotedText.quoted(ended.name + suffix)) clashes with one before, or is torn apart")
        }
        if type == .info || type == .stateSet, ended.unit?.isEmpty == false {
            throw failure("metric \(QuotedText.quoted(ended.name)) has a unit, which its type does not allow")
        }
        if type == .histogram || type == .gaugeHistogram, let problem = ended.histogram.finish() {
            throw failure("histogram \(QuotedText.quoted(ended.name)): \(problem)")
        }
    }

    // MARK: - Samples

    private mutating func check(_ sample: BodySample) throws(ReadFailure) {
        if family?.sampleNames.contains(sample.name) != true {
            try endFamily()
            family = Family(name: sample.name, type: .unknown, sampleNames: [sample.name])
        }
        guard var current = family else { return }
        current.hasSamples = true
        let type = current.type ?? .unknown
        let suffix = String(sample.name.dropFirst(current.name.count))
        try checkLabels(of: sample, suffix, current.name, type)
        try checkValue(of: sample, suffix, type)
        try checkExemplar(of: sample, suffix, type)
        try checkOrder(of: sample, suffix, type, &current)
        if type == .histogram || type == .gaugeHistogram,
            let problem = current.histogram.add(
                suffix, group: Self.group(of: sample, suffix, current.name, type),
                bound: Self.number(sample.label("le")),
                value: sample.value, timestamp: sample.timestamp)
        {
            throw failure("histogram \(QuotedText.quoted(current.name)): \(problem)")
        }
        family = current
    }

    private func checkLabels(
        of sample: BodySample, _ suffix: String, _ name: String, _ type: MetricType
    ) throws(ReadFailure) {
        switch (type, suffix) {
        case (.stateSet, _):
            guard sample.label(name) != nil else {
                throw failure("a state needs the label \(QuotedText.quoted(name))")
            }
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"):
            guard let bound = sample.label("le"), let number = Self.number(bound), !number.isNaN else {
                throw failure("a bucket needs a number as label le")
            }
            if number == .infinity, bound != "+Inf" {
                throw failure("infinity is written +Inf, not \(QuotedText.quoted(bound))")
            }
        case (.summary, ""):
            guard let quantile = Self.number(sample.label("quantile")), quantile >= 0, quantile <= 1 else {
                throw failure("a quantile needs a number from 0 to 1 as label quantile")
            }
        default: break
        }
    }

    private func checkValue(of sample: BodySample, _ suffix: String, _ type: MetricType) throws(ReadFailure) {
        let value = sample.value
        switch (type, suffix) {
        case (.stateSet, _):
            guard value == 0 || value == 1 else { throw failure("a state is 0 or 1") }
        case (.info, _):
            guard value == 1 else { throw failure("the value of an info metric is 1") }
        case (.summary, ""):
            guard !(value < 0) else { throw failure("a quantile is not below zero") }
        case (.counter, "_total"), (.summary, "_sum"), (.histogram, "_sum"):
            guard value >= 0 else { throw failure("totals and sums are numbers that are not below zero") }
        case (.gaugeHistogram, "_gsum"):
            guard !value.isNaN else { throw failure("a sum is a number") }
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"), (_, "_count"), (_, "_gcount"):
            guard value >= 0, value.isInfinite || value.rounded(.towardZero) == value else {
                throw failure("counts are whole numbers that are not below zero")
            }
        default: break
        }
    }

    private func checkExemplar(of sample: BodySample, _ suffix: String, _ type: MetricType) throws(ReadFailure) {
        guard let exemplar = sample.exemplar else { return }
        switch (type, suffix) {
        case (.counter, "_total"), (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"): break
        default: throw failure("only totals of counters and buckets have exemplars")
        }
        let length = exemplar.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard length <= 128 else { throw failure("the labels of an exemplar have \(length) characters, more than 128") }
    }

    private func checkOrder(
        of sample: BodySample, _ suffix: String, _ type: MetricType, _ family: inout Family
    ) throws(ReadFailure) {
        let group = Self.group(of: sample, suffix, family.name, type)
        let time = sample.timestamp.flatMap(ExactTime.init)
        if family.group == group {
            guard (time == nil) == (family.timestamp == nil) else {
                throw failure("some samples of one metric have a timestamp and some have not")
            }
            if let time, let before = family.timestamp, time < before, type != .info {
                throw failure("the timestamps of one metric go backwards")
            }
        } else if !family.seenGroups.insert(group).inserted {
            throw failure("the samples of one metric do not stand together")
        }
        family.group = group
        family.timestamp = time
    }

    /// The labels that tell the metric to which a sample belongs.
    private static func group(
        of sample: BodySample, _ suffix: String, _ name: String, _ type: MetricType
    ) -> [Label] {
        switch (type, suffix) {
        case (.info, _): []
        case (.summary, ""): sample.labels(without: "quantile")
        case (.stateSet, _): sample.labels(without: name)
        case (.histogram, "_bucket"), (.gaugeHistogram, "_bucket"): sample.labels(without: "le")
        default: sample.labels
        }
    }

    private static func number(_ text: String?) -> Double? {
        guard let text else { return nil }
        let bytes = Array(text.utf8)
        return NumberText.parseFloat(bytes.span)
    }
}

/// A timestamp in seconds, compared digit by digit where it is written plainly: floats would make neighbours equal.
struct ExactTime: Comparable {
    private let seconds: Double
    private let whole: Int64?
    private let fraction: String

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let seconds = NumberText.parseFloat(bytes.span) else { return nil }
        self.seconds = seconds
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.count > 1 ? parts[1] : ""
        whole = digits.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) ? Int64(parts[0]) : nil
        fraction = String(digits)
    }

    static func < (a: ExactTime, b: ExactTime) -> Bool {
        guard let first = a.whole, let second = b.whole, first >= 0, second >= 0 else { return a.seconds < b.seconds }
        return first != second ? first < second : a.fraction < b.fraction
    }

    static func == (a: ExactTime, b: ExactTime) -> Bool { !(a < b) && !(b < a) }
}
