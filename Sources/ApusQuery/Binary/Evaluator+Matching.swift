import ApusModel
import ApusPromQL

extension Evaluator {
    /// An arithmetic or comparison operator between two instant vectors.
    ///
    /// The side of which one element may match several is "many"; where both may match one only, it is the left one.
    func match(
        _ node: BinaryExpression, _ matching: VectorMatching, _ key: MatchingKey, _ left: any SeriesSource,
        _ right: any SeriesSource, on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        let isManyLeft = matching.cardinality != .oneToMany
        let operation = MatchedOperation(
            node: node, kernel: BinaryKernel(node, node.returnsBool ? .truth : .left), isManyLeft: isManyLeft,
            evaluation: evaluation)
        let labelling = ResultLabels(node, matching, metadataNames: evaluation.metadataNames)
        let many = isManyLeft ? left : right
        let one = isManyLeft ? right : left
        let (manyPart, onePart) = isManyLeft ? (node.left, node.right) : (node.right, node.left)
        let oneGroups = key.index(one.series)
        // As in Prometheus "left" and "right" are meant after the sides were ordered: `fill_left` stands for "many".
        let fills = (many: matching.fillLeft, one: matching.fillRight)
        if fills.many == nil, fills.one == nil,
            let pairs = distinctPairs(matching, key, labelling, many: many, one: one, oneGroups)
        {
            try readForRemarks(many, of: manyPart, butNot: pairs.map(\.many), on: grid)
            let isOneToOne = matching.cardinality == .oneToOne
            if isOneToOne { try readForRemarks(one, of: onePart, butNot: pairs.map(\.one), on: grid) }
            return PairedSource(
                operation: operation, series: pairs.map(\.identity), pairs: pairs.map { ($0.many, $0.one) },
                many: many, one: isOneToOne ? one : try materialise(one, on: grid))
        }
        var matcher = StepwiseMatcher(
            operation: operation, labelling: labelling, isOneToOne: matching.cardinality == .oneToOne,
            oneSide: isManyLeft ? "right" : "left", fills: fills, grid: grid)
        let oneRows = try materialise(one, on: grid)
        for (labels, members) in oneGroups.sorted(by: { $0.value[0] < $1.value[0] }) {
            matcher.addGroup(labels, members: members, rows: oneRows, matchLabels: matchLabels(matching, one, members))
        }
        var scratch = Scratch()
        var row = Row(count: grid.count)
        var leftOut: [Int] = []
        for (position, identity) in many.series.enumerated() {
            let labels = key.labels(of: identity.labels)
            guard oneGroups[labels] != nil || fills.one != nil || matcher.hasConflicts else {
                leftOut.append(position)
                continue
            }
            try many.read(position, into: &row, scratch: &scratch)
            try matcher.add(identity, row, group: labels, evaluation)
        }
        try readForRemarks(many, of: manyPart, leftOut, on: grid)
        try matcher.fillMany()
        return matcher.source
    }

    /// The pairs of series that are combined, when it is plain from the labels that no step can have two candidates for
    /// one result; then each pair can be evaluated by itself.
    private func distinctPairs(
        _ matching: VectorMatching, _ key: MatchingKey, _ labelling: ResultLabels, many: any SeriesSource,
        one: any SeriesSource, _ oneGroups: [LabelSet: [Int]]
    ) -> [(identity: SeriesIdentity, many: Int, one: Int)]? {
        if oneGroups.values.contains(where: { $0.count > 1 }) { return nil }
        var pairs: [(identity: SeriesIdentity, many: Int, one: Int)] = []
        var usedOnes: Set<Int> = []
        var usedLabels: Set<LabelSet> = []
        for (position, identity) in many.series.enumerated() {
            guard let partner = oneGroups[key.labels(of: identity.labels)]?.first else { continue }
            if matching.cardinality == .oneToOne, !usedOnes.insert(partner).inserted { return nil }
            let result = labelling.identity(many: identity, one: one.series[partner].labels)
            guard usedLabels.insert(result.labels).inserted else { return nil }
            pairs.append((result, position, partner))
        }
        return pairs
    }

    /// The labels of a match group as error messages show them.
    private func matchLabels(_ matching: VectorMatching, _ source: any SeriesSource, _ members: [Int]) -> LabelSet {
        guard let first = members.first else { return .empty }
        let names = LabelNames(matching.isOn ? matching.labels : matching.labels + [LabelSet.metricName])
        let labels = source.series[first].labels
        return matching.isOn ? names.keeping(labels) : names.dropping(labels)
    }
}

/// An operator whose operands come as "many" and "one".
struct MatchedOperation: Sendable {
    let node: BinaryExpression
    let kernel: BinaryKernel
    let isManyLeft: Bool
    let evaluation: Evaluation

    /// Combines two rows; `result` may be `many`.
    func combine(many: Row, one: Row, into result: inout Row) {
        let remarks =
            isManyLeft ? kernel.combine(many, one, into: &result) : kernel.combine(one, many, into: &result)
        evaluation.annotate(remarks, of: node)
    }
}

/// How the labels of a result follow from those of the operands.
struct ResultLabels: Sendable {
    private let dropped: LabelNames
    private let kept: LabelNames?
    private let included: [String]
    private let returnsBool: Bool

    init(_ node: BinaryExpression, _ matching: VectorMatching, metadataNames: LabelNames) {
        returnsBool = node.returnsBool
        included = matching.included
        let changesMeaning = !node.keepsName
        let isOneToOne = matching.cardinality == .oneToOne
        kept = isOneToOne && matching.isOn ? LabelNames(matching.labels) : nil
        dropped = LabelNames(
            (changesMeaning ? metadataNames.names : []) + (isOneToOne && !matching.isOn ? matching.labels : []))
    }

    /// The identity of the result of an element of the "many" side and one with the labels `one`.
    func identity(many: SeriesIdentity, one: LabelSet?) -> SeriesIdentity {
        var labels = dropped.isEmpty ? many.labels : dropped.dropping(many.labels)
        if let kept { labels = kept.keeping(labels) }
        if !included.isEmpty {
            var builder = LabelSetBuilder(labels)
            for name in included { builder.set(name, to: one?[name] ?? "") }
            labels = builder.labelSet()
        }
        return SeriesIdentity(labels: labels, dropsName: returnsBool || many.dropsName)
    }
}

/// Pairs of series, each combined by itself.
private struct PairedSource: SeriesSource {
    let operation: MatchedOperation
    let series: [SeriesIdentity]
    let pairs: [(many: Int, one: Int)]
    let many: any SeriesSource
    let one: any SeriesSource

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        var partner = scratch.takeRow(row.count)
        try one.read(pairs[index].one, into: &partner, scratch: &scratch)
        var values = scratch.takeRow(row.count)
        try many.read(pairs[index].many, into: &values, scratch: &scratch)
        operation.combine(many: values, one: partner, into: &row)
        scratch.giveBack(partner)
        scratch.giveBack(values)
    }
}
