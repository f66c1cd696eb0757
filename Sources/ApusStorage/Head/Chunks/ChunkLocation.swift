/// Where a sealed chunk lies: a file of the head and an offset in it.
struct ChunkLocation: Equatable, Sendable {
    /// The file's number in the upper 24 bits, the offset in the lower 40; 0 for no chunk.
    let rawValue: UInt64

    /// No chunk.
    static let none = ChunkLocation(rawValue: 0)

    /// The location with a stored number.
    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// An offset in a file.
    init(file: UInt32, offset: Int) {
        rawValue = UInt64(file) << 40 | UInt64(truncatingIfNeeded: offset) & 0xFF_FFFF_FFFF
    }

    var file: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 40) }
    var offset: Int { Int(rawValue & 0xFF_FFFF_FFFF) }
}
