import ApusModel

/// A hand-written recursive parser with precedence climbing.
///
/// It builds the tree and reports errors of syntax; `TypeChecker` then looks at the finished tree, because Prometheus
/// reports an error of syntax anywhere in a text before any error of type.
struct ExpressionParser: ~Copyable {
    /// An expression with the height of its tree.
    struct Subtree {
        var expression: Expression
        var height: Int
    }

    let options: ParserOptions
    var lexer: Lexer
    /// The token that is next.
    var token: Token
    /// The end of the token before it.
    var previousEnd = 0
    private var nesting = 0
    private var nodeCount = 0

    init(_ text: [UInt8], options: ParserOptions) throws(ParseError) {
        self.options = options
        lexer = Lexer(text)
        token = try lexer.next()
    }

    /// Reads the text up to its end.
    mutating func parseWhole() throws(ParseError) -> Expression {
        if token.kind == .endOfInput {
            throw failure("no expression found in input", at: SourceRange(start: 0, end: 0))
        }
        let result = try parseExpression()
        guard token.kind == .endOfInput else { throw unexpected() }
        return result.expression
    }

    /// Reads an expression whose operators bind at least as tightly as `minimum`.
    mutating func parseExpression(minimum: Int = 0) throws(ParseError) -> Subtree {
        try enter()
        defer { leave() }
        var left = try parseUnary()
        while case .binary(let operation) = token.kind, let precedence = Self.precedence(of: operation),
            precedence >= minimum
        {
            let operatorRange = token.range
            try advance()
            var modifiers = try parseBinaryModifiers()
            let right = try parseExpression(minimum: operation == .power ? precedence : precedence + 1)
            if operation.isSet, modifiers.matching.cardinality == .oneToOne {
                modifiers.matching.cardinality = .manyToMany
            }
            let areVectors =
                left.expression.valueType == .instantVector && right.expression.valueType == .instantVector
            // Modifiers that make no sense are kept for the type checker, which refuses them.
            let isKept = areVectors || !modifiers.matching.labels.isEmpty || modifiers.hasFill
            left = try subtree(
                .binary(
                    BinaryExpression(
                        operation, left: left.expression, right: right.expression,
                        returnsBool: modifiers.returnsBool, matching: isKept ? modifiers.matching : nil,
                        operatorRange: operatorRange)),
                above: max(left.height, right.height))
        }
        return left
    }

    /// How tightly an operator binds, 6 the most; `nil` for what is no operator between expressions.
    private static func precedence(of operation: BinaryOperation) -> Int? {
        switch operation {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .trimUpper, .trimLower: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: powerPrecedence
        }
    }

    private static let powerPrecedence = 6

    private mutating func parseUnary() throws(ParseError) -> Subtree {
        guard let operation = signAtToken else { return try parseOperand() }
        let start = token.range.start
        try advance()
        // Of the binary operators only `^` binds more tightly than a sign.
        let operand = try parseExpression(minimum: Self.powerPrecedence)
        let range = SourceRange(start: start, end: operand.expression.range.end)
        if case .number(var literal) = operand.expression {
            if operation == .minus { literal.value.negate() }
            literal.range = range
            return Subtree(expression: .number(literal), height: operand.height)
        }
        return try subtree(
            .unary(UnaryExpression(operation, operand.expression, range: range)), above: operand.height)
    }

    /// The sign that the next token is, if it is one.
    var signAtToken: UnaryOperation? {
        switch token.kind {
        case .binary(.add): .plus
        case .binary(.subtract): .minus
        default: nil
        }
    }

    private mutating func parseOperand() throws(ParseError) -> Subtree {
        var result = try parsePrimary()
        while true {
            switch token.kind {
            case .keyword(.offset): try parseOffset(of: &result.expression)
            case .at: try parseAnchor(of: &result.expression)
            case .keyword(.smoothed): try parseExtension(.smoothed, of: &result.expression)
            case .keyword(.anchored): try parseExtension(.anchored, of: &result.expression)
            case .leftBracket: result = try parseBrackets(after: result)
            default: return result
            }
        }
    }

