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
    struct Sample: Sendable {
        var labels: [String]
        var value: Double
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
    ///   - family: One of the families that the collector declares, by its name; no histogram.
    /// - Throws: `MetricError` when the family was not declared or the number of labels is another than declared.
    public mutating func append(
        _ value: Double,
        labels: [String] = [],
        to family: MetricDescriptor
    ) throws(MetricError) {
        guard let index = families.firstIndex(where: { $0.name == family.name }) else {
            throw .undeclaredFamily(family.name)
        }
        let declared = families[index]
        guard declared.labelNames.count == labels.count else {
            throw .wrongLabelCount(metric: family.name, expected: declared.labelNames.count, given: labels.count)
        }
        samples[index].append(Sample(labels: labels, value: value))
    }
}
