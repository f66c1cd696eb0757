extension MetricRegistry {
    /// Makes and registers a summary.
    ///
    /// ```swift
    /// let durations = try registry.summary(
    ///     "job_duration_seconds", help: "Time of a job.", quantiles: [0.5, 0.9, 0.99])
    /// durations.observe(.seconds(2))
    /// ```
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence on what is measured.
    ///   - unit: The end of the name; empty for none.
    ///   - quantiles: Shares from 0 to 1, ascending; none for count and sum alone, which costs least.
    ///   - window: The time from which the quantiles are taken.
    ///   - constantLabels: Labels with their values.
    /// - Throws: `MetricError` when the name is taken or not valid, or the quantiles are not.
    public func summary(
        _ name: String,
        help: String,
        unit: String = "",
        quantiles: [Double] = [],
        window: Duration = .seconds(600),
        constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> Summary {
        let descriptor = MetricDescriptor(.summary, name, help: help, unit: unit, constantLabels: constantLabels)
        return try MetricFamily<Summary, 0>(summaryTable(descriptor, quantiles, window))[[]]
    }

    /// Makes and registers a family of summaries with labels.
    ///
    /// ```swift
    /// let durations = try registry.summary("step_seconds", help: "Time of a step.", labels: ["step"])
    /// durations["parse"].observe(0.004)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, a label name is not valid, or the quantiles are not.
    public func summary<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        quantiles: [Double] = [],
        window: Duration = .seconds(600),
        constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Summary, labelCount> {
        let descriptor = MetricDescriptor(
            .summary, name, help: help, unit: unit, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try summaryTable(descriptor, quantiles, window))
    }

    private func summaryTable(
        _ descriptor: MetricDescriptor, _ quantiles: [Double], _ window: Duration
    ) throws(MetricError) -> ChildTable {
        guard let layout = SummaryLayout(quantiles: quantiles, window: window) else {
            throw .invalidQuantiles(metric: descriptor.name)
        }
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { [clock] in Summary(layout: layout, clock: clock) },
            writeChild: { summary, labels, pass in pass.write(summary, labels) })
        try add(table)
        return table
    }
}
