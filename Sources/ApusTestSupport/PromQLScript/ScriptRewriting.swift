import ApusPromQL

extension Expression {
    /// Whether the value depends on the range of the query beyond its evaluation times.
    var mentionsQueryRange: Bool {
        contains { node in
            switch node {
            case .call(let call): [.start, .end, .range, .step].contains(call.function)
            case .vectorSelector(let selector): selector.anchor.isQueryTime || selector.offset.mentionsQuery
            case .matrixSelector(let matrix):
                matrix.selector.anchor.isQueryTime || matrix.selector.offset.mentionsQuery
                    || Optional(matrix.window).mentionsQuery
            case .subquery(let subquery):
                subquery.anchor.isQueryTime || subquery.offset.mentionsQuery
                    || Optional(subquery.window).mentionsQuery || subquery.step.mentionsQuery
            default: false
            }
        }
    }

    /// The expression with every selector and subquery fixed at a time; `nil` when its value still depends on when it
    /// is evaluated.
    func fixed(at time: Int64) -> Expression? {
        let dependsOnTime = contains { node in
            guard case .call(let call) = node else { return false }
            return Self.timeDependent.contains(call.function)
        }
        return dependsOnTime || mentionsQueryRange ? nil : withAnchor(.timestamp(time))
    }

    private static let timeDependent: Set<Function> = [
        .time, .timestamp, .startTimestamp, .predictLinear, .year, .month, .dayOfMonth, .dayOfWeek, .dayOfYear,
        .daysInMonth, .hour, .minute, .info,
    ]

    private func contains(_ isWanted: (Expression) -> Bool) -> Bool {
        isWanted(self) || children.contains { $0.contains(isWanted) }
    }

    private func withAnchor(_ anchor: TimeAnchor) -> Expression {
        switch self {
        case .number, .string: return self
        case .vectorSelector(var node):
            node.anchor = node.anchor ?? anchor
            return .vectorSelector(node)
        case .matrixSelector(var node):
            node.selector.anchor = node.selector.anchor ?? anchor
            return .matrixSelector(node)
        case .subquery(var node):
            // What is inside is evaluated at times that follow from the anchor of the subquery.
            node.anchor = node.anchor ?? anchor
            return .subquery(node)
        case .unary(var node):
            node.operand = node.operand.withAnchor(anchor)
            return .unary(node)
        case .binary(var node):
            node.left = node.left.withAnchor(anchor)
            node.right = node.right.withAnchor(anchor)
            return .binary(node)
        case .aggregation(var node):
            node.parameter = node.parameter?.withAnchor(anchor)
            node.operand = node.operand.withAnchor(anchor)
            return .aggregation(node)
        case .call(var node):
            node.arguments = node.arguments.map { $0.withAnchor(anchor) }
            return .call(node)
        case .parenthesised(var node):
            node.inner = node.inner.withAnchor(anchor)
            return .parenthesised(node)
        }
    }
}

extension Optional<TimeAnchor> {
    fileprivate var isQueryTime: Bool { self == .start || self == .end }
}

extension Optional<DurationValue> {
    fileprivate var mentionsQuery: Bool {
        guard case .calculated(let expression) = self else { return false }
        return !expression.isConstant
    }
}
