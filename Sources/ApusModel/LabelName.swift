/// Rules for metric and label names.
///
/// Source: the Prometheus data model. Any non-empty UTF-8 text is a valid name; the legacy rule says which names may be
/// written without quotes.
package enum LabelName {
    /// Whether `name` matches `[a-zA-Z_][a-zA-Z0-9_]*`.
    package static func isLegacyLabelName(_ name: String) -> Bool {
        isIdentifier(name, allowsColon: false)
    }

    /// Whether `name` matches `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    package static func isLegacyMetricName(_ name: String) -> Bool {
        isIdentifier(name, allowsColon: true)
    }

    private static func isIdentifier(_ name: String, allowsColon: Bool) -> Bool {
        // Over the bytes themselves: going through the characters of a text costs ten times as much.
        let text = name.utf8
        let bytes = text.span
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let isLetter = (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            let isOther = byte == UInt8(ascii: "_") || (allowsColon && byte == UInt8(ascii: ":"))
            guard isLetter || isOther || (isDigit && index > 0) else { return false }
        }
        return bytes.count > 0
    }
}
