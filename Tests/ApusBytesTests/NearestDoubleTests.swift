import ApusBytes
import ApusTestSupport
import Testing

@Suite("Nearest double of long decimals")
struct NearestDoubleTests {
    private func expectNearest(_ mantissa: UInt64, _ exponent: Int) {
        #expect(
            NumberText.nearestDouble(mantissa, timesTenTo: exponent) == Double("\(mantissa)e\(exponent)"),
            "\(mantissa)e\(exponent)")
    }

    @Test("decimals of any length are rounded as the standard library rounds them")
    func random() {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<20_000 {
            expectNearest(
                generator.next() >> UInt64.random(in: 0..<64, using: &generator),
                Int.random(in: -19...19, using: &generator))
        }
    }

    @Test("values half way between two doubles go to the even one")
    func ties() {
        var generator = SeededGenerator(seed: 18)
        for _ in 0..<5_000 {
            // An odd number of 54 bits lies half way; dividing by ten and multiplying gives it back, just above and below.
            let tie = (generator.next() >> 10) | 1 << 53 | 1
            for mantissa in [tie, tie &* 10, tie &* 10 &+ 1, tie &* 10 &- 1, tie &* 5, tie &* 5 &* 5] {
                for exponent in [-2, -1, 0, 1] { expectNearest(mantissa, exponent) }
            }
        }
        for exponent in -19...19 {
            for mantissa in [1, 2, 5, .max, .max - 1, 1 << 63, 1 << 53, (1 << 53) + 1] as [UInt64] {
                expectNearest(mantissa, exponent)
            }
        }
        #expect(NumberText.nearestDouble(0, timesTenTo: -19) == 0)
        #expect(NumberText.nearestDouble(1, timesTenTo: 20) == nil)
        #expect(NumberText.nearestDouble(1, timesTenTo: -20) == nil)
    }
}
