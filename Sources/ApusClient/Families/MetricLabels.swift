import ApusModel

/// Labels whose values are known when a metric or a registry is made.
///
/// ```swift
/// let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
/// let version = try registry.gauge("schema_version", help: "Of the data.", constantLabels: ["store": "main"])
/// ```
///
/// Written as a dictionary, or made from one that is known only when the program runs. A name that is not allowed or given
/// twice is an error of what takes the labels, never a crash.
public struct MetricLabels: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    let labels: [Label]

    /// Labels with the given names and values, sorted by name.
    ///
    /// ```swift
    /// let settings = ["region": "kr", "zone": "a"]
    /// let registry = try MetricRegistry(constantLabels: MetricLabels(settings))
    /// ```
    public init(_ labels: [String: String]) {
        self.init(labels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
    }

    /// Labels with the given names and values, in their order.
    public init(_ labels: some Sequence<(name: String, value: String)>) {
        self.labels = labels.map { Label(name: $0.name, value: $0.value) }
    }

    /// Labels with the given names and values.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }

    /// Names and values in the order given.
    package var pairs: [(name: String, value: String)] { labels.map { ($0.name, $0.value) } }
}
