package import ApusBytes
package import ApusModel

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
    /// A scaled column has a power of two or a divisor beyond what is defined.
    case invalidScale(Int64)
    /// A bit is set beyond the end of a sparse run.
    case invalidBitmap
    /// An exception stands beyond the end of its run.
    case exceptionOutOfRange(position: UInt64, count: Int)
    /// An exclusive-or window does not fit 64 bits, or is used before one was written.
    case invalidWindow(sample: Int)
    /// Bytes are left after the column.
    case trailingBytes(Int)
    /// A histogram has more buckets, spans or bounds than `ColumnLimits` allows, or a chunk has in all.
    case histogramTooLarge(count: UInt64)
    /// The layout of a histogram contradicts itself.
    case invalidHistogram(HistogramError)
    /// A number stands for a schema or a hint that does not exist.
    case invalidHistogramField(Int64)
    /// A run of histograms has none, or more than are left.
    case runOutOfRange(UInt64)
}

/// Bounds that hold before anything is allocated.
package enum ColumnLimits {
    /// The most samples of one column.
    package static let maximumCount = 8_192
    /// The most buckets of one histogram, spans of one of its sides, and custom bounds.
    package static let maximumBuckets = 16_384
    /// The most populations of one column of histograms.
    package static let maximumPopulations = 1 << 22

    static func check(_ count: Int) throws(ColumnError) {
        guard count >= 1, count <= maximumCount else { throw .countOutOfRange(count) }
    }
}
