import ApusPromQL
import Glibc

/// Numbers by their definitions.
enum ReferenceArithmetic {
    /// A sum that keeps what rounding loses in a second double (Knuth's two-sum), so that the order hardly matters.
    static func sum(_ values: [Double]) -> Double {
        var high = 0.0
        var low = 0.0
        for value in values {
            let total = high + value
            if !total.isFinite {
                (high, low) = (total, 0)
                continue
            }
            let part = total - high
            low += (high - (total - part)) + (value - part)
            high = total
        }
        return high + low
    }

    /// The arithmetic mean; by halves where the sum overflows.
    static func mean(_ values: [Double]) -> Double {
        let count = Double(values.count)
        let total = sum(values)
        if total.isInfinite, values.allSatisfy({ $0.isFinite }) { return sum(values.map { $0 / count }) }
        return total / count
    }

    /// The population variance.
    static func variance(_ values: [Double]) -> Double {
        // Distances to one of the values, so that equal values have none.
        let distances = values.map { $0 - values[0] }
        let mean = mean(distances)
        return self.mean(distances.map { ($0 - mean) * ($0 - mean) })
    }

    /// The φ-quantile with linear interpolation between the ranks; NaN counts as smaller than all else.
    static func quantile(_ phi: Double, _ values: [Double]) -> Double {
        if values.isEmpty || phi.isNaN { return .nan }
        if phi < 0 { return -.infinity }
        if phi > 1 { return .infinity }
        let sorted = values.sorted { a, b in a.isNaN ? !b.isNaN : a < b }
        let rank = phi * Double(sorted.count - 1)
        let lower = max(0, Int(rank.rounded(.down)))
        let upper = min(sorted.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }

    /// The line of least squares through points; times in seconds after `origin`.
    static func regression(
        _ points: [(time: Int64, value: Double)], origin: Int64
    ) -> (slope: Double, intercept: Double) {
        let first = points[0].value
        if points.allSatisfy({ $0.value == first }) {
            return first.isInfinite ? (.nan, .nan) : (0, first)
        }
        let count = Double(points.count)
        let x = points.map { Double($0.time - origin) / 1000 }
        let y = points.map(\.value)
        let meanX = sum(x) / count
        let meanY = mean(y)
        let covariance = sum(zip(x, y).map { ($0 - meanX) * ($1 - meanY) })
        let variance = sum(x.map { ($0 - meanX) * ($0 - meanX) })
        let slope = covariance / variance
        return (slope, meanY - slope * meanX)
    }

    /// The value of an arithmetic operator, or 0 and 1 of a comparison.
    static func binary(_ operation: BinaryOperation, _ a: Double, _ b: Double) -> Double {
        switch operation {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .modulo: fmod(a, b)
        case .power: pow(a, b)
        case .atan2: atan2(a, b)
        case .equal: a == b ? 1 : 0
        case .notEqual: a != b ? 1 : 0
        case .greater: a > b ? 1 : 0
        case .less: a < b ? 1 : 0
        case .greaterOrEqual: a >= b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        case .and, .or, .unless, .trimUpper, .trimLower: .nan
        }
    }
}