    private mutating func parsePrimary() throws(ParseError) -> Subtree {
        switch token.kind {
        case .number, .duration:
            return try subtree(.number(try parseNumber()), above: 0)
        case .string:
            return try subtree(.string(try parseString()), above: 0)
        case .leftParenthesis:
            let start = token.range.start
            try advance()
            let inner = try parseExpression()
            try expect(.rightParenthesis)
            let range = SourceRange(start: start, end: previousEnd)
            return try subtree(
                .parenthesised(ParenthesisedExpression(inner.expression, range: range)), above: inner.height)
        case .leftBrace, .metricIdentifier:
            return try parseVectorSelector()
        case .identifier, .queryFunction:
            let name = token
            try advance()
            if token.kind == .leftParenthesis { return try parseCall(name) }
            return try parseVectorSelector(name: name)
        case .aggregation(let operation):
            let word = token
            try advance()
            switch token.kind {
            case .leftParenthesis, .keyword(.by), .keyword(.without):
                return try parseAggregation(operation, start: word.range.start)
            default:
                return try parseVectorSelector(name: word)
            }
        case .keyword(let keyword) where keyword.canBeMetricName:
            return try parseVectorSelector()
        case .binary(.and), .binary(.or), .binary(.unless):
            return try parseVectorSelector()
        default:
            throw unexpected()
        }
    }

    // MARK: Calls

    private mutating func parseCall(_ nameToken: Token) throws(ParseError) -> Subtree {
        var name = text(of: nameToken)
        if case .queryFunction(let function) = nameToken.kind { name = function.rawValue }
        let arguments = try parseArguments()
        guard let function = Function(rawValue: name) else {
            throw failure("unknown function with name \(QuotedText.quoted(name))", at: nameToken.range)
        }
        if function.signature.isExperimental, !options.allowsExperimentalFunctions {
            throw failure(
                "function \(QuotedText.quoted(name)) is not enabled; it must be enabled with "
                    + "--enable-feature=promql-experimental-functions",
                at: nameToken.range)
        }
        let range = SourceRange(start: nameToken.range.start, end: previousEnd)
        return try subtree(
            .call(FunctionCall(function, arguments.map(\.expression), range: range)), above: height(of: arguments))
    }

    private mutating func parseArguments() throws(ParseError) -> [Subtree] {
        try expect(.leftParenthesis)
        var arguments: [Subtree] = []
        if token.kind != .rightParenthesis {
            arguments.append(try parseExpression())
            while token.kind == .comma {
                let comma = token.range
                try advance()
                if token.kind == .rightParenthesis {
                    throw failure("trailing commas not allowed in function call args", at: comma)
                }
                arguments.append(try parseExpression())
            }
        }
        try expect(.rightParenthesis)
        return arguments
    }

