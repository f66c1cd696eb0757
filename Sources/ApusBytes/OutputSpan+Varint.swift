extension OutputSpan<UInt8> {
    /// Appends an unsigned LEB128 varint (1 to 10 bytes), for which there must be room.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
