import ApusModel
import ApusPromQL
import Glibc

/// Functions that change each value by itself.
enum ElementFunction {
    /// The function of one value that a PromQL function without further arguments stands for.
    static func transform(for function: Function) -> (@Sendable (inout [Double]) -> Void)? {
        switch function {
        case .abs: { $0.mapPresent { $0.magnitude } }
        case .ceil: { $0.mapPresent { $0.rounded(.up) } }
        case .floor: { $0.mapPresent { $0.rounded(.down) } }
        case .exp: { $0.mapPresent { Glibc.exp($0) } }
        case .ln: { $0.mapPresent { Glibc.log($0) } }
        case .log2: { $0.mapPresent { Glibc.log2($0) } }
        case .log10: { $0.mapPresent { Glibc.log10($0) } }
        case .sqrt: { $0.mapPresent { $0.squareRoot() } }
        case .sgn: { $0.mapPresent { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 } }
        case .deg: { $0.mapPresent { $0 * 180 / .pi } }
        case .rad: { $0.mapPresent { $0 * .pi / 180 } }
        case .sin: { $0.mapPresent { Glibc.sin($0) } }
        case .cos: { $0.mapPresent { Glibc.cos($0) } }
        case .tan: { $0.mapPresent { Glibc.tan($0) } }
        case .asin: { $0.mapPresent { Glibc.asin($0) } }
        case .acos: { $0.mapPresent { Glibc.acos($0) } }
        case .atan: { $0.mapPresent { Glibc.atan($0) } }
        case .sinh: { $0.mapPresent { Glibc.sinh($0) } }
        case .cosh: { $0.mapPresent { Glibc.cosh($0) } }
        case .tanh: { $0.mapPresent { Glibc.tanh($0) } }
        case .asinh: { $0.mapPresent { Glibc.asinh($0) } }
        case .acosh: { $0.mapPresent { Glibc.acosh($0) } }
        case .atanh: { $0.mapPresent { Glibc.atanh($0) } }
        default: nil
        }
    }

    /// The part of a date, in UTC, that a PromQL function gives for seconds since the epoch.
    static func datePart(for function: Function) -> (@Sendable (CivilTime) -> Int)? {
        switch function {
        case .minute: { $0.minute }
        case .hour: { $0.hour }
        case .dayOfWeek: { $0.weekday }
        case .dayOfMonth: { $0.day }
        case .dayOfYear: { $0.dayOfYear }
        case .daysInMonth: { $0.daysInMonth }
        case .month: { $0.month }
        case .year: { $0.year }
        default: nil
        }
    }

    /// A part of the date at `seconds` since the epoch; NaN for what is no date.
    static func datePart(_ part: (CivilTime) -> Int, atSeconds seconds: Double) -> Double {
        // Some 285,000 years each way: what milliseconds in 64 bits hold with room to spare.
        guard seconds.magnitude < 9e12 else { return .nan }
        return Double(part(CivilTime(milliseconds: Int64(seconds.rounded(.towardZero)) * 1_000)))
    }

    /// `round(value, nearest)`: halves go up.
    static func round(_ value: Double, toNearest nearest: Double) -> Double {
        // Dividing by the inverse loses less than multiplying, as in Prometheus.
        let inverse = 1 / nearest
        return (value * inverse + 0.5).rounded(.down) / inverse
    }

    /// The smaller value; NaN when either is.
    static func minimum(_ a: Double, _ b: Double) -> Double {
        a.isNaN || b.isNaN ? .nan : min(a, b)
    }

    /// The larger value; NaN when either is.
    static func maximum(_ a: Double, _ b: Double) -> Double {
        a.isNaN || b.isNaN ? .nan : max(a, b)
    }
}
