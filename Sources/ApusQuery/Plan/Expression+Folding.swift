import ApusPromQL

extension Expression {
    /// The expression with arithmetic on numbers replaced by its result.
    func foldingConstants() -> Expression {
        switch self {
        case .number, .string, .vectorSelector, .matrixSelector: return self
        case .subquery(var node):
            node.inner = node.inner.foldingConstants()
            return .subquery(node)
        case .unary(var node):
            node.operand = node.operand.foldingConstants()
            guard let value = node.operand.constantValue else { return .unary(node) }
            return .number(NumberLiteral(node.operation == .minus ? -value : value, range: node.range))
        case .binary(var node):
            node.left = node.left.foldingConstants()
            node.right = node.right.foldingConstants()
            guard let left = node.left.constantValue, let right = node.right.constantValue,
                let value = node.operation.value(left, right)
            else { return .binary(node) }
            return .number(NumberLiteral(value, range: Expression.binary(node).range))
        case .aggregation(var node):
            node.parameter = node.parameter?.foldingConstants()
            node.operand = node.operand.foldingConstants()
            return .aggregation(node)
        case .call(var node):
            node.arguments = node.arguments.map { $0.foldingConstants() }
            return node.function == .pi ? .number(NumberLiteral(.pi, range: node.range)) : .call(node)
        case .parenthesised(var node):
            node.inner = node.inner.foldingConstants()
            return .parenthesised(node)
        }
    }

    /// The value of a number, in parentheses or not.
    private var constantValue: Double? {
        guard case .number(let literal) = withoutParentheses else { return nil }
        return literal.value
    }
}

extension BinaryOperation {
    /// The value of the operator between two numbers, 1 or 0 for comparisons; `nil` for operators of vectors.
    fileprivate func value(_ left: Double, _ right: Double) -> Double? {
        if isSet || self == .trimUpper || self == .trimLower { return nil }
        var result = [left]
        FloatBinaryKernel.combine(self, .truth, [left], [right], into: &result)
        return result[0]
    }
}
