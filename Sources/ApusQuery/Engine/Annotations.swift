import ApusBytes
import ApusModel
import ApusPromQL

/// What is done to two or more histograms, as annotations name it.
enum HistogramOperation: String, Sendable {
    case addition
    case subtraction
    case aggregation
}

/// A remark on a query's result: what kind, what it says, and where in the text the cause is.
enum Annotation: Sendable {
    case invalidQuantile(Double)
    case invalidRatio(Double, cappedTo: Double)
    case badBucketLabel(metric: String, label: String)
    case ineffectiveSort
    case mixedSamples(metric: String)
    case mixedSamplesInAggregation
    case mixedClassicAndNative(metric: String)
    case histogramNotCounter(metric: String)
    case histogramNotGauge(metric: String)
    case mixedSchemas(metric: String)
    case incompatibleLayouts(BinaryOperation)
    case conflictingResets(HistogramOperation)
    case overlappingStart(metric: String)
    case possibleNonCounter(metric: String)
    case possibleNonCounterType(metric: String, type: String)
    case incompatibleTypes(BinaryOperation, left: String, right: String)
    case ignoredInAggregation(AggregationOperation)
    case ignoredInMixedRange(metric: String)
    case reconciledBounds(HistogramOperation)
    case quantileOfNaN(metric: String)
    case quantileSkewedByNaN(metric: String)
    case fractionWithoutNaN(metric: String)
    case rolledUp(RolledSpan)
    case damagedRollup(path: String)

    var isWarning: Bool {
        switch self {
        case .possibleNonCounter, .possibleNonCounterType, .incompatibleTypes, .ignoredInAggregation,
            .ignoredInMixedRange, .reconciledBounds, .quantileOfNaN, .quantileSkewedByNaN, .fractionWithoutNaN,
            .rolledUp:
            false
        default: true
        }
    }

    var text: String { (isWarning ? "PromQL warning: " : "PromQL info: ") + message }

    private var message: String {
        switch self {
        case .invalidQuantile(let value):
            "quantile value should be between 0 and 1, got \(NumberText.string(value, .general))"
        case .invalidRatio(let value, let cap):
            "ratio value should be between -1 and 1, got \(NumberText.string(value, .general)),"
                + " capping to \(NumberText.string(cap, .general))"
        case .badBucketLabel(let metric, let label):
            "bucket label \"le\" is missing or has a malformed value of \(QuotedText.quoted(label))"
                + Self.suffix(metric)
        case .ineffectiveSort: "sort is ineffective for range queries since results are always ordered by labels"
        case .mixedSamples(let metric):
            "encountered a mix of histograms and floats for metric name \(QuotedText.quoted(metric))"
        case .mixedSamplesInAggregation: "encountered a mix of histograms and floats for aggregation"
        case .mixedClassicAndNative(let metric):
            "vector contains a mix of classic and native histograms" + Self.suffix(metric)
        case .histogramNotCounter(let metric):
            "this native histogram metric is not a counter: \(QuotedText.quoted(metric))"
        case .histogramNotGauge(let metric):
            "this native histogram metric is not a gauge: \(QuotedText.quoted(metric))"
        case .mixedSchemas(let metric):
            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
                + QuotedText.quoted(metric)
        case .incompatibleLayouts(let operation):
            "incompatible bucket layout encountered for binary operator \(operation.rawValue)"
        case .conflictingResets(let operation):
            "conflicting counter resets during histogram \(operation.rawValue)"
        case .overlappingStart(let metric):
            "sample has start time that overlaps with previous sample timestamp for metric "
                + QuotedText.quoted(metric)
        case .possibleNonCounter(let metric):
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                + QuotedText.quoted(metric)
        case .possibleNonCounterType(let metric, let type):
            "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\","
                + " got \(QuotedText.quoted(type)): \(QuotedText.quoted(metric))"
        case .incompatibleTypes(let operation, let left, let right):
            "incompatible sample types encountered for binary operator \(QuotedText.quoted(operation.rawValue)):"
                + " \(left) \(operation.rawValue) \(right)"
        case .ignoredInAggregation(let operation): "ignored histogram in \(operation.rawValue) aggregation"
        case .ignoredInMixedRange(let metric):
            "ignored histograms in a range containing both floats and histograms for metric name "
                + QuotedText.quoted(metric)
        case .reconciledBounds(let operation):
            "mismatched custom buckets were reconciled during \(operation.rawValue)"
        case .quantileOfNaN(let metric):
            "input to histogram_quantile has NaN observations, result is NaN" + Self.suffix(metric)
        case .quantileSkewedByNaN(let metric):
            "input to histogram_quantile has NaN observations, result is skewed higher" + Self.suffix(metric)
        case .fractionWithoutNaN(let metric):
            "input to histogram_fraction has NaN observations, which are excluded from all fractions"
                + Self.suffix(metric)
        case .rolledUp(let span):
            "only roll-ups of \(DurationText.string(span.resolution)) are left from"
                + " \(TimestampText.rfc3339(span.range.lowerBound)) to \(TimestampText.rfc3339(span.range.upperBound)),"
                + " what is shown of that time follows from whole buckets"
        case .damagedRollup(let path):
            "values are missing: the roll-up \(path) is damaged and the samples it told of are gone, restore it from a backup"
        }
    }

    private static func suffix(_ metric: String) -> String {
        metric.isEmpty ? "" : " for metric name \(QuotedText.quoted(metric))"
    }
}

/// Remarks on the histograms of one series, collected while its steps are worked on and then made annotations once.
struct HistogramRemarks: OptionSet, Sendable {
    let rawValue: UInt32

