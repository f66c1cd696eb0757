/// Texts as JSON writes them, in quotes and with what JSON does not take as it is escaped.
package enum JSONString {
    /// Appends a text in quotes; `escapesMarkup` also escapes `<`, `>` and `&`, as the peers do outside label sets.
    ///
    /// The bytes are taken for UTF-8; what is not becomes U+FFFD.
    package static func append(_ text: Span<UInt8>, escapesMarkup: Bool = false, to bytes: inout [UInt8]) {
        guard text.isPlainInJSON else {
            appendSlowly(text, escapesMarkup: escapesMarkup, to: &bytes)
            return
        }
        bytes.append(quote)
        unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(quote)
    }

    /// Appends a text in quotes.
    package static func append(_ text: String, escapesMarkup: Bool = false, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { append(unsafe $0.span, escapesMarkup: escapesMarkup, to: &bytes) }
    }

    /// A text in quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let hexDigits: InlineArray<16, UInt8> = [
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102,
    ]

    private static func appendSlowly(_ text: Span<UInt8>, escapesMarkup: Bool, to bytes: inout [UInt8]) {
        bytes.append(quote)
        if (try? UTF8Span(validating: text)) != nil {
            appendEscaped(text, escapesMarkup: escapesMarkup, to: &bytes)
        } else {
            // Going through String repairs what is not UTF-8; such texts are rare and short.
            let repaired = unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            appendEscaped(repaired.utf8.span, escapesMarkup: escapesMarkup, to: &bytes)
        }
        bytes.append(quote)
    }

    private static func appendEscaped(_ text: Span<UInt8>, escapesMarkup: Bool, to bytes: inout [UInt8]) {
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case quote, UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): append(literal: "\\n", to: &bytes)
            case UInt8(ascii: "\r"): append(literal: "\\r", to: &bytes)
            case UInt8(ascii: "\t"): append(literal: "\\t", to: &bytes)
            case 0..<0x20: appendUnicodeEscape(byte, to: &bytes)
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                if escapesMarkup { appendUnicodeEscape(byte, to: &bytes) } else { bytes.append(byte) }
            default: bytes.append(byte)
            }
        }
    }

    private static func appendUnicodeEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        append(literal: "\\u00", to: &bytes)
        bytes.append(hexDigits[Int(byte >> 4)])
        bytes.append(hexDigits[Int(byte & 0xF)])
    }

    private static func append(literal: StaticString, to bytes: inout [UInt8]) {
        literal.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    /// Whether the text is ASCII that JSON and HTML take as it is: most label values are.
    fileprivate var isPlainInJSON: Bool {
        for index in indices {
            let byte = self[index]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
                byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "&")
            else { return false }
        }
        return true
    }
}
