/// Writes bits, the most significant of each byte first, and fills the last byte with zeros.
struct ChunkBitWriter {
    /// What was written, the last byte perhaps not full.
    private(set) var bytes: [UInt8] = []
    /// The bits of the last byte that are free.
    private var free: UInt64 = 0

    /// Appends the low `count` bits of `value`, 0 to 64.
    mutating func append(_ value: UInt64, count: Int) {
        var left = UInt64(count)
        while left > 0 {
            if free == 0 {
                bytes.append(0)
                free = 8
            }
            let taken = min(free, left)
            let part = (value >> (left - taken)) & ((1 << taken) - 1)
            bytes[bytes.count - 1] |= UInt8(truncatingIfNeeded: part << (free - taken))
            free -= taken
            left -= taken
        }
    }

    /// Appends one bit.
    mutating func append(_ bit: Bool) {
        append(bit ? 1 : 0, count: 1)
    }

    /// Appends the bits of a float.
    mutating func append(_ value: Double) {
        append(value.bitPattern, count: 64)
    }

    /// Appends a varint byte by byte.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(rest & 0x7F | 0x80, count: 8)
            rest >>= 7
        }
        append(rest, count: 8)
    }

    /// Appends a zigzag varint byte by byte.
    mutating func appendSignedVarint(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}
