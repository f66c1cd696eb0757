/// Takes an input apart: numbers first, the rest as bytes.
struct ByteInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next byte, 0 behind the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next two bytes as a number, the lower first.
    mutating func number() -> Int { Int(byte()) | Int(byte()) << 8 }

    /// So many bytes, or those that there are.
    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// What is left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// Pieces with two bytes of length before each, to the end.
    mutating func pieces() -> [[UInt8]] {
        var result: [[UInt8]] = []
        while !isAtEnd { result.append(bytes(number())) }
        return result
    }

    /// The form that `pieces` takes apart.
    static func joined(_ pieces: [[UInt8]]) -> [UInt8] {
        var result: [UInt8] = []
        for piece in pieces {
            let piece = piece.prefix(0xFFFF)
            result.append(UInt8(piece.count & 0xFF))
            result.append(UInt8(piece.count >> 8))
            result.append(contentsOf: piece)
        }
        return result
    }
}

/// Byte runs one behind the other: `+` many times over takes the compiler long.
func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }
