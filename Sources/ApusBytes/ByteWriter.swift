/// Appends bytes, numbers and text to one growing buffer.
///
/// Integers of fixed width are little-endian. Lengths and other small integers go as LEB128 varints.
/// The buffer is an ordinary array and can be taken out, so that writers nest without copies.
package struct ByteWriter: Sendable {
    /// What was written so far.
    package var bytes: [UInt8]

    /// An empty writer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// The number of bytes written.
    package var count: Int { bytes.count }

    /// Appends one byte.
    package mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    /// Appends the bytes of an array.
    package mutating func append(_ more: [UInt8]) {
        bytes.append(contentsOf: more)
    }

    /// Appends the bytes of a span.
    package mutating func append(_ more: Span<UInt8>) {
        unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends the UTF-8 bytes of a string.
    package mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends the bytes of a literal, without making a `String`.
    package mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends an integer of fixed width, little-endian.
    package mutating func appendLittleEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends an unsigned LEB128 varint (1 to 10 bytes).
    package mutating func appendVarint(_ value: UInt64) {
        bytes.append(addingCapacity: 10) { $0.appendVarint(value) }
    }

    /// The number of bytes that `appendVarint` takes for `value`.
    package static func varintSize(_ value: UInt64) -> Int {
        max(1, (64 - value.leadingZeroBitCount + 6) / 7)
    }

    /// Appends a signed integer as a zigzag varint.
    package mutating func appendSignedVarint(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Appends the length of `content` as a varint, then its bytes.
    package mutating func appendLengthPrefixed(_ content: Span<UInt8>) {
        appendVarint(UInt64(content.count))
        append(content)
    }

    /// Appends an integer in decimal.
    package mutating func appendDecimal(_ value: Int64) {
        NumberText.appendDecimal(value, to: &bytes)
    }

    /// Appends a float in the given spelling.
    package mutating func appendFloat(_ value: Double, _ style: NumberText.FloatStyle) {
        NumberText.append(value, style, to: &bytes)
    }

    /// Overwrites four bytes at `offset` with a little-endian integer, to fill in a length or checksum kept open before.
    ///
    /// - Precondition: the four bytes were written before.
    package mutating func overwriteLittleEndian(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= bytes.count)
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }
}
