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
        // Adding and subtracting 1.5 · 2⁵² rounds to an integer for magnitudes below 2⁵¹. NaN fails the comparison.
        let scaled = value * scale
        guard scaled.magnitude < 2_251_799_813_685_248 else { return nil }
        let rounded = (scaled + 6_755_399_441_055_744) - 6_755_399_441_055_744
        let integer = Int64(rounded)
        return (Double(integer) / scale).bitPattern == value.bitPattern ? integer : nil
    }

    /// The exponent at which most values are integers, or `nil` when too many are not decimals.
    static func exponent(of values: Span<Double>) -> Int? {
        var exponent = 0
        var failures = 0
        var successes = 0
        let allowed = max(2, values.count / 8)
        var previous: UInt64 = ~values[0].bitPattern
        for index in 0..<values.count {
            let value = values[index]
            if value.bitPattern == previous { continue }
            previous = value.bitPattern
            if integer(value, scale: powers[exponent]) != nil {
                successes += 1
                continue
            }
            if let larger = smallestExponent(of: value, above: exponent) {
                exponent = larger
                successes += 1
            } else {
                failures += 1
                if failures > allowed { return nil }
            }
        }
        return failures <= successes || failures <= 2 ? exponent : nil
    }

    private static func smallestExponent(of value: Double, above exponent: Int) -> Int? {
        guard value.isFinite, value != 0 else { return nil }
        var candidate = exponent + 1
        while candidate <= maximumExponent {
            if integer(value, scale: powers[candidate]) != nil { return candidate }
            candidate += 1
        }
        return nil
    }
}
