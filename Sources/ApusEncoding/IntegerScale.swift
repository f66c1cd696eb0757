/// What the integers of a column stand for.
enum IntegerScaling {
    /// Times a power of two.
    case binary(exponent: Int)
    /// Times `divisor`, which all had in common, and divided by 10^`exponent`.
    case decimal(divisor: Double, exponent: Int)
}

/// Turns the integers of a column into its values.
protocol IntegerScale {
    /// The value of an integer, which is given by the bits of an `Int64`.
    func value(_ integer: UInt64) -> Double
}

/// Integers of a magnitude below 2⁵¹ as they are.
struct WholeScale: IntegerScale {
    /// Two at a time, which conversions of the processor are not.
    ///
    /// Added to the bits of 1.5 · 2⁵², whose last bit stands for 1, it gives that number plus itself.
    @inline(__always)
    static func double(_ integer: UInt64) -> Double {
        Double(bitPattern: integer &+ 0x4338_0000_0000_0000) - 6_755_399_441_055_744
    }

    @inline(__always)
    func value(_ integer: UInt64) -> Double { Self.double(integer) }
}

/// Such integers times a divisor that all had, which is exact, then divided by a power of ten.
struct DecimalScale: IntegerScale {
    let divisor: Double
    let power: Double

    @inline(__always)
    func value(_ integer: UInt64) -> Double { WholeScale.double(integer) * divisor / power }
}

/// Integers of any magnitude times a number.
struct FactorScale: IntegerScale {
    let factor: Double

    @inline(__always)
    func value(_ integer: UInt64) -> Double { Double(Int64(bitPattern: integer)) * factor }
}

/// Such of a magnitude below 2⁵¹.
struct MultipleScale: IntegerScale {
    let factor: Double

    @inline(__always)
    func value(_ integer: UInt64) -> Double { WholeScale.double(integer) * factor }
}
