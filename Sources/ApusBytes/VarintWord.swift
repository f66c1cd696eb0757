/// Reads varints eight bytes at a time.
package enum VarintWord {
    /// The varint at the low end of eight bytes, and how many of them it takes; `nil` when it is longer.
    @inline(__always)
    package static func read(_ word: UInt64) -> (value: UInt64, length: Int)? {
        let ends = ~word & 0x8080_8080_8080_8080
        guard ends != 0 else { return nil }
        // Everything up to the first byte without the continuation bit, seven bits of each; then pairs, fours and all
        // are joined.
        var bits = word & (ends ^ (ends &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
        bits = (bits & 0x007F_007F_007F_007F) | (bits & 0x7F00_7F00_7F00_7F00) >> 1
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x3FFF_0000_3FFF_0000) >> 2
        bits = (bits & 0x0000_0000_0FFF_FFFF) | (bits & 0x0FFF_FFFF_0000_0000) >> 4
        return (bits, ends.trailingZeroBitCount / 8 + 1)
    }
}
