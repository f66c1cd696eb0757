/// A sign before an expression.
package enum UnaryOperation: String, Sendable {
    case plus = "+"
    case minus = "-"
}

/// `-expression` or `+expression`.
package struct UnaryExpression: Sendable, Hashable {
    /// The sign.
    package var operation: UnaryOperation
    /// What the sign stands before.
    package var operand: Expression
    /// Where the node stands.
    @Incidental package var range: SourceRange

    /// An expression with a sign.
    package init(_ operation: UnaryOperation, _ operand: Expression, range: SourceRange) {
        self.operation = operation
        self.operand = operand
        self._range = Incidental(wrappedValue: range)
    }
}

/// An operator between two expressions.
package enum BinaryOperation: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2 = "atan2"
    /// Keeps the part of a native histogram below a bound.
    case trimUpper = "</"
    /// Keeps the part of a native histogram above a bound.
    case trimLower = ">/"
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case and
    case or
    case unless

    /// Whether it filters or gives truth values: `==`, `!=`, `>`, `<`, `>=`, `<=`.
    package var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
        default: false
        }
    }

    /// Whether it works on the presence of labels: `and`, `or`, `unless`.
    package var isSet: Bool {
        switch self {
        case .and, .or, .unless: true
        default: false
        }
    }
}

/// Which elements of two vectors belong together.
package struct VectorMatching: Sendable, Hashable {
    /// How many elements of one side may match one of the other.
    package enum Cardinality: String, Sendable {
        case oneToOne = "one-to-one"
        /// Many on the left: `group_left`.
        case manyToOne = "many-to-one"
        /// Many on the right: `group_right`.
        case oneToMany = "one-to-many"
        /// Set operators only.
        case manyToMany = "many-to-many"
    }

    /// How many elements of one side may match one of the other.
    package var cardinality: Cardinality
    /// Whether `labels` are the ones that must agree (`on`), not the ones that need not (`ignoring`).
    package var isOn: Bool
    /// The names after `on` or `ignoring`.
    package var labels: [String]
    /// The labels that the "one" side hands over: the names after `group_left` or `group_right`.
    package var included: [String]
    /// What stands for an absent element on the left: `fill`, `fill_left`.
    package var fillLeft: Double?
    /// What stands for an absent element on the right: `fill`, `fill_right`.
    package var fillRight: Double?

    /// A matching of all labels, one to one unless said otherwise.
    package init(
        cardinality: Cardinality = .oneToOne, isOn: Bool = false, labels: [String] = [], included: [String] = [],
        fillLeft: Double? = nil, fillRight: Double? = nil
    ) {
        self.cardinality = cardinality
        self.isOn = isOn
        self.labels = labels
        self.included = included
        self.fillLeft = fillLeft
        self.fillRight = fillRight
    }

    package static func == (a: VectorMatching, b: VectorMatching) -> Bool {
        a.cardinality == b.cardinality && a.isOn == b.isOn && a.labels == b.labels && a.included == b.included
            && areSame(a.fillLeft, b.fillLeft) && areSame(a.fillRight, b.fillRight)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(cardinality)
        hasher.combine(isOn)
        hasher.combine(labels)
        hasher.combine(included)
    }

    /// By bits, so that `fill(NaN)` equals itself.
    private static func areSame(_ a: Double?, _ b: Double?) -> Bool {
        a?.bitPattern == b?.bitPattern
    }
}

/// Two expressions with an operator between them.
package struct BinaryExpression: Sendable, Hashable {
    /// The operator.
    package var operation: BinaryOperation
    /// What stands before the operator.
    package var left: Expression
    /// What stands after the operator and its modifiers.
    package var right: Expression
    /// Whether a comparison gives 0 or 1 instead of filtering.
    package var returnsBool: Bool
    /// Which elements belong together; `nil` unless both sides are instant vectors.
    package var matching: VectorMatching?
    /// Where the operator itself stands.
    @Incidental package var operatorRange: SourceRange

    /// Two expressions with an operator between them.
    package init(
        _ operation: BinaryOperation, left: Expression, right: Expression, returnsBool: Bool = false,
        matching: VectorMatching?, operatorRange: SourceRange
    ) {
        self.operation = operation
        self.left = left
        self.right = right
        self.returnsBool = returnsBool
        self.matching = matching
        self._operatorRange = Incidental(wrappedValue: operatorRange)
    }

    /// Where the node stands.
    package var range: SourceRange { SourceRange(start: left.range.start, end: right.range.end) }

    /// A scalar when both sides are, otherwise an instant vector.
    package var valueType: ValueType {
        left.valueType == .scalar && right.valueType == .scalar ? .scalar : .instantVector
    }
}
