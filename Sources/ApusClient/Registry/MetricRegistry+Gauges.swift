extension MetricRegistry {
    /// Makes and registers a gauge.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func gauge(
        _ name: String, help: String, unit: String = "", constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> Gauge {
        let descriptor = MetricDescriptor(.gauge, name, help: help, unit: unit, constantLabels: constantLabels)
        return try MetricFamily<Gauge, 0>(gaugeTable(descriptor))[[]]
    }

    /// Makes and registers a family of gauges with labels.
    ///
    /// ```swift
    /// let waiting = try registry.gauge("jobs_waiting", help: "Waiting jobs.", labels: ["priority"])
    /// waiting["high"].set(3)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func gauge<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Gauge, labelCount> {
        let descriptor = MetricDescriptor(
            .gauge, name, help: help, unit: unit, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try gaugeTable(descriptor))
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
        constantLabels: MetricLabels = [:],
        read: @escaping @Sendable () -> Double
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.gauge, name, help: help, unit: unit, constantLabels: constantLabels)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels, read: read))
    }

    /// Registers a family of gauges.
    func gaugeTable(
        _ descriptor: MetricDescriptor, labelNames: ChildTable.LabelNames = .declared
    ) throws(MetricError) -> ChildTable {
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            labelNames: labelNames,
            makeChild: { Gauge() },
            writeChild: { gauge, labels, pass in pass.writeValue(gauge.value, labels) })
        try add(table)
        return table
    }
}
