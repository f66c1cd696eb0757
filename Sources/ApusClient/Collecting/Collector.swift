/// Gives values that are read when metrics are exposed, such as the state of the process or the size of a store.
///
/// The families are declared once and checked at registration; their values are given at every exposition.
///
/// ```swift
/// struct QueueCollector: Collector {
///     let queue: JobQueue
///     static let length = MetricDescriptor(.gauge, "jobs_queued", help: "Waiting jobs.", labelNames: ["priority"])
///     var families: [MetricDescriptor] { [Self.length] }
///
///     func collect(into samples: inout CollectedSamples) throws(MetricError) {
///         for (priority, count) in queue.counts {
///             try samples.append(Double(count), labels: [priority], to: Self.length)
///         }
///     }
/// }
/// ```
public protocol Collector: Sendable {
    /// The families of which the collector gives values; the same at every call.
    var families: [MetricDescriptor] { get }

    /// Appends the values as they are now.
    ///
    /// Called on the thread that exposes the metrics, and must not wait. When it throws, the collector's families are left
    /// out of this exposition, which lists the error among its failures.
    func collect(into samples: inout CollectedSamples) throws(MetricError)
}

/// The values that a collector gives at one exposition.
public struct CollectedSamples: Sendable {
    enum Value: Sendable {
        case number(Double)
        case histogram(HistogramSnapshot)
        case summary(SummarySnapshot)
    }

    struct Sample: Sendable {
        var labels: [String]
        var value: Value
        /// Milliseconds since the epoch.
        var timestamp: Int64?
    }

    private let families: [MetricDescriptor]
    /// The samples of each family, in the order of `families`.
    private(set) var samples: [[Sample]]

    init(families: [MetricDescriptor]) {
        self.families = families
        samples = Array(repeating: [], count: families.count)
    }

    /// Appends the value of one series.
    ///
    /// - Parameters:
    ///   - value: The value; of an info metric, 1.
    ///   - labels: The label values in the order of the family's label names.
    ///   - family: One of the families that the collector declares, by its name; no histogram or summary.
    ///   - timestamp: When the value was measured, in milliseconds since the epoch; `nil` for the time of the scrape.
    /// - Throws: `MetricError` when the family was not declared, the number of labels is another than declared, or the value
    ///   is none that the type can have.
    public mutating func append(
        _ value: Double, labels: [String] = [], to family: MetricDescriptor, timestamp: Int64? = nil
    ) throws(MetricError) {
        let index = try index(of: family, labels)
        switch families[index].kind {
        case .histogram, .summary, .stateSet: throw .wrongKind(metric: family.name)
        case .counter, .gauge, .info, .untyped: break
        }
        guard families[index].kind.allows(value) else { throw .invalidValue(metric: family.name, value: value) }
        samples[index].append(Sample(labels: labels, value: .number(value), timestamp: timestamp))
    }

    /// Appends a histogram whose counts are kept elsewhere.
    ///
    /// - Parameters:
    ///   - histogram: Its bounds ascending, with one count more than bounds.
    ///   - labels: The label values in the order of the family's label names.
    ///   - family: One of the families that the collector declares, by its name; a histogram.
    ///   - timestamp: When it was read, in milliseconds since the epoch; `nil` for the time of the scrape.
    /// - Throws: `MetricError` as for single values, or when counts and bounds do not fit.
    public mutating func append(
        _ histogram: HistogramSnapshot, labels: [String] = [], to family: MetricDescriptor, timestamp: Int64? = nil
    ) throws(MetricError) {
        let index = try index(of: family, labels)
        guard families[index].kind == .histogram, histogram.bucketCounts.count == histogram.upperBounds.count + 1,
            HistogramBuckets(histogram.upperBounds).checked()?.count == histogram.upperBounds.count
        else { throw .wrongKind(metric: family.name) }
        samples[index].append(Sample(labels: labels, value: .histogram(histogram), timestamp: timestamp))
    }

    /// Appends a summary whose figures are kept elsewhere.
    ///
    /// - Parameters:
    ///   - summary: The figures.
    ///   - labels: The label values in the order of the family's label names.
    ///   - family: One of the families that the collector declares, by its name; a summary.
    ///   - timestamp: When it was read, in milliseconds since the epoch; `nil` for the time of the scrape.
    /// - Throws: `MetricError` as for single values, or when a quantile is not from 0 to 1.
    public mutating func append(
        _ summary: SummarySnapshot, labels: [String] = [], to family: MetricDescriptor, timestamp: Int64? = nil
    ) throws(MetricError) {
        let index = try index(of: family, labels)
        guard families[index].kind == .summary,
            summary.quantiles.allSatisfy({ $0.share >= 0 && $0.share <= 1 })
        else { throw .wrongKind(metric: family.name) }
        samples[index].append(Sample(labels: labels, value: .summary(summary), timestamp: timestamp))
    }

    private func index(of family: MetricDescriptor, _ labels: [String]) throws(MetricError) -> Int {
        guard let index = families.firstIndex(where: { $0.name == family.name }) else {
            throw .undeclaredFamily(family.name)
        }
        let declared = families[index]
        guard declared.labelNames.count == labels.count else {
            throw .wrongLabelCount(metric: family.name, expected: declared.labelNames.count, given: labels.count)
        }
        return index
    }
}

/// The figures of a summary that is kept elsewhere, for a collector.
///
/// ```swift
/// let waits = SummarySnapshot(count: 42, sum: 0.031, quantiles: [(0.5, 0.0004), (0.99, 0.003)])
/// ```
public struct SummarySnapshot: Sendable {
    /// The number of observations.
    public var count: UInt64
    /// The sum of the observations.
    public var sum: Double
    /// Shares from 0 to 1, and the values below which such a share of the observations lies.
    public var quantiles: [(share: Double, value: Double)]

    /// Figures of a summary.
    public init(count: UInt64, sum: Double, quantiles: [(share: Double, value: Double)] = []) {
        self.count = count
        self.sum = sum
        self.quantiles = quantiles
    }
}