    static let mixedSamples = Self(rawValue: 1 << 0)
    static let mixedSamplesInAggregation = Self(rawValue: 1 << 1)
    static let notCounter = Self(rawValue: 1 << 2)
    static let notGauge = Self(rawValue: 1 << 3)
    static let mixedSchemas = Self(rawValue: 1 << 4)
    static let overlappingStart = Self(rawValue: 1 << 5)
    static let ignoredInMixedRange = Self(rawValue: 1 << 6)
    static let reconciledInAddition = Self(rawValue: 1 << 7)
    static let reconciledInSubtraction = Self(rawValue: 1 << 8)
    static let reconciledInAggregation = Self(rawValue: 1 << 9)
    static let conflictInAddition = Self(rawValue: 1 << 10)
    static let conflictInSubtraction = Self(rawValue: 1 << 11)
    static let conflictInAggregation = Self(rawValue: 1 << 12)
    static let quantileOfNaN = Self(rawValue: 1 << 13)
    static let quantileSkewedByNaN = Self(rawValue: 1 << 14)
    static let fractionWithoutNaN = Self(rawValue: 1 << 15)
    static let mixedClassicAndNative = Self(rawValue: 1 << 16)

    /// The annotations for a series of the metric `metric`.
    func annotations(metric: String) -> [Annotation] {
        let all: [(HistogramRemarks, Annotation)] = [
            (.mixedSamples, .mixedSamples(metric: metric)),
            (.mixedSamplesInAggregation, .mixedSamplesInAggregation),
            (.notCounter, .histogramNotCounter(metric: metric)),
            (.notGauge, .histogramNotGauge(metric: metric)),
            (.mixedSchemas, .mixedSchemas(metric: metric)),
            (.overlappingStart, .overlappingStart(metric: metric)),
            (.ignoredInMixedRange, .ignoredInMixedRange(metric: metric)),
            (.reconciledInAddition, .reconciledBounds(.addition)),
            (.reconciledInSubtraction, .reconciledBounds(.subtraction)),
            (.reconciledInAggregation, .reconciledBounds(.aggregation)),
            (.conflictInAddition, .conflictingResets(.addition)),
            (.conflictInSubtraction, .conflictingResets(.subtraction)),
            (.conflictInAggregation, .conflictingResets(.aggregation)),
            (.quantileOfNaN, .quantileOfNaN(metric: metric)),
            (.quantileSkewedByNaN, .quantileSkewedByNaN(metric: metric)),
            (.fractionWithoutNaN, .fractionWithoutNaN(metric: metric)),
            (.mixedClassicAndNative, .mixedClassicAndNative(metric: metric)),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}

extension Evaluation {
    /// Remarks on a series of the labels `labels` at a byte offset of the query's text.
    func annotate(_ remarks: HistogramRemarks, _ labels: LabelSet, at position: Int) {
        if remarks.isEmpty { return }
        for annotation in remarks.annotations(metric: labels.metricName ?? "") { annotate(annotation, at: position) }
    }
}

/// Buckets that had to be made monotonic, joined over all groups and steps of one call.
struct MonotonicityFix: Sendable {
    var lowestBucket: Double
    var highestBucket: Double
    var largestDifference: Double
    var sampleCount: Int
    var firstTime: Int64
    var lastTime: Int64

    mutating func join(_ other: MonotonicityFix) {
        lowestBucket = min(lowestBucket, other.lowestBucket)
        highestBucket = max(highestBucket, other.highestBucket)
        largestDifference = max(largestDifference, other.largestDifference)
        sampleCount += other.sampleCount
        firstTime = min(firstTime, other.firstTime)
        lastTime = max(lastTime, other.lastTime)
    }

    func text(metric: String) -> String {
        func number(_ value: Double) -> String { NumberText.string(value, .general) }
        let name = metric.isEmpty ? "" : " for metric name \(QuotedText.quoted(metric))"
        return "PromQL info: input to histogram_quantile needed to be fixed for monotonicity"
            + " (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)\(name),"
            + " from buckets \(number(lowestBucket)) to \(number(highestBucket)),"
            + " with a max diff of \(number(largestDifference)), over \(sampleCount) samples"
            + " from \(TimestampText.rfc3339(firstTime)) to \(TimestampText.rfc3339(lastTime))"
    }
}

/// The annotations of one query: each text once, a bounded number of them.
struct AnnotationList: Sendable {
    /// More different annotations than this are counted only.
    private static let capacity = 1_000

    private struct Entry: Hashable {
        var text: String
        var place: RemarkPlace
    }

    private var entries: Set<Entry> = []
    private var omitted = 0

    mutating func add(_ text: String, at place: RemarkPlace) {
        let entry = Entry(text: text, place: place)
        if entries.count < Self.capacity {
            entries.insert(entry)
        } else if !entries.contains(entry) {
            omitted += 1
        }
    }

    /// The first `limit` texts in order, with a line that says how many were left out.
    ///
    /// Of a text that holds for several places the last one is shown, as in Prometheus.
    ///
    /// - Parameter lastPlace: where the part is evaluated last that a remark is on.
    func shown(
        limit: Int, kind: String, of source: SourceText, _ lastPlace: (RemarkPlace) -> RemarkPlace
    ) -> [String] {
        var places: [String: RemarkPlace] = [:]
        for entry in entries {
            let place = lastPlace(entry.place)
            if let known = places[entry.text], place < known { continue }
            places[entry.text] = place
        }
        let sorted = places.map { "\($0) (\(source.place(of: $1.position)))" }.sorted()
        let left = max(0, sorted.count - limit) + omitted
        return left == 0 ? sorted : sorted.prefix(limit) + ["\(left) more \(kind) annotations omitted"]
    }
}
