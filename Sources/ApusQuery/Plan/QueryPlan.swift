import ApusPromQL

/// An expression made ready for evaluation: numbers calculated, and what occurs several times found.
struct QueryPlan: Sendable {
    /// The expression with constant arithmetic replaced by its result; positions are those of the text.
    let expression: Expression
    /// The parts worth evaluating once that occur more than once, with all places where they stand.
    let shared: [Expression: [SourceRange]]

    /// Beyond this size, comparing all parts with each other would cost more than it saves.
    private static let largestTree = 4_000

    /// The plan of an expression whose text is `source`.
    init(_ expression: Expression, source: SourceText) {
        self.expression = expression.foldingConstants()
        var search = Search(source: source)
        if self.expression.nodeCount(limit: Self.largestTree) < Self.largestTree { search.visit(self.expression) }
        shared = search.places.filter { $0.value.count > 1 }
    }

    private struct Search {
        let source: SourceText
        var places: [Expression: [SourceRange]] = [:]

        mutating func visit(_ expression: Expression) {
            if expression.isWorthSharing {
                if let known = places[expression] {
                    // Remarks are repeated at the same distance from the start of each place, so the bytes must agree.
                    if source.isSame(known[0], expression.range) {
                        places[expression] = known + [expression.range]
                        return
                    }
                } else {
                    places[expression] = [expression.range]
                }
            }
            // The selector of a range is no vector: its rows are never asked for.
            if case .matrixSelector = expression { return }
            for child in expression.children { visit(child) }
        }
    }
}

extension Expression {
    /// Whether evaluating it twice costs more than keeping its rows.
    fileprivate var isWorthSharing: Bool {
        switch self {
        case .call, .aggregation, .vectorSelector: valueType == .instantVector
        case .binary: valueType == .instantVector
        case .number, .string, .matrixSelector, .subquery, .unary, .parenthesised: false
        }
    }

    /// The number of nodes, counted up to `limit`.
    fileprivate func nodeCount(limit: Int) -> Int {
        var count = 0
        var pending = [self]
        while count < limit, let node = pending.popLast() {
            count += 1
            pending += node.children
        }
        return count
    }
}