    private mutating func parseAggregation(
        _ operation: AggregationOperation, start: Int
    ) throws(ParseError) -> Subtree {
        var grouping = try parseGrouping()
        let arguments = try parseArguments()
        if grouping == nil { grouping = try parseGrouping() }
        let range = SourceRange(start: start, end: previousEnd)
        guard !arguments.isEmpty else { throw failure("no arguments for aggregate expression provided", at: range) }
        if operation.isExperimental, !options.allowsExperimentalFunctions {
            throw failure(
                "\(operation.rawValue)() is experimental and must be enabled with "
                    + "--enable-feature=promql-experimental-functions",
                at: range)
        }
        let wanted = operation.parameterType == nil ? 1 : 2
        guard arguments.count == wanted, let operand = arguments.last else {
            throw failure(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), "
                    + "got \(arguments.count)",
                at: range)
        }
        return try subtree(
            .aggregation(
                Aggregation(
                    operation, parameter: wanted == 2 ? arguments[0].expression : nil, operand: operand.expression,
                    grouping: grouping ?? Grouping(), range: range)),
            above: height(of: arguments))
    }

    private mutating func parseGrouping() throws(ParseError) -> Grouping? {
        switch token.kind {
        case .keyword(.by):
            try advance()
            return Grouping(isWithout: false, labels: try parseLabelNames())
        case .keyword(.without):
            try advance()
            return Grouping(isWithout: true, labels: try parseLabelNames())
        default:
            return nil
        }
    }

    // MARK: Literals

    mutating func parseNumber() throws(ParseError) -> NumberLiteral {
        let spelled = text(of: token)
        let range = token.range
        let literal: NumberLiteral
        if token.kind == .duration {
            let milliseconds: Int64
            do {
                milliseconds = try DurationText.parse(spelled)
            } catch {
                throw failure("\(error)", at: range)
            }
            guard milliseconds <= NumberSyntax.maximumMilliseconds else {
                throw failure("duration out of range", at: range)
            }
            literal = NumberLiteral(Double(milliseconds) / 1000, isDuration: true, range: range)
        } else {
            guard let value = NumberSyntax.value(of: spelled) else {
                throw failure(
                    "error parsing number: strconv.ParseFloat: parsing \(QuotedText.quoted(spelled)): "
                        + "value out of range", at: range)
            }
            literal = NumberLiteral(value, range: range)
        }
        try advance()
        return literal
    }

    mutating func parseString() throws(ParseError) -> StringLiteral {
        let range = token.range
        let bytes: [UInt8]
        do {
            bytes = try StringSyntax.unquote(lexer.text[range.start..<range.end])
        } catch {
            throw failure(error.reason, at: range)
        }
        try advance()
        let value = String(decoding: bytes, as: UTF8.self)
        // Repairing changes the text exactly when it was not UTF-8.
        let isValid = value.utf8.elementsEqual(bytes)
        return StringLiteral(value, invalidBytes: isValid ? nil : bytes, range: range)
    }

    // MARK: Tokens and errors

    mutating func advance() throws(ParseError) {
        previousEnd = token.range.end
        token = try lexer.next()
    }

    /// Takes the next token, which must be of the given kind.
    mutating func expect(_ kind: TokenKind, context: String = "", expected: String = "") throws(ParseError) {
        guard token.kind == kind else { throw unexpected(in: context, expected: expected) }
        try advance()
    }

    func text(of token: Token) -> String {
        lexer.string(from: token.range.start, length: token.range.end - token.range.start)
    }

    func failure(_ message: String, at range: SourceRange) -> ParseError {
        ParseError(message, at: range, in: lexer.text)
    }

    /// That the next token cannot stand where it does.
    func unexpected(in context: String = "", expected: String = "") -> ParseError {
        var message = "unexpected \(token.kind.spelled(text(of: token)))"
        if !context.isEmpty { message += " in \(context)" }
        if !expected.isEmpty { message += ", expected \(expected)" }
        return failure(message, at: token.range)
    }

    // MARK: Limits

    /// A node whose tallest child has the given height, after checking the limits.
    mutating func subtree(_ expression: Expression, above height: Int) throws(ParseError) -> Subtree {
        try countNode(at: expression.range)
        guard height < options.maximumDepth else { throw tooDeep(at: expression.range) }
        return Subtree(expression: expression, height: height + 1)
    }

    /// Counts a node, or a matcher, of which each may cost a compiled pattern.
    mutating func countNode(at range: SourceRange) throws(ParseError) {
        nodeCount += 1
        guard nodeCount <= options.maximumNodes else {
            throw failure("expression is too large: more than \(options.maximumNodes) nodes", at: range)
        }
    }

    /// Counts a level of recursion.
    mutating func enter() throws(ParseError) {
        guard nesting < options.maximumDepth else { throw tooDeep(at: token.range) }
        nesting += 1
    }

    mutating func leave() {
        nesting -= 1
    }

    private func tooDeep(at range: SourceRange) -> ParseError {
        failure("expression is nested too deeply: more than \(options.maximumDepth) levels", at: range)
    }

    private func height(of subtrees: [Subtree]) -> Int {
        subtrees.reduce(0) { max($0, $1.height) }
    }
}
