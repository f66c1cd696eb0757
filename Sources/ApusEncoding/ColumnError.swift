package import ApusBytes

/// Why bytes are not a column; source of the form: `docs/formats/columns.md`.
package enum ColumnError: Error, Equatable, Sendable {
    /// The bytes end early, or a number in them is too long.
    case malformed(ByteError)
    /// The number of samples is not in `1...ColumnLimits.maximumCount`.
    case countOutOfRange(Int)
    /// The column's kind is not one that this version knows.
    case unknownKind(UInt8)
    /// A packed run claims integers of more than 64 bits.
    case invalidWidth(UInt8)
    /// A decimal column has an exponent or mode beyond what is defined.
    case invalidDecimal(UInt8)
    /// An exception stands beyond the end of its run.
    case exceptionOutOfRange(position: UInt64, count: Int)
    /// An exclusive-or window does not fit 64 bits, or is used before one was written.
    case invalidWindow(sample: Int)
    /// Bytes are left after the column.
    case trailingBytes(Int)
}

/// Bounds that hold before anything is allocated.
package enum ColumnLimits {
    /// The most samples of one column.
    package static let maximumCount = 8_192

    static func check(_ count: Int) throws(ColumnError) {
        guard count >= 1, count <= maximumCount else { throw .countOutOfRange(count) }
    }
}
