import ApusModel
import ApusRegex

extension ExpressionParser {
    // MARK: Selectors

    /// Reads a selector; `name` is the name before the braces when it was read already.
    mutating func parseVectorSelector(name nameToken: Token? = nil) throws(ParseError) -> Subtree {
        let start = nameToken?.range.start ?? token.range.start
        var name = nameToken.map { text(of: $0) }
        if name == nil, token.kind != .leftBrace {
            name = text(of: token)
            try advance()
        }
        var matchers: [Matcher] = []
        var quotedName: String?
        if token.kind == .leftBrace { (matchers, quotedName) = try parseMatchers() }
        let range = SourceRange(start: start, end: previousEnd)
        if let given = name ?? quotedName {
            let other =
                name == nil ? nil : quotedName ?? matchers.first { $0.name == LabelSet.metricName }?.value
            if let other {
                throw failure(
                    "metric name must not be set twice: \(QuotedText.quoted(given)) or \(QuotedText.quoted(other))",
                    at: range)
            }
            matchers.append(Matcher(LabelSet.metricName, .equal, given))
        }
        return try subtree(
            .vectorSelector(VectorSelector(name: name, matchers: Self.inNormalOrder(matchers, name), range: range)),
            above: 0)
    }

    /// Reads a selector that describes one series, up to the end of the text.
    mutating func parseWholeSeries() throws(ParseError) -> LabelSet {
        let result = try parseVectorSelector()
        guard token.kind == .endOfInput else { throw unexpected() }
        guard case .vectorSelector(let selector) = result.expression else { return .empty }
        if let other = selector.matchers.first(where: { $0.operation != .equal }) {
            throw failure(
                "unexpected <op:\(other.operation.rawValue)> in label set, expected \"=\"", at: selector.range)
        }
        return LabelSet(selector.matchers.map { Label(name: $0.name, value: $0.value) })
    }

