/// Reads the bits of a chunk, the most significant of each byte first; every read is checked against the end.
struct ChunkBitReader: ~Escapable {
    private let bytes: RawSpan
    /// The bits that were read.
    private(set) var position = 0

    /// A reader at the first bit of `bytes`.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// How many bits are left.
    var remaining: Int { bytes.byteCount &* 8 &- position }

    /// Reads one bit.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func readBit() throws(ChunkError) -> Bool {
        guard remaining > 0 else { throw .truncated(bit: position) }
        let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position >> 3, as: UInt8.self)
        let bit = byte &>> UInt8(truncatingIfNeeded: 7 &- (position & 7)) & 1
        position &+= 1
        return bit == 1
    }

    /// Reads an unsigned number of 0 to 64 bits.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func readBits(_ count: Int) throws(ChunkError) -> UInt64 {
        guard count <= remaining else { throw .truncated(bit: position) }
        guard count > 0 else { return 0 }
        let byte = position >> 3
        let shift = UInt64(truncatingIfNeeded: position & 7)
        var word: UInt64
        var next: UInt64 = 0
        if byte &+ 9 <= bytes.byteCount {
            word = UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: byte, as: UInt64.self))
            next = UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: byte &+ 8, as: UInt8.self))
        } else {
            word = 0
            for index in 0..<min(8, bytes.byteCount &- byte) {
                let value = UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: byte &+ index, as: UInt8.self))
                word |= value << UInt64(56 - 8 * index)
            }
        }
        // Swift's shift by 64 gives 0, which is what no bits of the next byte are.
        let value = (word << shift) | (next >> (8 &- shift))
        position &+= count
        return value >> UInt64(truncatingIfNeeded: 64 &- count)
    }

    /// Reads a varint that lies in the bits byte by byte.
    @_lifetime(self: copy self)
    mutating func readVarint() throws(ChunkError) -> UInt64 {
        let start = position
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readBits(8)
            if shift == 63, byte > 1 { throw .invalidNumber(bit: start) }
            result |= (byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
            if shift > 63 { throw .invalidNumber(bit: start) }
        }
    }

    /// Reads a zigzag varint.
    @_lifetime(self: copy self)
    mutating func readSignedVarint() throws(ChunkError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads the bits of a float.
    @_lifetime(self: copy self)
    mutating func readDouble() throws(ChunkError) -> Double {
        Double(bitPattern: try readBits(64))
    }
}
