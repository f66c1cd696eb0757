/// How the value of a field is written.
package enum ProtobufWireType: UInt8, Sendable {
    /// A varint: integers, booleans, enumerations; zigzag for `sint`.
    case varint = 0
    /// Eight bytes, little-endian: `double`, `fixed64`.
    case fixed64 = 1
    /// A length and that many bytes: text, bytes, messages, packed numbers.
    case lengthDelimited = 2
    /// The beginning of a group, which only old messages have.
    case groupStart = 3
    /// The end of a group.
    case groupEnd = 4
    /// Four bytes, little-endian.
    case fixed32 = 5
}

/// What stands before the value of a field: its number and its wire type.
@frozen
package struct ProtobufTag: Hashable, Sendable {
    /// The number shifted left by three bits, with the wire type below.
    package let rawValue: UInt32

    /// The tag with the given bits.
    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The tag of a field.
    package init(_ field: Int, _ wireType: ProtobufWireType) {
        rawValue = UInt32(truncatingIfNeeded: field) << 3 | UInt32(wireType.rawValue)
    }

    /// The number of the field.
    @inlinable
    package var field: Int { Int(rawValue >> 3) }
}
