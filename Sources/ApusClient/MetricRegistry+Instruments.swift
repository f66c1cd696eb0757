import ApusExposition

// MARK: Counters

extension MetricRegistry {
    /// Makes and registers a counter.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func counter(_ name: String, help: String, unit: String = "") throws(MetricError) -> Counter {
        try MetricFamily<Counter, 0>(counters(MetricDescriptor(.counter, name, help: help, unit: unit)))[[]]
    }

    /// Makes and registers a family of counters with labels.
    ///
    /// ```swift
    /// let failures = try registry.counter("failures_total", help: "Failed jobs.", labels: ["reason"])
    /// failures["timeout"].increment()
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func counter<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Counter, labelCount> {
        MetricFamily(
            try counters(MetricDescriptor(.counter, name, help: help, unit: unit, labelNames: Self.array(labels))))
    }

    /// Registers a counter whose value `read` gives at every exposition, for a number that is counted elsewhere.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func counter(
        _ name: String,
        help: String,
        unit: String = "",
        read: @escaping @Sendable () -> Double
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.counter, name, help: help, unit: unit)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels, read: read))
    }

    private func counters(_ descriptor: MetricDescriptor) throws(MetricError) -> ChildTable {
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { Counter() },
            writeChild: { counter, labels, writer in
                if let whole = counter.wholeValue {
                    writer.appendSample(labels: labels, count: whole)
                } else {
                    writer.appendSample(labels: labels, value: counter.value)
                }
            })
        try add(table)
        return table
    }
}

// MARK: Gauges

extension MetricRegistry {
    /// Makes and registers a gauge.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func gauge(_ name: String, help: String, unit: String = "") throws(MetricError) -> Gauge {
        try MetricFamily<Gauge, 0>(gauges(MetricDescriptor(.gauge, name, help: help, unit: unit)))[[]]
    }

    /// Makes and registers a family of gauges with labels.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func gauge<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Gauge, labelCount> {
        MetricFamily(
            try gauges(MetricDescriptor(.gauge, name, help: help, unit: unit, labelNames: Self.array(labels))))
    }

    /// Registers a gauge whose value `read` gives at every exposition.
    ///
    /// ```swift
    /// try registry.gauge("queue_length", help: "Waiting jobs.") { Double(queue.count) }
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func gauge(
        _ name: String,
        help: String,
        unit: String = "",
        read: @escaping @Sendable () -> Double
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.gauge, name, help: help, unit: unit)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels, read: read))
    }

    private func gauges(_ descriptor: MetricDescriptor) throws(MetricError) -> ChildTable {
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { Gauge() },
            writeChild: { gauge, labels, writer in writer.appendSample(labels: labels, value: gauge.value) })
        try add(table)
        return table
    }
}

// MARK: Histograms

extension MetricRegistry {
    /// Makes and registers a histogram.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or the bounds are not ascending.
    public func histogram(
        _ name: String,
        help: String,
        unit: String = "",
        buckets: HistogramBuckets = .latency
    ) throws(MetricError) -> Histogram {
        let descriptor = MetricDescriptor(.histogram, name, help: help, unit: unit)
        return try MetricFamily<Histogram, 0>(histograms(descriptor, buckets: buckets))[[]]
    }

    /// Makes and registers a family of histograms with labels.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, a label name is not valid, or the bounds are not
    ///   ascending.
    public func histogram<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        buckets: HistogramBuckets = .latency,
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Histogram, labelCount> {
        let descriptor = MetricDescriptor(.histogram, name, help: help, unit: unit, labelNames: Self.array(labels))
        return MetricFamily(try histograms(descriptor, buckets: buckets))
    }

    private func histograms(
        _ descriptor: MetricDescriptor,
        buckets: HistogramBuckets
    ) throws(MetricError) -> ChildTable {
        guard let bounds = buckets.checked() else { throw .invalidBuckets(metric: descriptor.name) }
        let layout = HistogramLayout(upperBounds: bounds)
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { Histogram(layout: layout) },
            writeChild: { histogram, labels, writer in histogram.write(into: &writer, labels: labels) })
        try add(table)
        return table
    }

    private static func array<let count: Int>(_ names: [count of String]) -> [String] {
        var result: [String] = []
        for index in names.indices { result.append(names[index]) }
        return result
    }
}

extension Histogram {
    fileprivate func write(into writer: inout ExpositionWriter, labels: [UInt8]) {
        let snapshot = snapshot
        let bounds = layout.labels(for: writer.format)
        var cumulative: UInt64 = 0
        for (bound, count) in zip(bounds, snapshot.bucketCounts) {
            cumulative &+= count
            writer.appendSample(suffix: "_bucket", labels: labels, extraLabel: bound, count: cumulative)
        }
        writer.appendSample(suffix: "_sum", labels: labels, value: snapshot.sum)
        writer.appendSample(suffix: "_count", labels: labels, count: snapshot.count)
    }
}
