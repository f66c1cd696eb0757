import ApusModel

/// What stands in a row where a series has no value.
///
/// A row holds one `Double` per step. Absence is the staleness marker's bit pattern: no series has a staleness marker as
/// value once it was selected, and arithmetic never yields these bits (they are a signalling NaN, results are quiet).
/// An ordinary NaN is a value.
enum Point {
    /// The absent value.
    static let absent = Double(bitPattern: SpecialValue.staleMarkerBits)

    /// Whether there is no value.
    @inline(__always)
    static func isAbsent(_ value: Double) -> Bool {
        value.bitPattern == 0x7FF0_0000_0000_0002
    }

    /// Whether there is a value.
    @inline(__always)
    static func isPresent(_ value: Double) -> Bool {
        value.bitPattern != 0x7FF0_0000_0000_0002
    }
}
