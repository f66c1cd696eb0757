extension MetricRegistry {
    /// Makes and registers a histogram.
    ///
    /// ```swift
    /// let latency = try registry.histogram("latency_seconds", help: "Time to answer.", unit: "seconds")
    /// let sizes = try registry.histogram("body_bytes", help: "Size of bodies.", native: NativeBuckets())
    /// ```
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence on what is measured.
    ///   - unit: The end of the name; empty for none.
    ///   - buckets: The classic buckets: those of `HistogramBuckets.latency` when neither form is given.
    ///   - native: How values are cut natively; `nil` for classic buckets only. Both forms may be given.
    ///   - constantLabels: Labels with their values.
    /// - Throws: `MetricError` when the name is taken or not valid, or the bounds are not ascending.
    public func histogram(
        _ name: String,
        help: String,
        unit: String = "",
        buckets: HistogramBuckets? = nil,
        native: NativeBuckets? = nil,
        constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> Histogram {
        let descriptor = MetricDescriptor(.histogram, name, help: help, unit: unit, constantLabels: constantLabels)
        return try MetricFamily<Histogram, 0>(histogramTable(descriptor, buckets, native))[[]]
    }

    /// Makes and registers a family of histograms with labels.
    ///
    /// ```swift
    /// let latencies = try registry.histogram(
    ///     "route_latency_seconds", help: "Time to answer.", buckets: [0.01, 0.1, 1], labels: ["route"])
    /// latencies["/users/:id"].observe(0.02)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, a label name is not valid, or the bounds are not
    ///   ascending.
    public func histogram<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        buckets: HistogramBuckets? = nil,
        native: NativeBuckets? = nil,
        constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Histogram, labelCount> {
        let descriptor = MetricDescriptor(
            .histogram, name, help: help, unit: unit, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try histogramTable(descriptor, buckets, native))
    }

    /// Registers a family of histograms.
    func histogramTable(
        _ descriptor: MetricDescriptor, _ buckets: HistogramBuckets?, _ native: NativeBuckets?,
        labelNames: ChildTable.LabelNames = .declared
    ) throws(MetricError) -> ChildTable {
        let classic = buckets ?? (native == nil ? .latency : [])
        guard let bounds = classic.checked() else { throw .invalidBuckets(metric: descriptor.name) }
        if let native, !native.isValid { throw .invalidNativeBuckets(metric: descriptor.name) }
        let layout = HistogramLayout(upperBounds: bounds, native: native, isClassic: buckets != nil || native == nil)
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            labelNames: labelNames,
            makeChild: { [clock] in Histogram(layout: layout, clock: clock) },
            writeChild: { histogram, labels, pass in pass.write(histogram, labels) })
        try add(table)
        return table
    }
}
