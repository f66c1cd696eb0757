import ApusModel

/// The instruments of one name whose label names are known only when the program runs.
///
/// What backends and middleware build upon; services take `MetricFamily`, where wrong use does not compile.
package struct RuntimeFamily<Child: Instrument>: Sendable {
    private let table: ChildTable

    init(_ table: ChildTable) {
        self.table = table
    }

    /// The child with the given values; made when it is asked for first.
    ///
    /// - Returns: `nil` when there are more or fewer values than label names.
    package func child(_ values: [String]) -> Child? {
        guard values.count == table.descriptor.labelNames.count else { return nil }
        return unsafe unsafeDowncast(table.child(values.span), to: Child.self)
    }

    /// Takes a child out of the exposition.
    package func remove(_ values: [String]) {
        _ = table.remove(values.span)
    }
}

/// The instruments of one name whose children may each have other labels.
package struct OpenFamily<Child: Instrument>: Sendable {
    private let table: ChildTable

    init(_ table: ChildTable) {
        self.table = table
    }

    /// The child with the given labels, which are checked by the caller: names that are unique and allowed.
    package func child(_ labels: [(name: String, value: String)]) -> Child {
        let values = Self.values(labels)
        return unsafe unsafeDowncast(table.child(values.span), to: Child.self)
    }

    /// Takes a child out of the exposition.
    package func remove(_ labels: [(name: String, value: String)]) {
        let values = Self.values(labels)
        _ = table.remove(values.span)
    }

    private static func values(_ labels: [(name: String, value: String)]) -> [String] {
        labels.sorted { $0.name < $1.name }.flatMap { [$0.name, $0.value] }
    }
}

extension Counter {
    /// A counter that works and that no registry exposes.
    package static func unregistered() -> Counter { Counter(clock: SystemWallClock()) }
}

extension Gauge {
    /// A gauge that works and that no registry exposes.
    package static func unregistered() -> Gauge { Gauge() }
}

extension Histogram {
    /// A histogram that works and that no registry exposes.
    package static func unregistered() -> Histogram {
        Histogram(layout: HistogramLayout(upperBounds: []), clock: SystemWallClock())
    }
}

extension MetricRegistry {
    /// Registers counters whose label names the descriptor has.
    package func runtimeCounters(_ descriptor: MetricDescriptor) throws(MetricError) -> RuntimeFamily<Counter> {
        RuntimeFamily(try counterTable(descriptor))
    }

    /// Registers histograms whose label names the descriptor has.
    package func runtimeHistograms(
        _ descriptor: MetricDescriptor, buckets: HistogramBuckets? = nil, native: NativeBuckets? = nil
    ) throws(MetricError) -> RuntimeFamily<Histogram> {
        RuntimeFamily(try histogramTable(descriptor, buckets, native))
    }

    /// Registers counters that may each have other labels.
    package func openCounters(_ descriptor: MetricDescriptor) throws(MetricError) -> OpenFamily<Counter> {
        OpenFamily(try counterTable(descriptor, labelNames: .open))
    }

    /// Registers gauges that may each have other labels.
    package func openGauges(_ descriptor: MetricDescriptor) throws(MetricError) -> OpenFamily<Gauge> {
        OpenFamily(try gaugeTable(descriptor, labelNames: .open))
    }

    /// Registers histograms that may each have other labels.
    package func openHistograms(
        _ descriptor: MetricDescriptor, buckets: HistogramBuckets? = nil, native: NativeBuckets? = nil
    ) throws(MetricError) -> OpenFamily<Histogram> {
        OpenFamily(try histogramTable(descriptor, buckets, native, labelNames: .open))
    }
}
