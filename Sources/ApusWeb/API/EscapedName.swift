/// Names outside the classic rule as they are written in paths: `U__http_2e_status` for `http.status`.
///
/// Source: Prometheus, "value encoding" of UTF-8 names.
enum EscapedName {
    private static let prefix = "U__"

    /// The name that `text` stands for: decoded when it is escaped, otherwise `text` itself.
    static func unescaped(_ text: String) -> String {
        guard text.hasPrefix(prefix) else { return text }
        var result = ""
        var rest = text.utf8.dropFirst(prefix.utf8.count)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "_") else {
                result.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            if rest.first == byte {
                result.append("_")
                rest.removeFirst()
                continue
            }
            let digits = rest.prefix { $0 != UInt8(ascii: "_") }
            guard digits.count < rest.count, digits.count <= 6,
                let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { return text }
            result.unicodeScalars.append(scalar)
            rest = rest.dropFirst(digits.count + 1)
        }
        return result
    }
}
