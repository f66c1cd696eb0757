/// Float values with a meaning of their own.
package enum SpecialValue {
    /// The bits of the staleness marker: a NaN that says "this series ended here".
    ///
    /// Source: Prometheus `model/value`; the bits are part of the storage and remote formats.
    package static let staleMarkerBits: UInt64 = 0x7FF0_0000_0000_0002

    /// The bits of the ordinary NaN that Prometheus stores for a scraped `NaN`.
    package static let normalNaNBits: UInt64 = 0x7FF8_0000_0000_0001

    /// The staleness marker.
    package static let staleMarker = Double(bitPattern: staleMarkerBits)

    /// The ordinary NaN.
    package static let normalNaN = Double(bitPattern: normalNaNBits)

    /// Whether `value` is the staleness marker, which only its bits tell.
    @inlinable
    package static func isStaleMarker(_ value: Double) -> Bool {
        value.bitPattern == 0x7FF0_0000_0000_0002
    }
}
