/// The name of a block's folder, in the form of a ULID: 48 bits of milliseconds, 80 random bits, Crockford's base 32.
///
/// Names sort by the time at which the blocks were made.
package enum BlockIdentifier {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    static let length = 26

    /// A new name.
    package static func make(milliseconds: Int64, using generator: inout some RandomNumberGenerator) -> String {
        var text: [UInt8] = []
        let time = UInt64(clamping: milliseconds) & 0xFFFF_FFFF_FFFF
        for shift in stride(from: 45, through: 0, by: -5) {
            text.append(alphabet[Int(truncatingIfNeeded: time >> UInt64(shift)) & 31])
        }
        for _ in 0..<16 { text.append(alphabet[Int.random(in: 0..<32, using: &generator)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The milliseconds in a name, `nil` when it is not that of a block.
    static func milliseconds(of name: String) -> Int64? {
        guard isValid(name) else { return nil }
        var time: UInt64 = 0
        for character in name.utf8.prefix(10) {
            time = time << 5 | UInt64(alphabet.firstIndex(of: character) ?? 0)
        }
        return Int64(time & 0xFFFF_FFFF_FFFF)
    }

    /// Whether a folder's name is that of a block.
    package static func isValid(_ name: String) -> Bool {
        name.utf8.count == length && name.utf8.allSatisfy { alphabet.contains($0) }
    }
}
