extension MetricRegistry {
    /// Registers facts that do not change while the program runs, as labels of a series that is always 1.
    ///
    /// ```swift
    /// try registry.info("app_build_info", help: "What runs.", ["version": "1.4.2", "commit": "8be5d0b"])
    /// ```
    ///
    /// - Parameters:
    ///   - name: The metric's name, by custom with `_info` at its end.
    ///   - help: One sentence on what the facts are about.
    ///   - facts: The labels.
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func info(
        _ name: String, help: String, _ facts: MetricLabels
    ) throws(MetricError) {
        let descriptor = MetricDescriptor(.info, name, help: help, constantLabels: facts)
        try add(CallbackFamily(descriptor, constantLabels: everySeriesLabels) { 1 })
    }

    /// Makes and registers a state set, which has a series for each case of an enumeration.
    ///
    /// ```swift
    /// enum Phase: String, CaseIterable, Sendable { case starting, ready, draining }
    ///
    /// let phase = try registry.stateSet("server_phase", help: "What the server is doing.", of: Phase.self)
    /// phase.set(.ready)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a state has no name.
    public func stateSet<State: CaseIterable & RawRepresentable<String> & Sendable>(
        _ name: String, help: String, of states: State.Type, constantLabels: MetricLabels = [:]
    ) throws(MetricError) -> StateSet<State> {
        let descriptor = MetricDescriptor(.stateSet, name, help: help, constantLabels: constantLabels)
        return try MetricFamily<StateSet<State>, 0>(stateSetTable(descriptor, states))[[]]
    }

    /// Makes and registers a family of state sets with labels.
    ///
    /// ```swift
    /// enum Health: String, CaseIterable, Sendable { case healthy, failing }
    ///
    /// let health = try registry.stateSet("disk_health", help: "How disks are.", of: Health.self, labels: ["disk"])
    /// health["sda"].set(.healthy)
    /// ```
    ///
    /// - Throws: `MetricError` when the name is taken or not valid, or a label name is not valid.
    public func stateSet<State: CaseIterable & RawRepresentable<String> & Sendable, let labelCount: Int>(
        _ name: String, help: String, of states: State.Type, constantLabels: MetricLabels = [:],
        labels: [labelCount of String]
    ) throws(MetricError) -> MetricFamily<StateSet<State>, labelCount> {
        let descriptor = MetricDescriptor(
            .stateSet, name, help: help, labelNames: Self.array(labels), constantLabels: constantLabels)
        return MetricFamily(try stateSetTable(descriptor, states))
    }

    private func stateSetTable<State: CaseIterable & RawRepresentable<String> & Sendable>(
        _ descriptor: MetricDescriptor, _: State.Type
    ) throws(MetricError) -> ChildTable {
        let states = State.allCases.map(\.rawValue)
        // An empty label is none, so that the state would have no name.
        guard !states.contains("") else { throw .invalidState(metric: descriptor.name) }
        let table = ChildTable(
            descriptor,
            constantLabels: everySeriesLabels,
            makeChild: { StateSet<State>() },
            writeChild: { set, labels, pass in
                pass.write(states: states, on: set.enabledStates, of: descriptor.name, labels)
            })
        try add(table)
        return table
    }
}
