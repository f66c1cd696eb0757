import ApusPromQL
import Glibc

/// Binary operators on floats.
enum FloatBinaryKernel {
    /// Writes `left operation right` for each step at which both have a value; `result` may be one of the operands.
    static func combine(
        _ operation: BinaryOperation, _ outcome: BinaryKernel.Outcome, _ left: [Double], _ right: [Double],
        into result: inout [Double]
    ) {
        switch operation {
        case .add: calculate(left, right, &result) { $0 + $1 }
        case .subtract: calculate(left, right, &result) { $0 - $1 }
        case .multiply: calculate(left, right, &result) { $0 * $1 }
        case .divide: calculate(left, right, &result) { $0 / $1 }
        case .modulo: calculate(left, right, &result) { fmod($0, $1) }
        case .power: calculate(left, right, &result) { pow($0, $1) }
        case .atan2: calculate(left, right, &result) { Glibc.atan2($0, $1) }
        case .equal: compare(left, right, outcome, &result) { $0 == $1 }
        case .notEqual: compare(left, right, outcome, &result) { $0 != $1 }
        case .greater: compare(left, right, outcome, &result) { $0 > $1 }
        case .less: compare(left, right, outcome, &result) { $0 < $1 }
        case .greaterOrEqual: compare(left, right, outcome, &result) { $0 >= $1 }
        case .lessOrEqual: compare(left, right, outcome, &result) { $0 <= $1 }
        case .trimUpper, .trimLower, .and, .or, .unless: calculate(left, right, &result) { _, _ in Point.absent }
        }
    }

    @inline(__always)
    private static func calculate(
        _ left: [Double], _ right: [Double], _ result: inout [Double], _ operation: (Double, Double) -> Double
    ) {
        let left = left.span
        let right = right.span
        var result = result.mutableSpan
        for step in 0..<result.count {
            let (a, b) = (left[step], right[step])
            result[step] = Point.isPresent(a) && Point.isPresent(b) ? operation(a, b) : Point.absent
        }
    }

    @inline(__always)
    private static func compare(
        _ left: [Double], _ right: [Double], _ outcome: BinaryKernel.Outcome, _ result: inout [Double],
        _ holds: (Double, Double) -> Bool
    ) {
        switch outcome {
        case .left: calculate(left, right, &result) { holds($0, $1) ? $0 : Point.absent }
        case .right: calculate(left, right, &result) { holds($0, $1) ? $1 : Point.absent }
        case .truth: calculate(left, right, &result) { holds($0, $1) ? 1 : 0 }
        }
    }
}
