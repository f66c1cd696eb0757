import ApusModel
import ApusPromQL
import ApusRegex

extension Evaluator {
    /// `info(vector, {selector})`: the elements with labels of the info series that describe the same target.
    ///
    /// Source of the rules: Prometheus' documentation of `info` and its tests.
    func info(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard let argument = call.arguments.first else { return RowSource.empty }
        var given: [Matcher] = []
        if call.arguments.count > 1, case .vectorSelector(let node) = call.arguments[1].withoutParentheses {
            given = node.matchers
        }
        let selector = try InfoSelector(given)
        let base = try materialise(try vector(argument, on: grid), on: grid)
        var joiner = InfoJoiner(selector: selector, grid: grid)
        let described = base.series.indices.filter { !selector.isInfoMetric(base.series[$0].labels) }
        let identities = described.map { joiner.identity(of: base.series[$0].labels) }
        if identities.contains(where: { !$0.isEmpty }) {
            let reference = argument.timeReference
            let windows = try windowGrid(
                .fixed(milliseconds: evaluation.lookback), .fixed(milliseconds: try offset(reference.offsets)),
                reference.anchor, on: grid)
            let selection = try selection(selector.matchers(for: identities), windows)
            try addInfos(selection, windows, Set(identities), to: &joiner)
        }
        var table = RowTable(stepCount: grid.count)
        let isDescribed = Set(described)
        for (index, identity) in base.series.enumerated() {
            if isDescribed.contains(index) {
                try joiner.join(identity, base.rows[index], into: &table)
            } else {
                try table.join(base.rows[index], into: table.row(for: identity))
            }
        }
        return table.source
    }

    /// Reads the info series that describe any of the targets.
    private func addInfos(
        _ selection: any SeriesSelection, _ windows: WindowGrid, _ wanted: Set<LabelSet>, to joiner: inout InfoJoiner
    ) throws(QueryError) {
        let values = SelectorSource(selection, windows: windows, content: .value, evaluation: evaluation)
        let times = SelectorSource(selection, windows: windows, content: .timestamp, evaluation: evaluation)
        var scratch = Scratch()
        for (index, series) in values.series.enumerated() {
            let identity = joiner.identity(of: series.labels)
            guard !identity.isEmpty, wanted.contains(identity) else { continue }
            try evaluation.hold(2 * windows.count)
            var row = Row(count: windows.count)
            try values.read(index, into: &row, scratch: &scratch)
            if row.hasHistograms { throw .execution("info sample should be float") }
            try times.read(index, into: &row, scratch: &scratch)
            try joiner.addInfo(series.labels, identity, times: row.values)
        }
    }

    private func offset(_ offsets: [DurationValue]) throws(QueryError) -> Int64 {
        var total: Int64 = 0
        for value in offsets { total += try duration(value) }
        return total
    }
}

/// Which info series and which of their labels `info` takes.
private struct InfoSelector: Sendable {
    private let names: [CompiledMatcher]
    /// Conditions on the labels that are taken.
    private let data: [CompiledMatcher]
    private let dataNames: Set<String>

    init(_ matchers: [Matcher]) throws(QueryError) {
        var names = matchers.filter { $0.name == LabelSet.metricName }
        if names.isEmpty {
            names = [Matcher(LabelSet.metricName, .equal, "target_info")]
        } else if names.allSatisfy({ $0.operation == .notEqual || $0.operation == .matchesNotPattern }) {
            // Exclusions alone are meant among info metrics, not among all.
            names.append(Matcher(LabelSet.metricName, .matchesPattern, ".+_info"))
        }
        let data = matchers.filter { $0.name != LabelSet.metricName }
        self.names = try Self.compiled(names)
        self.data = try Self.compiled(data)
        dataNames = Set(data.map(\.name))
    }

    private static func compiled(_ matchers: [Matcher]) throws(QueryError) -> [CompiledMatcher] {
        var result: [CompiledMatcher] = []
        for matcher in matchers {
            do {
                result.append(try CompiledMatcher(matcher))
            } catch {
                throw .execution("invalid pattern in matcher \(matcher): \(error.reason)")
            }
        }
        return result
    }

    /// Whether a series is of the metrics that describe others.
    func isInfoMetric(_ labels: LabelSet) -> Bool {
        let name = Array((labels.metricName ?? "").utf8)
        return names.allSatisfy { $0.matches(name.span) }
    }

    /// Whether elements without an info series stay.
    var allowsMissing: Bool {
        let nothing: [UInt8] = []
        return data.allSatisfy { $0.matches(nothing.span) }
    }

    /// Whether a label of an info series is taken.
    func takes(_ name: String) -> Bool {
        name != LabelSet.metricName && (dataNames.isEmpty || dataNames.contains(name))
    }

    /// What selects the info series of targets.
    func matchers(for identities: [LabelSet]) -> [Matcher] {
        var result = (names + data).map(\.matcher)
        for name in InfoJoiner.identifyingNames {
            let values = Set(identities.map { $0[name] ?? "" })
            guard values.count <= 1_000, !values.contains("") else { continue }
            if values.count == 1, let value = values.first {
                result.append(Matcher(name, .equal, value))
            } else {
                let pattern = values.sorted().map(Self.quoted).joined(separator: "|")
                result.append(Matcher(name, .matchesPattern, pattern))
            }
        }
        return result
    }

    /// A text as a pattern that matches nothing else.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, !(scalar.properties.isAlphabetic || scalar.properties.numericType != nil) {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// Joins elements with the info series of their targets, step by step.
private struct InfoJoiner {
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
                    "found duplicate series for info metric: existing \(other.labels) @ \(time), new \(labels) @ \(time)")
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

extension Expression {
    /// When the first selector of the expression is evaluated: its `@` modifier, or that of the subqueries around it, and
    /// the offsets on the way to it.
    fileprivate var timeReference: (anchor: TimeAnchor?, offsets: [DurationValue]) { firstTimeReference ?? (nil, []) }

    private var firstTimeReference: (anchor: TimeAnchor?, offsets: [DurationValue])? {
        switch self {
        case .vectorSelector(let node): return (node.anchor, node.offset.map { [$0] } ?? [])
        case .subquery(let node):
            guard let inner = node.inner.firstTimeReference else { return nil }
            if inner.anchor != nil { return inner }
            return (node.anchor, inner.offsets + (node.offset.map { [$0] } ?? []))
        default:
            for child in children {
                if let reference = child.firstTimeReference { return reference }
            }
            return nil
        }
    }
}
