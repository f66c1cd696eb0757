/// A length of time in a modifier or in brackets: fixed, or calculated for each query.
package enum DurationValue: Sendable, Hashable {
    /// A fixed length in milliseconds; negative only for offsets.
    case fixed(milliseconds: Int64)
    /// A calculation, `[step() * 2]`.
    case calculated(DurationExpression)

    /// The length in milliseconds for a query.
    ///
    /// - Throws: when the calculation divides by zero or its result does not fit.
    package func milliseconds(in context: DurationContext) throws(DurationExpressionError) -> Int64 {
        switch self {
        case .fixed(let milliseconds): milliseconds
        case .calculated(let expression): try expression.milliseconds(in: context)
        }
    }

    /// The length in milliseconds for a query, for windows and steps, which cannot be zero or negative.
    ///
    /// - Throws: also when the result is not positive.
    package func positiveMilliseconds(in context: DurationContext) throws(DurationExpressionError) -> Int64 {
        let milliseconds = try milliseconds(in: context)
        guard milliseconds > 0 else {
            guard case .calculated(let expression) = self else { throw .notPositive(SourceRange(start: 0, end: 0)) }
            throw .notPositive(expression.sourceRange)
        }
        return milliseconds
    }
}

/// What a duration expression may ask of the query it is part of.
package struct DurationContext: Sendable, Hashable {
    /// The query's step in milliseconds, what `step()` gives; 0 for an instant query.
    package var step: Int64
    /// The query's end minus its start in milliseconds, what `range()` gives; 0 for an instant query.
    package var range: Int64

    /// The step and range of a query, both in milliseconds.
    package init(step: Int64, range: Int64) {
        self.step = step
        self.range = range
    }
}

/// A calculation with durations; all values are seconds.
package indirect enum DurationExpression: Sendable, Hashable {
    /// A number of seconds, or a duration.
    case literal(NumberLiteral)
    /// `step()`.
    case step(range: Incidental<SourceRange>)
    /// `range()`.
    case range(range: Incidental<SourceRange>)
    /// `-operand`.
    case negative(DurationExpression, range: Incidental<SourceRange>)
    /// `left + right` and the other arithmetic operators.
    case binary(Operation, left: DurationExpression, right: DurationExpression)
    /// `min_of(a, b)`.
    case minimum(DurationExpression, DurationExpression, range: Incidental<SourceRange>)
    /// `max_of(a, b)`.
    case maximum(DurationExpression, DurationExpression, range: Incidental<SourceRange>)
    /// `(inner)`.
    case parenthesised(DurationExpression, range: Incidental<SourceRange>)

    /// An arithmetic operator.
    package enum Operation: String, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case modulo = "%"
        case power = "^"
    }

    /// Where the expression stands in its text.
    package var sourceRange: SourceRange {
        switch self {
        case .literal(let literal): literal.range
        case .step(let range), .range(let range): range.wrappedValue
        case .negative(_, let range), .minimum(_, _, let range), .maximum(_, _, let range): range.wrappedValue
        case .parenthesised(_, let range): range.wrappedValue
        case .binary(_, let left, let right): SourceRange(start: left.sourceRange.start, end: right.sourceRange.end)
        }
    }

    /// Whether the value is the same in every query.
    package var isConstant: Bool {
        switch self {
        case .literal: true
        case .step, .range: false
        case .negative(let operand, _), .parenthesised(let operand, _): operand.isConstant
        case .binary(_, let left, let right): left.isConstant && right.isConstant
        case .minimum(let a, let b, _), .maximum(let a, let b, _): a.isConstant && b.isConstant
        }
    }
}
