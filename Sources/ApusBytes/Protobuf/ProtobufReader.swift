/// Walks the fields of one protocol buffer message front to back.
///
/// Messages within are read by another reader over the same input and the range that `readRange` gives, so that nothing
/// recurses and offsets in errors count from the beginning of the input. Every access is checked; hostile input throws.
///
/// ```swift
/// var reader = ProtobufReader(bytes)
/// while let tag = try reader.readTag() {
///     switch tag.field {
///     case 1: name = try reader.readRange(tag)
///     case 2: value = try reader.readDouble(tag)
///     default: try reader.skip(tag)
///     }
/// }
/// ```
///
/// Source: protobuf.dev, "Encoding".
package struct ProtobufReader: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    /// Where the next byte is read; an index of the whole input.
    @usableFromInline package var offset: Int
    /// Where the message ends.
    @usableFromInline package let end: Int

    /// How deeply groups, which are only passed over, may be nested.
    private static let greatestGroupDepth = 64

    /// A reader of the message that all of `bytes` make.
    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    /// A reader of the message in a part of `bytes`; a range beyond them is cut off.
    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        self.bytes = bytes
        end = Swift.min(range.upperBound, bytes.count)
        offset = Swift.min(Swift.max(range.lowerBound, 0), end)
    }

    /// Whether everything was read.
    @inlinable
    package var isAtEnd: Bool { offset >= end }

    /// Reads the tag of the next field; `nil` at the end of the message.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readTag() throws(ProtobufError) -> ProtobufTag? {
        guard offset < end else { return nil }
        let start = offset
        let raw = try readVarint()
        guard raw >= 8, raw <= UInt64(UInt32.max), raw & 7 <= 5 else { throw .invalidTag(offset: start) }
        return ProtobufTag(rawValue: UInt32(truncatingIfNeeded: raw))
    }

    /// Reads a varint without a tag, as in packed fields.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readVarint() throws(ProtobufError) -> UInt64 {
        // Nearly all are of one byte. `offset < end <= bytes.count` holds at each unchecked load.
        if offset < end {
            let byte = unsafe bytes[unchecked: offset]
            if byte < 0x80 {
                offset &+= 1
                return UInt64(byte)
            }
        }
        return try readLongVarint()
    }

    @usableFromInline
    @_lifetime(self: copy self)
    mutating func readLongVarint() throws(ProtobufError) -> UInt64 {
        if end &- offset >= 8 {
            let raw = unsafe bytes.bytes
            let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            if let varint = VarintWord.read(word.littleEndian) {
                offset &+= varint.length
                return varint.value
            }
        }
        let start = offset
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = unsafe bytes[unchecked: offset]
            offset &+= 1
            if shift == 63 && byte > 1 { throw .varintTooLong(offset: start) }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift &+= 7
            if shift > 63 { throw .varintTooLong(offset: start) }
        }
        throw .truncated(offset: end)
    }

    /// Reads a zigzag varint without a tag, as in packed fields.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readZigZag() throws(ProtobufError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ (0 &- Int64(bitPattern: value & 1))
    }

    /// Reads eight little-endian bytes without a tag, as in packed fields.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readFixed64() throws(ProtobufError) -> UInt64 {
        guard end &- offset >= 8 else { throw .truncated(offset: end) }
        let raw = unsafe bytes.bytes
        let value = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        offset &+= 8
        return UInt64(littleEndian: value)
    }

    // MARK: - Values of a field whose tag was read

    /// Reads the value of an unsigned integer, an enumeration or a boolean.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readUnsigned(_ tag: ProtobufTag) throws(ProtobufError) -> UInt64 {
        guard tag.rawValue & 7 == 0 else { throw wrongWireType(tag) }
        return try readVarint()
    }

    /// Reads the value of an `int32` or `int64`.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readSigned(_ tag: ProtobufTag) throws(ProtobufError) -> Int64 {
        Int64(bitPattern: try readUnsigned(tag))
    }

    /// Reads the value of a `sint32` or `sint64`.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readZigZag(_ tag: ProtobufTag) throws(ProtobufError) -> Int64 {
        guard tag.rawValue & 7 == 0 else { throw wrongWireType(tag) }
        return try readZigZag()
    }

    /// Reads the value of a `double`, with all its bits.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readDouble(_ tag: ProtobufTag) throws(ProtobufError) -> Double {
        guard tag.rawValue & 7 == 1 else { throw wrongWireType(tag) }
        return Double(bitPattern: try readFixed64())
    }

    /// Passes over a text, a message or packed numbers; gives where in the input they lie.
    @inlinable
    @_lifetime(self: copy self)
    package mutating func readRange(_ tag: ProtobufTag) throws(ProtobufError) -> Range<Int> {
        guard tag.rawValue & 7 == 2 else { throw wrongWireType(tag) }
        let length = try readVarint()
        guard length <= UInt64(truncatingIfNeeded: end &- offset) else { throw .truncated(offset: end) }
        let start = offset
        offset &+= Int(truncatingIfNeeded: length)
        return start..<offset
    }

    /// Passes over a field of any kind.
    @_lifetime(self: copy self)
    package mutating func skip(_ tag: ProtobufTag) throws(ProtobufError) {
        guard tag.rawValue & 7 == 3 else { return try skipValue(tag) }
        // A group ends with a tag of its number; the numbers of the groups that are open.
        var open = [tag.field]
        while let field = open.last {
            let start = offset
            guard let inner = try readTag() else { throw .truncated(offset: end) }
            switch inner.rawValue & 7 {
            case 3:
                guard open.count < Self.greatestGroupDepth else { throw .unbalancedGroup(offset: start) }
                open.append(inner.field)
            case 4:
                guard inner.field == field else { throw .unbalancedGroup(offset: start) }
                open.removeLast()
            default: try skipValue(inner)
            }
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipValue(_ tag: ProtobufTag) throws(ProtobufError) {
        switch tag.rawValue & 7 {
        case 0: _ = try readVarint()
        case 1: try skipBytes(8)
        case 2: _ = try readRange(tag)
        case 5: try skipBytes(4)
        default: throw .unbalancedGroup(offset: offset)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipBytes(_ count: Int) throws(ProtobufError) {
        guard end - offset >= count else { throw .truncated(offset: end) }
        offset += count
    }

    @usableFromInline
    func wrongWireType(_ tag: ProtobufTag) -> ProtobufError {
        .wrongWireType(offset: offset, field: tag.field)
    }
}

// MARK: - Repeated numbers, packed or one by one

extension ProtobufReader {
    /// Appends the values of a repeated `double`, packed or a single one.
    @_lifetime(self: copy self)
    package mutating func readDoubles(_ tag: ProtobufTag, into values: inout [Double]) throws(ProtobufError) {
        guard tag.rawValue & 7 == 2 else { return values.append(try readDouble(tag)) }
        let range = try readRange(tag)
        guard range.count % 8 == 0 else { throw .truncated(offset: range.upperBound) }
        values.reserveCapacity(values.count + range.count / 8)
        var packed = ProtobufReader(bytes, in: range)
        while !packed.isAtEnd { values.append(Double(bitPattern: try packed.readFixed64())) }
    }

    /// Appends the values of a repeated `sint64`, packed or a single one.
    @_lifetime(self: copy self)
    package mutating func readZigZags(_ tag: ProtobufTag, into values: inout [Int64]) throws(ProtobufError) {
        guard tag.rawValue & 7 == 2 else { return values.append(try readZigZag(tag)) }
        var packed = ProtobufReader(bytes, in: try readRange(tag))
        while !packed.isAtEnd { values.append(try packed.readZigZag()) }
    }

    /// Appends the values of a repeated `uint32`, packed or a single one; bits beyond 32 are dropped, as the format says.
    @_lifetime(self: copy self)
    package mutating func readUnsigneds(_ tag: ProtobufTag, into values: inout [UInt32]) throws(ProtobufError) {
        guard tag.rawValue & 7 == 2 else {
            return values.append(UInt32(truncatingIfNeeded: try readUnsigned(tag)))
        }
        var packed = ProtobufReader(bytes, in: try readRange(tag))
        while !packed.isAtEnd { values.append(UInt32(truncatingIfNeeded: try packed.readVarint())) }
    }
}
