/// Timestamps as scrapes give them.
enum TimestampSeries: CaseIterable {
    case regularTimes, jitteredTimes

    /// Nanoseconds a sample of plain loops, to write and to read.
    var floor: String { "1.3 / 1.3" }

    func make(count: Int, _ generator: inout FixedGenerator) -> [Int64] {
        (0..<count).map { step in
            let jitter = self == .regularTimes ? 0 : Int64(generator.next(below: 5)) - 2
            return 1_700_000_000_000 + Int64(step) * 15_000 + jitter
        }
    }
}

/// Values as they occur, and those that resist.
enum ValueSeries: CaseIterable {
    case constant, steps, counter, idleCounter, idleGauge, seconds, pages, gauge, percentages, sums, floatCounter,
        idleFloats, noise

    /// Nanoseconds a sample of plain loops, to write and to read.
    var floor: String {
        switch self {
        case .constant: "0.4 / 0.3"
        case .counter, .idleCounter, .idleGauge, .seconds, .steps: "3.4 / 0.5"
        case .sums, .floatCounter, .idleFloats, .noise: "5.1 / 4.2"
        default: "5.0 / 0.7"
        }
    }

    func make(count: Int, _ generator: inout FixedGenerator) -> [Double] {
        var current = Double(generator.next(below: 1_000_000))
        return (0..<count).map { step in
            switch self {
            case .constant: break
            case .steps: if generator.next(below: 50) == 0 { current = Double(generator.next(below: 100)) }
            case .counter: current += Double(generator.next(below: 4_000))
            case .idleCounter: if generator.next(below: 10) < 7 { current += Double(generator.next(below: 400)) }
            case .idleGauge: if generator.next(below: 10) < 4 { current += Double(generator.next(below: 400)) - 200 }
            case .seconds: current = ((current * 100).rounded() + Double(generator.next(below: 150))) / 100
            case .pages:
                if step == 0 { current *= 4_096 }
                current = abs(current + (Double(generator.next(below: 2_001)) - 1_000) * 4_096)
            case .gauge: current = Double(generator.next(below: 400))
            case .percentages: current = Double(generator.next(below: 10_000)) / 100
            case .sums: current += (0.1 * Double(generator.next(below: 100))) + 0.2
            case .floatCounter: current += 15 * generator.fraction()
            case .idleFloats: if generator.next(below: 10) < 3 { current += 15 * generator.fraction() }
            case .noise: current = generator.fraction() - 0.5
            }
            return current
        }
    }
}

/// A generator that gives the same numbers in every run.
struct FixedGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` less one.
    mutating func next(below bound: UInt64) -> UInt64 { next() % bound }

    /// A number from 0 to 1, with 53 random bits.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
