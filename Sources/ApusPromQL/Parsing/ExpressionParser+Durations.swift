extension ExpressionParser {
    /// Reads a duration expression in brackets or parentheses.
    mutating func parseDuration(
        context: String, expected: String, minimum: Int = 0
    ) throws(ParseError) -> DurationExpression {
        try enter()
        defer { leave() }
        var left = try parseSignedDuration(context: context, expected: expected)
        // Each operator makes the tree taller by one, which the loop itself does not bound.
        var entered = 0
        defer { for _ in 0..<entered { leave() } }
        while case .binary(let binary) = token.kind,
            let operation = DurationExpression.Operation(rawValue: binary.rawValue), operation.precedence >= minimum
        {
            let operatorRange = token.range
            try enter()
            entered += 1
            try advance()
            let right = try parseDuration(
                context: context, expected: expected,
                minimum: operation == .power ? operation.precedence : operation.precedence + 1)
            if case .literal(let literal) = right, literal.value == 0 {
                if operation == .divide { throw failure("division by zero", at: operatorRange) }
                if operation == .modulo { throw failure("modulo by zero", at: operatorRange) }
            }
            left = .binary(operation, left: left, right: right)
        }
        return left
    }

    /// Reads the duration after `offset`: what follows it is no part of it unless it is in parentheses.
    mutating func parseOffsetDuration() throws(ParseError) -> DurationExpression {
        let context = "offset"
        let expected = "number, duration, step(), or range()"
        guard let sign = signAtToken else { return try parseDurationOperand(context: context, expected: expected) }
        let start = token.range.start
        try advance()
        return withSign(sign, try parseDurationOperand(context: context, expected: expected), start: start)
    }

    private mutating func parseSignedDuration(
        context: String, expected: String
    ) throws(ParseError) -> DurationExpression {
        guard let sign = signAtToken else { return try parseDurationOperand(context: context, expected: expected) }
        let start = token.range.start
        try advance()
        let operand = try parseDuration(
            context: context, expected: expected, minimum: DurationExpression.Operation.power.precedence)
        return withSign(sign, operand, start: start)
    }

    private func withSign(
        _ sign: UnaryOperation, _ operand: DurationExpression, start: Int
    ) -> DurationExpression {
        let range = SourceRange(start: start, end: previousEnd)
        if case .literal(var literal) = operand {
            if sign == .minus { literal.value.negate() }
            literal.range = range
            return .literal(literal)
        }
        return sign == .plus ? operand : .negative(operand, range: Incidental(wrappedValue: range))
    }

    private mutating func parseDurationOperand(
        context: String, expected: String
    ) throws(ParseError) -> DurationExpression {
        let start = token.range.start
        switch token.kind {
        case .number, .duration:
            let literal = try parseNumber()
            guard NumberSyntax.milliseconds(ofSeconds: literal.value) != nil else {
                throw failure("duration out of range", at: literal.range)
            }
            return .literal(literal)
        case .leftParenthesis:
            try advance()
            let inner = try parseDuration(context: context, expected: expected)
            try expect(.rightParenthesis)
            return .parenthesised(inner, range: rangeSince(start))
        case .queryFunction(.step), .queryFunction(.range):
            let isStep = token.kind == .queryFunction(.step)
            try advance()
            try expect(.leftParenthesis)
            try expect(.rightParenthesis)
            return isStep ? .step(range: rangeSince(start)) : .range(range: rangeSince(start))
        case .queryFunction(.minimum), .queryFunction(.maximum):
            let isMinimum = token.kind == .queryFunction(.minimum)
            try advance()
            try expect(.leftParenthesis)
            let first = try parseDuration(context: context, expected: expected)
            try expect(.comma)
            let second = try parseDuration(context: context, expected: expected)
            try expect(.rightParenthesis)
            return isMinimum
                ? .minimum(first, second, range: rangeSince(start))
                : .maximum(first, second, range: rangeSince(start))
        default:
            throw unexpected(in: context, expected: expected)
        }
    }

    private func rangeSince(_ start: Int) -> Incidental<SourceRange> {
        Incidental(wrappedValue: SourceRange(start: start, end: previousEnd))
    }
}

extension DurationExpression.Operation {
    /// How tightly the operator binds.
    var precedence: Int {
        switch self {
        case .add, .subtract: 1
        case .multiply, .divide, .modulo: 2
        case .power: 3
        }
    }
}
