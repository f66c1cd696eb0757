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
        // Most are tags and lengths of one byte.
        if value < 0x80 {
            writer.append(UInt8(truncatingIfNeeded: value))
        } else {
            writer.appendVarint(value)
        }
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
        appendVarint(UInt64(content.count))
        writer.append(content)
    }

    /// Appends a message of two texts, fields 1 and 2: an entry of a map, or a label.
    package mutating func appendEntry(_ field: Int, key: Span<UInt8>, value: Span<UInt8>) {
        let keyLength = UInt64(key.count)
        let valueLength = UInt64(value.count)
        let length = 2 + ByteWriter.varintSize(keyLength) + key.count + ByteWriter.varintSize(valueLength) + value.count
        if length < 0x80, field < 16 {
            // All tags and lengths have one byte: one look at the capacity for the whole entry.
            writer.bytes.append(addingCapacity: length + 2) { output in
                output.append(UInt8(truncatingIfNeeded: field << 3 | 2))
                output.append(UInt8(truncatingIfNeeded: length))
                output.append(1 << 3 | 2)
                output.append(UInt8(truncatingIfNeeded: key.count))
                output.append(contentsOf: key)
                output.append(2 << 3 | 2)
                output.append(UInt8(truncatingIfNeeded: value.count))
                output.append(contentsOf: value)
            }
            return
        }
        appendTag(field, .lengthDelimited)
        appendVarint(UInt64(length))
        appendBytes(1, key)
        appendBytes(2, value)
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
        let size = ByteWriter.varintSize(UInt64(length))
        if size > 1 { moveMessage(from: start + 1, by: size - 1) }
        var rest = length
        for index in start..<(start + size - 1) {
            writer.bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
        }
        writer.bytes[start + size - 1] = UInt8(truncatingIfNeeded: rest)
    }

    /// Makes room for more bytes of length before the message that begins at `start` and is the last.
    private mutating func moveMessage(from start: Int, by distance: Int) {
        let length = writer.count - start
        for _ in 0..<distance { writer.append(UInt8(0)) }
        unsafe writer.bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe (base + start + distance).update(from: base + start, count: length)
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
        if field < 16 {
            writer.append(UInt8(truncatingIfNeeded: field) << 3 | wireType.rawValue)
        } else {
            appendVarint(UInt64(ProtobufTag(field, wireType).rawValue))
        }
    }

    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }
}
