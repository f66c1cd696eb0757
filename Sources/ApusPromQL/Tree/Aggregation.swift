/// An operator that combines the elements of a vector.
package enum AggregationOperation: String, Sendable, CaseIterable {
    case sum
    case avg
    case count
    case min
    case max
    case group
    case stddev
    case stdvar
    case topk
    case bottomk
    case countValues = "count_values"
    case quantile
    case limitk
    case limitRatio = "limit_ratio"

    /// The type of the parameter before the vector, `nil` when there is none.
    package var parameterType: ValueType? {
        switch self {
        case .topk, .bottomk, .quantile, .limitk, .limitRatio: .scalar
        case .countValues: .string
        default: nil
        }
    }

    /// Whether Prometheus has it behind a feature flag.
    package var isExperimental: Bool { self == .limitk || self == .limitRatio }
}

/// Which labels a group's elements have in common.
package struct Grouping: Sendable, Hashable {
    /// Whether `labels` are the ones that do not matter (`without`), not the ones that do (`by`).
    package var isWithout: Bool
    /// The names after `by` or `without`; none, with `by`, for one group of all.
    package var labels: [String]

    /// A grouping by, or without, some labels.
    package init(isWithout: Bool = false, labels: [String] = []) {
        self.isWithout = isWithout
        self.labels = labels
    }
}

/// `sum by (label) (expression)`.
package struct Aggregation: Sendable, Hashable {
    /// The operator.
    package var operation: AggregationOperation
    /// The scalar or text before the vector: the k of `topk`, the φ of `quantile`, the label of `count_values`.
    package var parameter: Expression?
    /// The vector whose elements are combined.
    package var operand: Expression
    /// Which labels a group's elements have in common.
    package var grouping: Grouping
    /// Where the node stands.
    @Incidental package var range: SourceRange

    /// An aggregation.
    package init(
        _ operation: AggregationOperation, parameter: Expression?, operand: Expression, grouping: Grouping,
        range: SourceRange
    ) {
        self.operation = operation
        self.parameter = parameter
        self.operand = operand
        self.grouping = grouping
        self._range = Incidental(wrappedValue: range)
    }
}
