/// Why bytes could not be read as what they should be.
package enum ByteError: Error, Equatable, Sendable {
    /// The input ended: `needed` bytes were wanted at `offset`, `available` were left.
    case truncated(offset: Int, needed: Int, available: Int)
    /// A varint at `offset` is longer than ten bytes or does not fit 64 bits.
    case varintTooLong(offset: Int)
    /// A length at `offset` claims more than may be.
    case lengthOutOfRange(offset: Int, length: UInt64)
}

/// Reads binary input front to back; every access is checked and every failure says where.
///
/// The reader borrows its input and cannot outlive it. Integers of fixed width are little-endian.
package struct ByteReader: ~Escapable {
    /// Visible to code that is inlined into other modules: out of line, a call would cost more than most reads.
    @usableFromInline
    let input: RawSpan
    /// How many bytes were read.
    @usableFromInline
    package internal(set) var offset: Int

    /// A reader at the start of `input`.
    @inlinable
    @_lifetime(copy input)
    package init(_ input: RawSpan) {
        self.input = input
        offset = 0
    }

    /// A reader at the start of `input`.
    @_lifetime(copy input)
    package init(_ input: Span<UInt8>) {
        self.input = unsafe input.bytes
        offset = 0
    }

    /// How many bytes are left.
    @inlinable
    package var remaining: Int { input.byteCount - offset }

    /// Whether everything was read.
    @inlinable
    package var isAtEnd: Bool { offset == input.byteCount }

    @inlinable
    func demand(_ count: Int) throws(ByteError) {
        if count > remaining || count < 0 {
            throw .truncated(offset: offset, needed: count, available: remaining)
        }
    }

    /// Reads one byte.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func readByte() throws(ByteError) -> UInt8 {
        try demand(1)
        let value = unsafe input.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        offset += 1
        return value
    }

    /// Reads a little-endian integer of fixed width.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func readLittleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
        _: Integer.Type = Integer.self
    ) throws(ByteError) -> Integer {
        try demand(MemoryLayout<Integer>.size)
        let value = unsafe input.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Integer.self)
        offset += MemoryLayout<Integer>.size
        return Integer(littleEndian: value)
    }

    /// Reads an unsigned LEB128 varint.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func readVarint() throws(ByteError) -> UInt64 {
        // Most are lengths and differences below 128.
        if offset < input.byteCount {
            let byte = unsafe input.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if byte < 0x80 {
                offset &+= 1
                return UInt64(byte)
            }
        }
        return try readLongVarint()
    }

    /// Reads a varint of any length, if there are eight bytes at once.
    @usableFromInline
    @_lifetime(self: copy self)
    mutating func readLongVarint() throws(ByteError) -> UInt64 {
        if remaining >= 8 {
            let word = unsafe input.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            if let varint = VarintWord.read(word.littleEndian) {
                offset &+= varint.length
                return varint.value
            }
        }
        return try readVarintByBytes()
    }

    /// Reads a varint near the end of the input, or one of nine or ten bytes.
    @_lifetime(self: copy self)
    private mutating func readVarintByBytes() throws(ByteError) -> UInt64 {
        let start = offset
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            if shift == 63 && byte > 1 { throw .varintTooLong(offset: start) }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
            if shift > 63 { throw .varintTooLong(offset: start) }
        }
    }

    /// Passes over `count` varints, whose lengths are not checked.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func skipVarints(_ count: Int) throws(ByteError) {
        var left = count
        while left > 0 {
            if try readByte() < 0x80 { left &-= 1 }
        }
    }

    /// Reads a zigzag varint.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func readSignedVarint() throws(ByteError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads a varint that counts something of which at most `limit` may follow.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func readCount(limit: Int) throws(ByteError) -> Int {
        let start = offset
        let value = try readVarint()
        guard value <= UInt64(max(0, limit)) else { throw .lengthOutOfRange(offset: start, length: value) }
        return Int(value)
    }

    /// Reads `count` bytes as a view of the input.
    @_lifetime(copy self)
    @inlinable
    package mutating func readBytes(_ count: Int) throws(ByteError) -> RawSpan {
        try demand(count)
        let result = input.extracting(offset..<(offset + count))
        offset += count
        return result
    }

    /// Reads a varint length, then that many bytes as a view of the input.
    @_lifetime(copy self)
    @inlinable
    package mutating func readLengthPrefixed() throws(ByteError) -> RawSpan {
        try readBytes(try readCount(limit: remaining))
    }

    /// Passes over `count` bytes.
    @_lifetime(self: copy self)
    @inlinable
    package mutating func skip(_ count: Int) throws(ByteError) {
        try demand(count)
        offset += count
    }
}
