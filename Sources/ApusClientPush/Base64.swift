/// Bytes as text of 64 characters.
///
/// Source: RFC 4648, sections 4 and 5.
enum Base64 {
    /// With the usual alphabet, filled up with `=`, as headers want it.
    static func text(_ bytes: [UInt8]) -> String {
        let text = encoded(bytes, lastCharacters: "+/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// With the alphabet for URLs, not filled up.
    static func url(_ bytes: [UInt8]) -> String {
        encoded(bytes, lastCharacters: "-_")
    }

    private static func encoded(_ bytes: [UInt8], lastCharacters: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + lastCharacters)
        var result = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for position in 0...group.count {
                result.append(alphabet[Int(bits >> UInt32(18 - 6 * position)) & 63])
            }
        }
        return result
    }
}
