import ApusModel
import ApusPromQL

extension Evaluator {
    /// An operator between two scalars.
    func scalarBinary(_ node: BinaryExpression, on grid: StepGrid) throws(QueryError) -> [Double] {
        if node.operation == .trimLower || node.operation == .trimUpper {
            throw .execution("operator \"\(node.operation.rawValue)\" not allowed for Scalar operations")
        }
        let left = try scalar(node.left, on: grid)
        let right = try scalar(node.right, on: grid)
        var result = left
        FloatBinaryKernel.combine(node.operation, .truth, left, right, into: &result)
        return result
    }

    /// An operator of which at least one side is an instant vector.
    func binary(_ node: BinaryExpression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let isLeftScalar = node.left.valueType == .scalar
        if isLeftScalar || node.right.valueType == .scalar {
            return try vectorScalar(node, isLeftScalar: isLeftScalar, on: grid)
        }
        let matching = node.matching ?? VectorMatching()
        let left = try vector(node.left, on: grid)
        let right = try vector(node.right, on: grid)
        let key = MatchingKey(matching, metadataNames: evaluation.metadataNames)
        // The tables of both sides by what they match: a key, a place and an entry each.
        try evaluation.hold(bytes: (left.series.count + right.series.count) * 96)
        if node.operation.isSet {
            return try combineSets(node, left, right, key, on: grid)
        }
        return try match(node, matching, key, left, right, on: grid)
    }

    private func vectorScalar(
        _ node: BinaryExpression, isLeftScalar: Bool, on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        let scalars = Row(try scalar(isLeftScalar ? node.left : node.right, on: grid))
        let base = try vector(isLeftScalar ? node.right : node.left, on: grid)
        let keepsName = node.keepsName && !node.returnsBool
        // A filter keeps the vector's value, on whichever side the vector stands.
        let outcome: BinaryKernel.Outcome = node.returnsBool ? .truth : isLeftScalar ? .right : .left
        let kernel = BinaryKernel(node, outcome)
        let evaluation = evaluation
        return MappedSource(base, dropsName: !keepsName) { row in
            let values = row
            let remarks =
                isLeftScalar
                ? kernel.combine(scalars, values, into: &row) : kernel.combine(values, scalars, into: &row)
            evaluation.annotate(remarks, of: node)
        }
    }
}

extension BinaryExpression {
    /// Whether the result is of the same meaning as the operand, so that it keeps its name: filters do, and cuts.
    var keepsName: Bool { operation.isComparison || operation == .trimLower || operation == .trimUpper }
}

/// What elements of two vectors must have in common to belong together.
struct MatchingKey: Sendable {
    private let names: LabelNames
    private let isOn: Bool

    init(_ matching: VectorMatching, metadataNames: LabelNames) {
        isOn = matching.isOn
        names = LabelNames(matching.isOn ? matching.labels : matching.labels + metadataNames.names)
    }

    /// The labels of an element that decide what it matches.
    func labels(of labels: LabelSet) -> LabelSet {
        isOn ? names.keeping(labels) : names.dropping(labels)
    }

    /// The positions of series by what they match.
    func index(_ series: [SeriesIdentity]) -> [LabelSet: [Int]] {
        var result: [LabelSet: [Int]] = [:]
        for (position, identity) in series.enumerated() {
            result[labels(of: identity.labels), default: []].append(position)
        }
        return result
    }
}
