extension OutputSpan<UInt8> {
    /// Appends bytes, for which there must be room.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func append(contentsOf bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity)
        unsafe withUnsafeMutableBufferPointer { room, count in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
                unsafe (target + count).update(from: source, count: bytes.count)
                count &+= bytes.count
            }
        }
    }

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
