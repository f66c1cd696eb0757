import ApusBytes
import ApusModel
import ApusPromQL

/// A remark on a query's result: what kind, what it says, and where in the text the cause is.
enum Annotation: Sendable {
    case invalidQuantile(Double)
    case invalidRatio(Double, cappedTo: Double)
    case badBucketLabel(metric: String, label: String)
    case possibleNonCounter(metric: String)
    case possibleNonCounterType(metric: String, type: String)
    case ineffectiveSort

    var isWarning: Bool {
        switch self {
        case .possibleNonCounter, .possibleNonCounterType: false
        default: true
        }
    }

    var text: String {
        switch self {
        case .invalidQuantile(let value):
            "PromQL warning: quantile value should be between 0 and 1, got \(NumberText.string(value, .general))"
        case .invalidRatio(let value, let cap):
            "PromQL warning: ratio value should be between -1 and 1, got \(NumberText.string(value, .general)),"
                + " capping to \(NumberText.string(cap, .general))"
        case .badBucketLabel(let metric, let label):
            "PromQL warning: bucket label \"le\" is missing or has a malformed value of \(QuotedText.quoted(label))"
                + (metric.isEmpty ? "" : " for metric name \(QuotedText.quoted(metric))")
        case .possibleNonCounter(let metric):
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                + QuotedText.quoted(metric)
        case .possibleNonCounterType(let metric, let type):
            "PromQL info: metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\","
                + " got \(QuotedText.quoted(type)): \(QuotedText.quoted(metric))"
        case .ineffectiveSort:
            "PromQL warning: sort is ineffective for range queries since results are always ordered by labels"
        }
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

    private var texts: [String] = []
    private var seen: Set<String> = []
    private var omitted = 0

    mutating func add(_ text: String) {
        guard !seen.contains(text) else { return }
        if texts.count < Self.capacity {
            seen.insert(text)
            texts.append(text)
        } else {
            omitted += 1
        }
    }

    /// The first `limit` texts in order, with a line that says how many were left out.
    func shown(limit: Int, kind: String) -> [String] {
        let sorted = texts.sorted()
        let left = max(0, sorted.count - limit) + omitted
        return left == 0 ? sorted : sorted.prefix(limit) + ["\(left) more \(kind) annotations omitted"]
    }
}
