/// Shapes of timestamp columns, ordinary and adversarial.
enum TimestampShape: CaseIterable {
    case regular, jittered, withGaps, random, extreme

    func make(count: Int, using generator: inout some RandomNumberGenerator) -> [Int64] {
        var current: Int64 = 1_700_000_000_000
        return (0..<count).map { _ in
            switch self {
            case .regular: current += 15_000
            case .jittered: current += 15_000 + Int64.random(in: -4...4, using: &generator)
            case .withGaps: current += Int64.random(in: 0..<20, using: &generator) == 0 ? 600_000 : 15_000
            case .random: current = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &generator)
            case .extreme: current = [Int64.min, Int64.max, 0, -1].randomElement(using: &generator) ?? 0
            }
            return current
        }
    }
}

/// Shapes of value columns, ordinary and adversarial.
enum ValueShape: CaseIterable {
    case constant, counter, resettingCounter, integerGauge, decimalGauge, sums, mixedScale, randomBits, nonFinite,
        largeIntegers, multiples, idleCounter, floatCounter, tinyMagnitudes, wideFixedPoint, steps, idleGauge,
        mostlyZero, climb

    func make(count: Int, using generator: inout some RandomNumberGenerator) -> [Double] {
        var current = Double(Int.random(in: 0..<10_000, using: &generator))
        let start = current
        return (0..<count).map { _ in
            switch self {
            case .constant: return start + 0.123456789
            case .counter: current += Double(Int.random(in: 90...110, using: &generator))
            case .resettingCounter:
                current = Int.random(in: 0..<40, using: &generator) == 0 ? 0 : current + 7
            case .integerGauge: current = Double(Int.random(in: -500...500, using: &generator))
            case .decimalGauge: current = Double(Int.random(in: 0...10_000, using: &generator)) / 100
            case .sums: current += Double.random(in: 0..<1, using: &generator)
            case .mixedScale:
                let scales: [Double] = [1, 10, 1_000, 1e9]
                let scale = scales.randomElement(using: &generator) ?? 1.0
                current = Double(Int.random(in: 0..<1_000, using: &generator)) / scale
            case .randomBits: return Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))
            case .nonFinite:
                let choices: [Double] = [.infinity, -.infinity, .nan, -0.0, 0, 1]
                return choices.randomElement(using: &generator) ?? 0
            case .multiples: current = Double(Int.random(in: -500_000...500_000, using: &generator)) * 4_096
            case .idleCounter:
                if Int.random(in: 0..<10, using: &generator) < 3 {
                    current += Double(Int.random(in: 1_000...1_100, using: &generator))
                }
            case .idleGauge:
                if Int.random(in: 0..<10, using: &generator) < 3 {
                    current += Double(Int.random(in: -200...200, using: &generator)) / 4
                }
            case .mostlyZero:
                return Int.random(in: 0..<10, using: &generator) < 3
                    ? Double(Int.random(in: 1..<400, using: &generator)) : 0
            case .climb:
                current += 5
                if Int.random(in: 0..<10, using: &generator) < 3 {
                    current += Double(Int.random(in: 0..<400, using: &generator))
                }
            case .floatCounter:
                if Bool.random(using: &generator) { current += Double.random(in: 0..<15, using: &generator) }
            case .tinyMagnitudes:
                return Double.leastNonzeroMagnitude * Double(Int.random(in: -9...9, using: &generator))
            case .wideFixedPoint:
                let exponent = Int.random(in: -40...40, using: &generator)
                return Double(
                    sign: .minus, exponent: exponent, significand: Double(Int.random(in: 1...3, using: &generator)))
            case .steps:
                if Int.random(in: 0..<30, using: &generator) == 0 {
                    current = Double(Int.random(in: 0..<100, using: &generator)) / 4
                }
            case .largeIntegers: current = Double(Int64.random(in: .min ... .max, using: &generator))
            }
            return current
        }
    }
}
