/// Why bytes are not a protocol buffer message; the offsets count from the beginning of the whole input.
///
/// The texts begin as those of the peers' decoder.
package enum ProtobufError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The input, or the message around, ends within a field.
    case truncated(offset: Int)
    /// A varint is longer than ten bytes or does not fit 64 bits.
    case varintTooLong(offset: Int)
    /// A tag with field number 0, a number beyond 2²⁹−1 or an unknown wire type.
    case invalidTag(offset: Int)
    /// A known field with another wire type than its own.
    case wrongWireType(offset: Int, field: Int)
    /// A group that is not closed, closed twice, or nested deeper than groups may be.
    case unbalancedGroup(offset: Int)

    package var description: String {
        switch self {
        case .truncated(let offset): "proto: unexpected EOF at byte \(offset)"
        case .varintTooLong(let offset): "proto: integer overflow at byte \(offset)"
        case .invalidTag(let offset): "proto: illegal tag at byte \(offset)"
        case .wrongWireType(let offset, let field): "proto: wrong wireType for field \(field) at byte \(offset)"
        case .unbalancedGroup(let offset): "proto: unexpected end of group at byte \(offset)"
        }
    }
}
