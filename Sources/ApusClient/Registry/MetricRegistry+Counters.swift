extension MetricRegistry {
    /// Makes and registers a counter.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func counter(
        _ name: String, help: String, unit: String = "", constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> Counter {
        let descriptor = MetricDescriptor(.counter, name, help: help, unit: unit, constantLabels: constantLabels)
        return try MetricFamily<Counter, 0>(counterTable(descriptor))[[]]
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
        constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Counter, labelCount> {
        let descriptor = MetricDescriptor(
            .counter, name, help: help, unit: unit, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try counterTable(descriptor))
    }

    /// Registers a counter whose value `read` gives at every exposition, for a number that is counted elsewhere.
    ///
    /// ```swift
    /// try registry.counter("jobs_done_total", help: "Jobs that were done.") { Double(queue.doneCount) }
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func counter(
        _ name: String,
        help: String,
        unit: String = "",
        constantLabels: MetricLabels = [:],
        read: @escaping @Sendable () -> Double
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.counter, name, help: help, unit: unit, constantLabels: constantLabels)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels, read: read))
    }

    /// Registers a family of counters.
    func counterTable(
        _ descriptor: MetricDescriptor, labelNames: ChildTable.LabelNames = .declared
    ) throws(MetricError) -> ChildTable {
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            labelNames: labelNames,
            makeChild: { [clock] in Counter(clock: clock) },
            writeChild: { counter, labels, pass in pass.write(counter, labels) })
        try add(table)
        return table
    }

    /// Label names as an array.
    static func array<let count: Int>(_ names: [count of String]) -> [String] {
        var result: [String] = []
        for index in names.indices { result.append(names[index]) }
        return result
    }
}
