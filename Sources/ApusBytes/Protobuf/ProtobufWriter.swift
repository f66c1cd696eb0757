/// Writes protocol buffer messages into one growing buffer.
///
/// What a field's type leaves out when it is zero (`proto3`) is for the caller to leave out.
///
/// ```swift
/// var writer = ProtobufWriter()
/// writer.appendMessage(1) { label in
///     label.appendText(1, "job")
///     label.appendText(2, "node")
/// }
/// ```
package struct ProtobufWriter: Sendable {
    private var writer: ByteWriter

    /// An empty writer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        writer = ByteWriter(capacity: capacity)
    }

    /// What was written so far.
    package var bytes: [UInt8] { writer.bytes }

    /// Appends a varint without a tag, as in packed fields.
    package mutating func appendVarint(_ value: UInt64) {
        writer.appendVarint(value)
    }

    /// Appends an unsigned integer, an enumeration or a boolean.
    package mutating func appendUnsigned(_ field: Int, _ value: UInt64) {
        appendTag(field, .varint)
        appendVarint(value)
    }

    /// Appends an `int32` or `int64`.
    package mutating func appendSigned(_ field: Int, _ value: Int64) {
        appendUnsigned(field, UInt64(bitPattern: value))
    }

    /// Appends a `sint32` or `sint64`.
    package mutating func appendZigZag(_ field: Int, _ value: Int64) {
        appendUnsigned(field, Self.zigzag(value))
    }

    /// Appends a `double` with all its bits.
    package mutating func appendDouble(_ field: Int, _ value: Double) {
        appendTag(field, .fixed64)
        writer.appendLittleEndian(value.bitPattern)
    }

    /// Appends a text.
    package mutating func appendText(_ field: Int, _ text: String) {
        appendTag(field, .lengthDelimited)
        appendVarint(UInt64(text.utf8.count))
        writer.append(text)
    }

    /// Appends bytes, or the bytes of a text or of a message.
    package mutating func appendBytes(_ field: Int, _ content: Span<UInt8>) {
        appendTag(field, .lengthDelimited)
        writer.appendLengthPrefixed(content)
    }

    /// Appends a message whose fields `body` writes.
    package mutating func appendMessage(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        appendTag(field, .lengthDelimited)
        appendDelimited(body)
    }

    /// Appends the length of a message, then the fields that `body` writes; a delimited message has no tag.
    package mutating func appendDelimited(_ body: (inout ProtobufWriter) -> Void) {
        let start = writer.count
        // One byte is kept for the length; a longer one pushes the message along.
        writer.append(UInt8(0))
        body(&self)
        let length = writer.count - start - 1
        if length < 0x80 {
            writer.bytes[start] = UInt8(truncatingIfNeeded: length)
        } else {
            var prefix = ByteWriter()
            prefix.appendVarint(UInt64(length))
            writer.bytes.replaceSubrange(start...start, with: prefix.bytes)
        }
    }

    /// Appends packed `double`s.
    package mutating func appendDoubles(_ field: Int, _ values: [Double]) {
        appendTag(field, .lengthDelimited)
        appendVarint(UInt64(values.count * 8))
        for value in values { writer.appendLittleEndian(value.bitPattern) }
    }

    /// Appends packed `sint64`s.
    package mutating func appendZigZags(_ field: Int, _ values: [Int64]) {
        appendMessage(field) { packed in
            for value in values { packed.appendVarint(Self.zigzag(value)) }
        }
    }

    /// Appends packed `uint32`s.
    package mutating func appendUnsigneds(_ field: Int, _ values: [UInt32]) {
        appendMessage(field) { packed in
            for value in values { packed.appendVarint(UInt64(value)) }
        }
    }

    private mutating func appendTag(_ field: Int, _ wireType: ProtobufWireType) {
        appendVarint(UInt64(ProtobufTag(field, wireType).rawValue))
    }

    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }
}
