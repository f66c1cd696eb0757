import ApusBytes
import ApusModel
package import ApusPromQL

/// The shape of a query: its text in normal form, with the values that differ from asking to asking left open.
package struct QueryFingerprint: Sendable, Hashable {
    /// A hash of the shape, as 16 hexadecimal digits; the same in every process.
    package let id: String
    /// The shape: `sum by (job) (rate(http_requests_total{job="…"}[5m])) > …`.
    package let shape: String

    /// The shape of an expression.
    package init(_ expression: Expression) {
        shape = expression.shape.description
        let digits = String(SeededHash(seed: 7).hash(Array(shape.utf8).span), radix: 16)
        id = String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    package static func == (a: Self, b: Self) -> Bool { a.shape == b.shape }

    package func hash(into hasher: inout Hasher) { hasher.combine(shape) }
}

extension Expression {
    /// The expression with label values, numbers and times left open; only for printing.
    fileprivate var shape: Expression {
        switch self {
        case .number(let node):
            // Nothing that is printed for a number could stand for any; a name can.
            return .vectorSelector(VectorSelector(name: "…", matchers: [], range: node.range))
        case .string: return self
        case .vectorSelector(let node): return .vectorSelector(node.shape)
        case .matrixSelector(var node):
            node.selector = node.selector.shape
            return .matrixSelector(node)
        case .subquery(var node):
            node.inner = node.inner.shape
            node.anchor = node.anchor?.shape
            return .subquery(node)
        case .unary(var node):
            node.operand = node.operand.shape
            return .unary(node)
        case .binary(var node):
            node.left = node.left.shape
            node.right = node.right.shape
            return .binary(node)
        case .aggregation(var node):
            node.parameter = node.parameter?.shape
            node.operand = node.operand.shape
            return .aggregation(node)
        case .call(var node):
            node.arguments = node.arguments.map(\.shape)
            return .call(node)
        case .parenthesised(var node):
            node.inner = node.inner.shape
            return .parenthesised(node)
        }
    }
}

extension VectorSelector {
    fileprivate var shape: VectorSelector {
        var result = self
        result.anchor = anchor?.shape
        result.matchers = matchers.map { matcher in
            matcher.name == LabelSet.metricName && matcher.operation == .equal
                ? matcher : Matcher(matcher.name, matcher.operation, "…")
        }
        let named = name == nil ? [] : result.matchers.suffix(1)
        let others = result.matchers.dropLast(named.count).sorted { $0.description < $1.description }
        result.matchers = others + named
        return result
    }
}

extension TimeAnchor {
    fileprivate var shape: TimeAnchor {
        if case .timestamp = self { return .timestamp(0) }
        return self
    }
}
