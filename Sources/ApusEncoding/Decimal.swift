/// Floats that are integers divided by a power of ten.
///
/// Source of the idea: Afroozeh, Kuffó, Boncz, "ALP: Adaptive Lossless floating-Point Compression", 2023. Unlike there the value is
/// found again by one correctly rounded division, so that every decimal of up to 15 digits is exact.
enum Decimal {
    /// The largest exponent of ten.
    static let maximumExponent = 14

    static let powers: InlineArray<15, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
    ]

    /// `value · scale` as an integer, if dividing it by `scale` gives back exactly the bits of `value`.
    @inline(__always)
    static func integer(_ value: Double, scale: Double) -> Int64? {
        // Adding 1.5 · 2⁵² rounds to an integer for magnitudes below 2⁵¹, and leaves it in the low bits. NaN fails the comparison.
        let scaled = value * scale
        guard scaled.magnitude < 2_251_799_813_685_248 else { return nil }
        let shifted = scaled + 6_755_399_441_055_744
        guard ((shifted - 6_755_399_441_055_744) / scale).bitPattern == value.bitPattern else { return nil }
        return Int64(bitPattern: shifted.bitPattern &- 0x4338_0000_0000_0000)
    }

    /// The smallest exponent above another at which a value is an integer.
    static func smallestExponent(of value: Double, above exponent: Int) -> Int? {
        guard value.isFinite, value != 0 else { return nil }
        var candidate = exponent + 1
        while candidate <= maximumExponent {
            if integer(value, scale: powers[candidate]) != nil { return candidate }
            candidate += 1
        }
        return nil
    }
}
