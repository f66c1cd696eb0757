import ApusModel

/// Joins elements with the info series of their targets, step by step.
struct InfoJoiner {
    /// The labels that name a target.
    static let identifyingNames = ["instance", "job"]

    /// An info series that describes a target.
    private struct Info {
        var labels: LabelSet
        /// For each step the time of its sample in seconds, absent where there is none.
        var times: [Double]
    }

    private let selector: InfoSelector
    private let grid: StepGrid
    private let names = LabelNames(identifyingNames)
    /// By target, then by metric name, in the order of names.
    private var infos: [LabelSet: [(metric: String, infos: [Info])]] = [:]

    init(selector: InfoSelector, grid: StepGrid) {
        self.selector = selector
        self.grid = grid
    }

    /// The target that a series belongs to.
    func identity(of labels: LabelSet) -> LabelSet { names.keeping(labels) }

    /// Takes an info series.
    ///
    /// - Throws: when another one of the same metric describes the target with a sample of the same time.
    mutating func addInfo(_ labels: LabelSet, _ identity: LabelSet, times: [Double]) throws(QueryError) {
        let metric = labels.metricName ?? ""
        var metrics = infos.removeValue(forKey: identity) ?? []
        let index = metrics.firstIndex { $0.metric == metric } ?? metrics.count
        if index == metrics.count { metrics.append((metric, [])) }
        for other in metrics[index].infos {
            for step in times.indices where Point.isPresent(times[step]) && times[step] == other.times[step] {
                // Only the newest of several counts, so that equals matter only if none is newer.
                guard metrics[index].infos.allSatisfy({ !($0.times[step] > times[step]) }) else { continue }
                let time = Int64(times[step] * 1_000)
                throw .execution(
                    "found duplicate series for info metric: existing \(other.labels) @ \(time), new \(labels) @ \(time)"
                )
            }
        }
        metrics[index].infos.append(Info(labels: labels, times: times))
        infos[identity] = metrics
    }

    /// Puts a series into the table, under as many label sets as its info series give in turn.
    mutating func join(_ identity: SeriesIdentity, _ row: Row, into table: inout RowTable) throws(QueryError) {
        let target = self.identity(of: identity.labels)
        let metrics = target.isEmpty ? [] : infos[target] ?? []
        var targets: [[Int]: Int] = [:]
        for step in 0..<grid.count where row.isPresent(at: step) {
            let chosen = metrics.map { Self.newest($0.infos, at: step) }
            let isFound = chosen.contains { $0 >= 0 }
            if !isFound, !selector.allowsMissing { continue }
            let index: Int
            if let known = targets[chosen] {
                index = known
            } else {
                let labels = try enriched(
                    identity.labels, zip(metrics, chosen).compactMap { $1 < 0 ? nil : $0.infos[$1].labels })
                index = table.row(for: SeriesIdentity(labels: labels, dropsName: identity.dropsName))
                targets[chosen] = index
            }
            try table.join(row, at: step, into: index)
        }
    }

    /// The info series with the newest sample at a step; −1 without any.
    private static func newest(_ infos: [Info], at step: Int) -> Int {
        var result = -1
        for (index, info) in infos.enumerated() where Point.isPresent(info.times[step]) {
            if result < 0 || info.times[step] > infos[result].times[step] { result = index }
        }
        return result
    }

    private func enriched(_ labels: LabelSet, _ infos: [LabelSet]) throws(QueryError) -> LabelSet {
        var added: [String: String] = [:]
        for info in infos {
            for label in info.labels where selector.takes(label.name) {
                if let other = added[label.name], other != label.value {
                    throw .execution("conflicting label: \(label.name)")
                }
                if labels[label.name] == nil { added[label.name] = label.value }
            }
        }
        var builder = LabelSetBuilder(labels)
        for (name, value) in added { builder.set(name, to: value) }
        return builder.labelSet()
    }
}
