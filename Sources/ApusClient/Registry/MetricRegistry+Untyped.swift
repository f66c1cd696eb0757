extension MetricRegistry {
    /// Makes and registers an untyped value.
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func untyped(
        _ name: String, help: String, unit: String = "", constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> Untyped {
        let descriptor = MetricDescriptor(.untyped, name, help: help, unit: unit, constantLabels: constantLabels)
        return try MetricFamily<Untyped, 0>(untypedTable(descriptor))[[]]
    }

    /// Makes and registers a family of untyped values with labels.
    ///
    /// ```swift
    /// let levels = try registry.untyped("legacy_levels", help: "Levels of the old system.", labels: ["tank"])
    /// levels["north"].set(3)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func untyped<let labelCount: Int>(
        _ name: String,
        help: String,
        unit: String = "",
        constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<Untyped, labelCount> {
        let descriptor = MetricDescriptor(
            .untyped, name, help: help, unit: unit, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try untypedTable(descriptor))
    }

    /// Registers an untyped whose value `read` gives at every exposition.
    ///
    /// ```swift
    /// try registry.untyped("legacy_load", help: "Load as the old system gives it.") { readLoad() }
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid.
    public func untyped(
        _ name: String,
        help: String,
        unit: String = "",
        constantLabels: MetricLabels = [:],
        read: @escaping @Sendable () -> Double
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.untyped, name, help: help, unit: unit, constantLabels: constantLabels)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels, read: read))
    }

    private func untypedTable(_ descriptor: MetricDescriptor) throws(MetricError) -> ChildTable {
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { Untyped() },
            writeChild: { untyped, labels, pass in pass.writeValue(untyped.value, labels) })
        try add(table)
        return table
    }
}
