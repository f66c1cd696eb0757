/// Why a metric could not be made or registered.
public enum MetricError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The metric's name is empty or not valid UTF-8 text for a name.
    case invalidName(String)
    /// A label's name is empty, occurs twice, begins with `__`, or is reserved for this type of metric.
    case invalidLabelName(String, metric: String, reason: String)
    /// A family of this name, or one whose samples would have this name, is registered already.
    case duplicateName(String)
    /// The unit is not the end of the metric's name.
    case unitNotInName(unit: String, metric: String)
    /// The bounds of a histogram's buckets are not ascending, or one is NaN.
    case invalidBuckets(metric: String)
    /// A collector declared a histogram; it can only give single values.
    case histogramInCollector(String)
    /// A collector gave a value for a family that it did not declare.
    case undeclaredFamily(String)
    /// A collector gave a number of label values other than the family has label names.
    case wrongLabelCount(metric: String, expected: Int, given: Int)
    /// A collector gave two values for one label set.
    case duplicateSample(metric: String)
    /// A source of values outside the program could not be read.
    case unreadable(String)

    /// What is wrong, in one line.
    public var description: String {
        switch self {
        case .invalidName(let name):
            "\"\(name)\" is not a valid metric name"
        case .invalidLabelName(let label, let metric, let reason):
            "label name \"\(label)\" of metric \"\(metric)\" \(reason)"
        case .duplicateName(let name):
            "a metric named \"\(name)\" is registered already"
        case .unitNotInName(let unit, let metric):
            "metric \"\(metric)\" has unit \"\(unit)\", so its name must end with \"_\(unit)\""
        case .invalidBuckets(let metric):
            "the bucket bounds of histogram \"\(metric)\" must be ascending numbers"
        case .histogramInCollector(let name):
            "the collector declared the histogram \"\(name)\"; make it with the registry instead"
        case .undeclaredFamily(let name):
            "the collector did not declare the metric \"\(name)\""
        case .wrongLabelCount(let metric, let expected, let given):
            "metric \"\(metric)\" has \(expected) label names but was given \(given) label values"
        case .duplicateSample(let metric):
            "metric \"\(metric)\" was collected twice with the same labels"
        case .unreadable(let what):
            "cannot read \(what)"
        }
    }
}
