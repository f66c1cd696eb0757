/// The name of a block's folder, in the form of a ULID: 48 bits of milliseconds, 80 random bits, Crockford's base 32.
///
/// Names sort by the time at which the blocks were made.
enum BlockIdentifier {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    static let length = 26

    /// A new name.
    static func make(milliseconds: Int64, using generator: inout some RandomNumberGenerator) -> String {
        var text: [UInt8] = []
        let time = UInt64(clamping: milliseconds) & 0xFFFF_FFFF_FFFF
        for shift in stride(from: 45, through: 0, by: -5) {
            text.append(alphabet[Int(truncatingIfNeeded: time >> UInt64(shift)) & 31])
        }
        for _ in 0..<16 { text.append(alphabet[Int.random(in: 0..<32, using: &generator)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a folder's name is that of a block.
    static func isValid(_ name: String) -> Bool {
        name.utf8.count == length && name.utf8.allSatisfy { alphabet.contains($0) }
    }
}
