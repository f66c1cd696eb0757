/// Floats that are integers times one power of two: fixed point, so that differences are small where those of bits are not.
enum BinaryScale {
    /// The bits that an integer may have without its sign.
    private static let maximumBits = 62

    /// The exponent at which as many values as possible are integers; `nil` when none is a number other than zero.
    static func exponent(of values: Span<Double>) -> Int? {
        var least = Int.max
        var top = Int.min
        for index in 0..<values.count {
            let parts = Parts(values[index])
            if parts.mantissa == 0 { continue }
            least = min(least, parts.exponent &+ parts.mantissa.trailingZeroBitCount)
            top = max(top, parts.exponent &+ 64 &- parts.mantissa.leadingZeroBitCount)
        }
        return least <= top ? max(least, top - maximumBits) : nil
    }

    /// `value` divided by 2^`exponent`, if that is an integer of at most 62 bits; negative zero is none.
    @inline(__always)
    static func integer(_ value: Double, exponent: Int) -> Int64? {
        let parts = Parts(value)
        if parts.mantissa == 0 { return value.bitPattern == 0 ? 0 : nil }
        let shift = parts.exponent &- exponent
        var magnitude = parts.mantissa
        if shift >= 0 {
            guard shift &+ 64 &- magnitude.leadingZeroBitCount <= maximumBits else { return nil }
            magnitude &<<= UInt64(truncatingIfNeeded: shift)
        } else {
            guard magnitude.trailingZeroBitCount >= 0 &- shift else { return nil }
            magnitude &>>= UInt64(truncatingIfNeeded: 0 &- shift)
        }
        let integer = Int64(bitPattern: magnitude)
        return value.sign == .minus ? 0 &- integer : integer
    }

    /// 2^`exponent`, of those that are doubles: −1,074…1,023.
    static func power(_ exponent: Int) -> Double {
        exponent >= -1_022
            ? Double(bitPattern: UInt64(exponent + 1_023) << 52) : Double(bitPattern: 1 << UInt64(exponent + 1_074))
    }

    /// The exponents of `power`.
    static let exponents = -1_074...1_023

    /// A magnitude as mantissa · 2^exponent; the mantissa is 0 for what is no number.
    private struct Parts {
        var mantissa: UInt64
        var exponent: Int

        @inline(__always)
        init(_ value: Double) {
            let bits = value.bitPattern
            let biased = Int(truncatingIfNeeded: bits &>> 52) & 0x7FF
            let fraction = bits & 0xF_FFFF_FFFF_FFFF
            switch biased {
            case 0x7FF: mantissa = 0
            case 0: mantissa = fraction
            default: mantissa = fraction | 1 << 52
            }
            exponent = max(1, biased) &- 1_075
        }
    }
}
