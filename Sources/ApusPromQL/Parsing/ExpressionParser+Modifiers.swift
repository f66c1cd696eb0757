import ApusBytes
import ApusModel

extension ExpressionParser {
    // MARK: offset, @, smoothed and anchored

    mutating func parseOffset(of expression: inout Expression) throws(ParseError) {
        try advance()
        let value = try offsetValue(of: try parseOffsetDuration())
        guard var modifiers = expression.selectorModifiers else {
            throw failure(
                "offset modifier must be preceded by an instant vector selector or range vector selector "
                    + "or a subquery", at: expression.range)
        }
        if modifiers.offset != nil { throw failure("offset may not be set multiple times", at: expression.range) }
        modifiers.offset = value
        modifiers.end = previousEnd
        expression.setSelectorModifiers(modifiers)
    }

    mutating func parseAnchor(of expression: inout Expression) throws(ParseError) {
        try advance()
        let anchor: TimeAnchor
        switch token.kind {
        case .queryFunction(.start), .queryFunction(.end):
            anchor = token.kind == .queryFunction(.start) ? .start : .end
            try advance()
            try expect(.leftParenthesis)
            try expect(.rightParenthesis)
        default:
            let literal = try parseSignedNumber(context: "@", expected: "timestamp")
            let milliseconds = (literal.value * 1000).rounded()
            // The bound leaves room for offsets and windows around the timestamp.
            guard milliseconds.magnitude < 4e18 else {
                throw failure(
                    "timestamp out of bounds for @ modifier: \(NumberText.string(literal.value, .fixed))",
                    at: expression.range)
            }
            anchor = .timestamp(Int64(milliseconds))
        }
        guard var modifiers = expression.selectorModifiers else {
            throw failure(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                at: expression.range)
        }
        if modifiers.anchor != nil {
            throw failure("@ <timestamp> may not be set multiple times", at: expression.range)
        }
        modifiers.anchor = anchor
        modifiers.end = previousEnd
        expression.setSelectorModifiers(modifiers)
    }

    mutating func parseExtension(
        _ windowExtension: WindowExtension, of expression: inout Expression
    ) throws(ParseError) {
        let word = windowExtension.rawValue
        guard options.allowsExtendedRangeSelectors else {
            throw failure("\(word) modifier is experimental and not enabled", at: expression.range)
        }
        try advance()
        switch expression {
        case .vectorSelector(var selector):
            try set(windowExtension, of: &selector, at: expression.range)
            selector.range.end = previousEnd
            expression = .vectorSelector(selector)
        case .matrixSelector(var matrix):
            try set(windowExtension, of: &matrix.selector, at: expression.range)
            matrix.range.end = previousEnd
            expression = .matrixSelector(matrix)
        case .subquery:
            throw failure("\(word) modifier is not supported for subqueries", at: expression.range)
        default:
            throw failure("\(word) modifier not implemented", at: expression.range)
        }
    }

    private func set(
        _ windowExtension: WindowExtension, of selector: inout VectorSelector, at range: SourceRange
    ) throws(ParseError) {
        if let current = selector.windowExtension, current != windowExtension {
            throw failure("anchored and smoothed modifiers cannot be used together", at: range)
        }
        selector.windowExtension = windowExtension
    }

    // MARK: Ranges and subqueries

    mutating func parseBrackets(after operand: Subtree) throws(ParseError) -> Subtree {
        let bracket = token.range
        try advance()
        let window = try windowValue(
            of: try parseDuration(
                context: "subquery or range selector", expected: "number, duration, step(), or range()"))
        let start = operand.expression.range.start
        if token.kind == .rightBracket {
            try advance()
            guard case .vectorSelector(let selector) = operand.expression else {
                throw failure("ranges only allowed for vector selectors", at: bracket)
            }
            if selector.offset != nil { throw failure("no offset modifiers allowed before range", at: bracket) }
            if selector.anchor != nil { throw failure("no @ modifiers allowed before range", at: bracket) }
            let range = SourceRange(start: start, end: previousEnd)
            return try subtree(
                .matrixSelector(MatrixSelector(selector: selector, window: window, range: range)),
                above: operand.height)
        }
        try expect(.colon, context: "subquery or range", expected: "\":\" or \"]\"")
        var step: DurationValue?
        if token.kind != .rightBracket {
            step = try windowValue(
                of: try parseDuration(
                    context: "subquery selector", expected: "number, duration, step(), range(), or \"]\""))
        }
        try expect(.rightBracket, context: "subquery selector", expected: "\"]\"")
        let range = SourceRange(start: start, end: previousEnd)
        return try subtree(
            .subquery(Subquery(inner: operand.expression, window: window, step: step, range: range)),
            above: operand.height)
    }

    /// The length of a window or step, which is positive when it is known.
    private func windowValue(of expression: DurationExpression) throws(ParseError) -> DurationValue {
        guard case .literal(let literal) = expression else { return .calculated(expression) }
        let milliseconds = try milliseconds(of: literal)
        guard milliseconds > 0 else { throw failure("duration must be greater than 0", at: literal.range) }
        return .fixed(milliseconds: milliseconds)
    }

    /// The length of an offset; no offset at all for zero.
    private func offsetValue(of expression: DurationExpression) throws(ParseError) -> DurationValue? {
        guard case .literal(let literal) = expression else { return .calculated(expression) }
        let milliseconds = try milliseconds(of: literal)
        return milliseconds == 0 ? nil : .fixed(milliseconds: milliseconds)
    }

    private func milliseconds(of literal: NumberLiteral) throws(ParseError) -> Int64 {
        guard let milliseconds = NumberSyntax.milliseconds(ofSeconds: literal.value) else {
            throw failure("duration out of range", at: literal.range)
        }
        return milliseconds
    }
}

/// The modifiers that a selector or subquery has.
struct SelectorModifiers {
    var offset: DurationValue?
    var anchor: TimeAnchor?
    /// The end of the node, which grows with every modifier.
    var end: Int
}

extension Expression {
    /// The modifiers of a selector or subquery; `nil` for what can have none.
    var selectorModifiers: SelectorModifiers? {
        switch self {
        case .vectorSelector(let node):
            SelectorModifiers(offset: node.offset, anchor: node.anchor, end: node.range.end)
        case .matrixSelector(let node):
            SelectorModifiers(offset: node.selector.offset, anchor: node.selector.anchor, end: node.range.end)
        case .subquery(let node):
            SelectorModifiers(offset: node.offset, anchor: node.anchor, end: node.range.end)
        default: nil
        }
    }

    /// Changes the modifiers of a selector or subquery; without effect on anything else.
    mutating func setSelectorModifiers(_ modifiers: SelectorModifiers) {
        switch self {
        case .vectorSelector(var node):
            node.offset = modifiers.offset
            node.anchor = modifiers.anchor
            node.range.end = modifiers.end
            self = .vectorSelector(node)
        case .matrixSelector(var node):
            node.selector.offset = modifiers.offset
            node.selector.anchor = modifiers.anchor
            node.range.end = modifiers.end
            self = .matrixSelector(node)
        case .subquery(var node):
            node.offset = modifiers.offset
            node.anchor = modifiers.anchor
            node.range.end = modifiers.end
            self = .subquery(node)
        default:
            break
        }
    }
}
