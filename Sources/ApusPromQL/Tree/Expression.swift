/// A PromQL expression as a typed tree.
///
/// Every node knows its value's type and the run of text it came from. Equality is about meaning: it ignores positions.
/// The height of a parsed tree is bounded by `ParserOptions.maximumDepth`, so that recursion over it is safe.
package indirect enum Expression: Sendable, Hashable {
    /// `1.5`, `0x1F`, `Inf`, `1h30m`.
    case number(NumberLiteral)
    /// `"text"`.
    case string(StringLiteral)
    /// `name{label="value"} offset 5m @ 100`.
    case vectorSelector(VectorSelector)
    /// `name[5m]`.
    case matrixSelector(MatrixSelector)
    /// `expression[1h:1m]`.
    case subquery(Subquery)
    /// `-expression`.
    case unary(UnaryExpression)
    /// `left + on (label) right`.
    case binary(BinaryExpression)
    /// `sum by (label) (expression)`.
    case aggregation(Aggregation)
    /// `rate(argument)`.
    case call(FunctionCall)
    /// `(expression)`.
    case parenthesised(ParenthesisedExpression)

    /// The type of the value.
    package var valueType: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .vectorSelector, .aggregation: .instantVector
        case .matrixSelector, .subquery: .rangeVector
        case .unary(let node): node.operand.valueType
        case .binary(let node): node.valueType
        case .call(let node): node.function.signature.resultType
        case .parenthesised(let node): node.inner.valueType
        }
    }

    /// Where the expression stands in its text.
    package var range: SourceRange {
        switch self {
        case .number(let node): node.range
        case .string(let node): node.range
        case .vectorSelector(let node): node.range
        case .matrixSelector(let node): node.range
        case .subquery(let node): node.range
        case .unary(let node): node.range
        case .binary(let node): node.range
        case .aggregation(let node): node.range
        case .call(let node): node.range
        case .parenthesised(let node): node.range
        }
    }

    /// The direct subexpressions, in the order of the text; for an aggregation the parameter comes first.
    package var children: [Expression] {
        switch self {
        case .number, .string, .vectorSelector: []
        case .matrixSelector(let node): [.vectorSelector(node.selector)]
        case .subquery(let node): [node.inner]
        case .unary(let node): [node.operand]
        case .binary(let node): [node.left, node.right]
        case .aggregation(let node): node.parameter.map { [$0, node.operand] } ?? [node.operand]
        case .call(let node): node.arguments
        case .parenthesised(let node): [node.inner]
        }
    }

    /// The expression without the parentheses around it.
    package var withoutParentheses: Expression {
        var result = self
        while case .parenthesised(let node) = result { result = node.inner }
        return result
    }
}

/// An expression in parentheses.
package struct ParenthesisedExpression: Sendable, Hashable {
    /// What stands between the parentheses.
    package var inner: Expression
    /// Where the node stands, parentheses included.
    @Incidental package var range: SourceRange

    /// An expression in parentheses.
    package init(_ inner: Expression, range: SourceRange) {
        self.inner = inner
        self._range = Incidental(wrappedValue: range)
    }
}
