extension NumberText {
    /// The double nearest to `mantissa × 10^exponent`, ties to even, for exponents from -19 to 19.
    ///
    /// Serves the numbers of 16 to 19 digits that targets write for fractions, at a tenth of what the standard library's
    /// reader costs: product and quotient are exact in 128 bits, so that one rounding is left.
    ///
    /// - Returns: `nil` for other exponents.
    package static func nearestDouble(_ mantissa: UInt64, timesTenTo exponent: Int) -> Double? {
        guard exponent.magnitude <= 19 else { return nil }
        guard mantissa != 0 else { return 0 }
        let power = integerPowersOfTen[Int(exponent.magnitude)]
        if exponent >= 0 {
            let (high, low) = mantissa.multipliedFullWidth(by: power)
            guard high != 0 else { return Double(low) }
            // A shift by 64, where the highest bit is set already, gives 0 as it should.
            let shift = high.leadingZeroBitCount
            return rounded(high << shift | low >> (64 - shift), hasRest: low << shift != 0, exponent: 64 - shift)
        }
        let dividendShift = mantissa.leadingZeroBitCount
        let divisorShift = power.leadingZeroBitCount
        let dividend = mantissa << dividendShift
        let divisor = power << divisorShift
        // Half the dividend is below the divisor, so the quotient fits; it has at least 63 bits, ten more than a double.
        let (quotient, rest) = divisor.dividingFullWidth((dividend >> 1, dividend << 63))
        let shift = quotient.leadingZeroBitCount
        return rounded(
            quotient << shift, hasRest: rest != 0, exponent: divisorShift - dividendShift - 63 - shift)
    }

    static let integerPowersOfTen: InlineArray<20, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    /// `bits × 2^exponent`, of which a little more is left if `hasRest`; the highest bit is set and the result is normal.
    private static func rounded(_ bits: UInt64, hasRest: Bool, exponent: Int) -> Double {
        var significand = bits >> 11
        let dropped = bits & 0x7FF
        if dropped > 0x400 || (dropped == 0x400 && (hasRest || significand & 1 == 1)) { significand += 1 }
        // Exact: the significand has 53 bits and the power of two only moves the exponent.
        return Double(significand) * Double(bitPattern: UInt64(1_023 + exponent + 11) << 52)
    }
}