    /// The order in which matchers are printed: by their text, the one that stands for the name last.
    private static func inNormalOrder(_ matchers: [Matcher], _ name: String?) -> [Matcher] {
        guard matchers.count > 1 else { return matchers }
        let named = name == nil ? [] : matchers.suffix(1)
        let others = matchers.dropLast(named.count).map { (matcher: $0, text: $0.description) }
        return others.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }.map(\.matcher) + named
    }

    private mutating func parseMatchers() throws(ParseError) -> (matchers: [Matcher], name: String?) {
        try advance()
        var matchers: [Matcher] = []
        var name: String?
        while token.kind != .rightBrace {
            let labelRange = token.range
            try countNode(at: labelRange)
            let label: String
            let isQuoted = token.kind == .string
            switch token.kind {
            case .string: label = try parseName()
            case .identifier:
                label = text(of: token)
                try advance()
            default:
                throw unexpected(in: "label matching", expected: "identifier or \"}\"")
            }
            if let operation = matchOperation {
                try advance()
                guard token.kind == .string else { throw unexpected(in: "label matching", expected: "string") }
                let value = try parseMatcherValue(operation)
                let matcher = Matcher(label, operation, value)
                try checkPattern(of: matcher, at: SourceRange(start: labelRange.start, end: previousEnd))
                matchers.append(matcher)
            } else if isQuoted {
                if let name {
                    throw failure(
                        "metric name must not be set twice: \(QuotedText.quoted(name)) or "
                            + QuotedText.quoted(label), at: labelRange)
                }
                name = label
            } else {
                throw unexpected(in: "label matching", expected: "label matching operator")
            }
            if token.kind == .comma {
                try advance()
            } else if token.kind != .rightBrace {
                throw unexpected(in: "label matching", expected: "\",\" or \"}\"")
            }
        }
        try advance()
        return (matchers, name)
    }

    private var matchOperation: Matcher.Operation? {
        switch token.kind {
        case .assign: .equal
        case .binary(.notEqual): .notEqual
        case .matchesPattern: .matchesPattern
        case .matchesNotPattern: .matchesNotPattern
        default: nil
        }
    }

    /// Reads a quoted name, which must be UTF-8 and not empty.
    private mutating func parseName() throws(ParseError) -> String {
        let literal = try parseString()
        guard literal.invalidBytes == nil, !literal.value.isEmpty else {
            throw failure("invalid name \(literal.quoted)", at: literal.range)
        }
        return literal.value
    }

    /// Reads the value or pattern of a matcher.
    ///
    /// As in Prometheus a value need not be UTF-8, though no label has such a value; a pattern must be.
    private mutating func parseMatcherValue(_ operation: Matcher.Operation) throws(ParseError) -> String {
        let literal = try parseString()
        let isPattern = operation == .matchesPattern || operation == .matchesNotPattern
        guard literal.invalidBytes == nil || !isPattern else {
            throw failure("invalid UTF-8 in label matching: \(literal.quoted)", at: literal.range)
        }
        return literal.value
    }

    private func checkPattern(of matcher: Matcher, at range: SourceRange) throws(ParseError) {
        do {
            _ = try CompiledMatcher(matcher)
        } catch {
            throw failure("\(error)", at: range)
        }
    }

    // MARK: Label lists

    /// Reads `(label, "quoted label", …)`.
    mutating func parseLabelNames() throws(ParseError) -> [String] {
        try expect(.leftParenthesis, context: "grouping opts", expected: "\"(\"")
        var names: [String] = []
        while token.kind != .rightParenthesis {
            switch token.kind {
            case .string:
                names.append(try parseName())
            case .identifier, .keyword, .aggregation, .queryFunction, .binary(.and), .binary(.or), .binary(.unless),
                .binary(.atan2):
                names.append(text(of: token))
                try advance()
            default:
                throw unexpected(in: "grouping opts", expected: "label")
            }
            if token.kind == .comma {
                try advance()
            } else if token.kind != .rightParenthesis {
                throw unexpected(in: "grouping opts", expected: "\",\" or \")\"")
            }
        }
        try advance()
        return names
    }

    // MARK: Binary modifiers

    /// What stands between an operator and its right side.
    struct BinaryModifiers {
        var returnsBool = false
        var matching = VectorMatching()

        var hasFill: Bool { matching.fillLeft != nil || matching.fillRight != nil }
    }

    mutating func parseBinaryModifiers() throws(ParseError) -> BinaryModifiers {
        var modifiers = BinaryModifiers()
        if token.kind == .keyword(.bool) {
            modifiers.returnsBool = true
            try advance()
        }
        if token.kind == .keyword(.on) || token.kind == .keyword(.ignoring) {
            modifiers.matching.isOn = token.kind == .keyword(.on)
            try advance()
            modifiers.matching.labels = try parseLabelNames()
            if token.kind == .keyword(.groupLeft) || token.kind == .keyword(.groupRight) {
                modifiers.matching.cardinality = token.kind == .keyword(.groupLeft) ? .manyToOne : .oneToMany
                try advance()
                if token.kind == .leftParenthesis { modifiers.matching.included = try parseLabelNames() }
            }
        }
        try parseFill(into: &modifiers)
        return modifiers
    }

    private mutating func parseFill(into modifiers: inout BinaryModifiers) throws(ParseError) {
        while case .keyword(let keyword) = token.kind, [.fill, .fillLeft, .fillRight].contains(keyword) {
            let range = token.range
            guard options.allowsFillModifiers else {
                throw failure("binop fill modifiers are experimental and not enabled", at: range)
            }
            let fillsLeft = keyword != .fillRight
            let fillsRight = keyword != .fillLeft
            if fillsLeft && modifiers.matching.fillLeft != nil || fillsRight && modifiers.matching.fillRight != nil {
                throw unexpected()
            }
            try advance()
            try expect(.leftParenthesis)
            let value = try parseSignedNumber(context: "fill", expected: "number").value
            try expect(.rightParenthesis)
            if fillsLeft { modifiers.matching.fillLeft = value }
            if fillsRight { modifiers.matching.fillRight = value }
        }
    }

    /// Reads a number with or without signs.
    mutating func parseSignedNumber(context: String, expected: String) throws(ParseError) -> NumberLiteral {
        let start = token.range.start
        let sign = signAtToken
        if sign != nil { try advance() }
        guard token.kind == .number || token.kind == .duration else {
            throw unexpected(in: context, expected: expected)
        }
        var literal = try parseNumber()
        if sign == .minus { literal.value.negate() }
        literal.range = SourceRange(start: start, end: previousEnd)
        return literal
    }
}
