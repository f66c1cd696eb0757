import ApusBytes

/// Fixed-width integers in the order of Prometheus' files.
extension ByteReader {
    /// Reads a big-endian integer of fixed width.
    @_lifetime(self: copy self)
    mutating func readBigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
        _: Integer.Type = Integer.self
    ) throws(ByteError) -> Integer {
        try readLittleEndian(Integer.self).byteSwapped
    }
}

extension ByteWriter {
    /// Appends an integer of fixed width, big-endian.
    mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        appendLittleEndian(value.byteSwapped)
    }
}
