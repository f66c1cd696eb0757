import Glibc

/// Why a duration expression has no value that can be used.
package enum DurationExpressionError: Error, Sendable, Equatable {
    /// Division or modulo by zero.
    case divisionByZero(SourceRange)
    case moduloByZero(SourceRange)
    /// Zero or negative where a length is needed.
    case notPositive(SourceRange)
    /// NaN, infinite, or beyond what milliseconds in 64 bits hold.
    case outOfRange(SourceRange)

    /// Where in the query the cause is.
    package var range: SourceRange {
        switch self {
        case .divisionByZero(let range), .moduloByZero(let range), .notPositive(let range), .outOfRange(let range):
            range
        }
    }
}

extension DurationExpressionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .divisionByZero: "division by zero"
        case .moduloByZero: "modulo by zero"
        case .notPositive: "duration must be greater than 0"
        case .outOfRange: "duration is out of range"
        }
    }
}

extension DurationExpression {
    /// The value in milliseconds for a query; what is left of a millisecond is cut off, as in Prometheus.
    package func milliseconds(in context: DurationContext) throws(DurationExpressionError) -> Int64 {
        let seconds = try seconds(in: context)
        // The bound of Prometheus: what a count of nanoseconds in 64 bits holds, about 292 years.
        guard seconds.magnitude < 9_223_372_036 else { throw .outOfRange(sourceRange) }
        return Int64(seconds * 1000)
    }

    /// The value in seconds for a query, which may be infinite or NaN.
    private func seconds(in context: DurationContext) throws(DurationExpressionError) -> Double {
        switch self {
        case .literal(let literal):
            return literal.value
        case .step:
            return Double(context.step) / 1000
        case .range:
            return Double(context.range) / 1000
        case .negative(let operand, _):
            return -(try operand.seconds(in: context))
        case .parenthesised(let inner, _):
            return try inner.seconds(in: context)
        case .minimum(let a, let b, _):
            return Swift.min(try a.seconds(in: context), try b.seconds(in: context))
        case .maximum(let a, let b, _):
            return Swift.max(try a.seconds(in: context), try b.seconds(in: context))
        case .binary(let operation, let left, let right):
            let a = try left.seconds(in: context)
            let b = try right.seconds(in: context)
            switch operation {
            case .add: return a + b
            case .subtract: return a - b
            case .multiply: return a * b
            case .divide:
                guard b != 0 else { throw .divisionByZero(sourceRange) }
                return a / b
            case .modulo:
                guard b != 0 else { throw .moduloByZero(sourceRange) }
                return fmod(a, b)
            case .power: return pow(a, b)
            }
        }
    }
}
