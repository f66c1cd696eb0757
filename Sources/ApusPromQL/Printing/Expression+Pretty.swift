extension Expression {
    /// A node whose text on one line is longer than this, in bytes, is split.
    private static let longestLine = 100

    /// The expression on as many lines as it needs, indented by nesting; reading it gives an equal tree.
    ///
    /// What fits into a line of 100 bytes stays on one. Source: `format_query` of Prometheus' HTTP API, whose lines and
    /// indentation this repeats, so that formatted rule files do not change when they are formatted elsewhere.
    package var prettyText: String { pretty(at: 0) }

    /// The node at a level of indentation, the indentation of its first line included.
    private func pretty(at level: Int) -> String {
        let indentation = String(repeating: "  ", count: level)
        let line = description
        // Selectors and literals are never split: there is no place for a break in them.
        let isSplit = line.utf8.count > Self.longestLine
        switch self {
        case .subquery(let node):
            // The peers leave the indentation of one that fits to its parent, which gives none.
            return isSplit ? node.inner.pretty(at: level) + node.suffix : line
        case .unary(let node):
            return indentation + node.operation.rawValue + node.operand.pretty(at: level).drop { $0 == " " }
        case .binary(let node) where isSplit:
            let left = node.withoutSignBeforePower(node.left.pretty(at: level + 1))
            return "\(left)\n\(indentation)\(node.operatorText)\n\(node.right.pretty(at: level + 1))"
        case .aggregation(let node) where isSplit:
            let arguments = (node.parameter.map { [$0] } ?? []) + [node.operand]
            return indentation + node.operatorText + Self.prettyArguments(arguments, at: level)
        case .call(let node) where isSplit:
            return indentation + node.function.rawValue + Self.prettyArguments(node.arguments, at: level)
        case .parenthesised(let node) where isSplit:
            return indentation + Self.prettyArguments([node.inner], at: level)
        default:
            return indentation + line
        }
    }

    /// Parentheses around arguments, each on lines of its own.
    private static func prettyArguments(_ arguments: [Expression], at level: Int) -> String {
        let lines = arguments.map { $0.pretty(at: level + 1) }.joined(separator: ",\n")
        return "(\n\(lines)\n\(String(repeating: "  ", count: level)))"
    }
}
