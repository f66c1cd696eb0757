/// Why a metric could not be made or registered.
///
/// ```swift
/// do throws(MetricError) {
///     _ = try registry.counter("jobs_total", help: "Jobs.", labels: ["kind"])
/// } catch {
///     print("not measured: \(error)")
/// }
/// ```
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
    /// The properties of a histogram's native buckets make no sense.
    case invalidNativeBuckets(metric: String)
    /// The quantiles of a summary are not ascending numbers from 0 to 1, or its window is shorter than 5 ms.
    case invalidQuantiles(metric: String)
    /// The unit of an info metric or a state set, which have none.
    case unitNotAllowed(metric: String)
    /// A case of the enumeration of a state set has an empty text.
    case invalidState(metric: String)
    /// A value was read that the type cannot have: that of a counter is below zero or not a number.
    case invalidValue(metric: String, value: Double)
    /// A family was fixed to a label that it has not, or to so many that another number than expected is left.
    case invalidCurrying(metric: String, reason: String)
    /// A collector gave a value of another kind than the family's, or a histogram whose counts do not fit its bounds.
    case wrongKind(metric: String)
    /// Two registries that were merged have different families of one name; the payload is the name.
    case conflictingFamilies(String)
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
        case .invalidNativeBuckets(let metric):
            "the native buckets of histogram \"\(metric)\" need a growth factor above 1 and bounds that are not negative"
        case .invalidQuantiles(let metric):
            "the quantiles of summary \"\(metric)\" must be ascending from 0 to 1, its window at least 5 ms"
        case .unitNotAllowed(let metric):
            "metric \"\(metric)\" cannot have a unit: it has no quantity"
        case .invalidState(let metric):
            "the states of metric \"\(metric)\" must have names that are not empty"
        case .invalidValue(let metric, let value):
            "metric \"\(metric)\" cannot have the value \(value)"
        case .invalidCurrying(let metric, let reason):
            "metric \"\(metric)\" cannot be fixed to labels: \(reason)"
        case .wrongKind(let metric):
            "metric \"\(metric)\" was collected as something else than it was declared as"
        case .conflictingFamilies(let name):
            "metric \"\(name)\" is in several registries with different types, units or help texts"
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
