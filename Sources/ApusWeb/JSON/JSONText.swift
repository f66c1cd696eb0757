import ApusBytes
import ApusModel

/// Parts of JSON texts, appended as bytes.
///
/// Large answers are written with these, never through `String` or `Codable`.
enum JSONText {
    /// Appends a string in quotes; `escapesMarkup` also escapes `<`, `>` and `&`, as the peers do outside label sets.
    ///
    /// The bytes are taken for UTF-8; what is not becomes U+FFFD.
    static func append(_ text: Span<UInt8>, escapesMarkup: Bool = false, to bytes: inout [UInt8]) {
        guard text.isPlainInJSON else {
            appendSlowly(text, escapesMarkup: escapesMarkup, to: &bytes)
            return
        }
        bytes.append(quote)
        unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(quote)
    }

    /// Appends a string in quotes.
    static func append(_ text: String, escapesMarkup: Bool = true, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { append(unsafe $0.span, escapesMarkup: escapesMarkup, to: &bytes) }
    }

    /// Appends bytes that are JSON already.
    static func append(literal: StaticString, to bytes: inout [UInt8]) {
        literal.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends a label set as an object.
    static func append(_ labels: LabelSet, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var cursor = LabelCursor(labels.run.span)
        var isFirst = true
        while cursor.advance() {
            if !isFirst { bytes.append(comma) }
            isFirst = false
            append(cursor.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(cursor.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends an array of strings.
    static func append(_ texts: some Sequence<String>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for text in texts {
            if !isFirst { bytes.append(comma) }
            isFirst = false
            append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Appends a sample value: a number in quotes, because JSON has no infinities.
    static func append(sampleValue value: Double, to bytes: inout [UInt8]) {
        bytes.append(quote)
        NumberText.append(value, .json, to: &bytes)
        bytes.append(quote)
    }

    /// Appends milliseconds as seconds: whole, or with exactly three decimals, as the peers write samples' timestamps.
    static func append(timestamp: Int64, to bytes: inout [UInt8]) {
        if timestamp < 0 { bytes.append(UInt8(ascii: "-")) }
        let (seconds, milliseconds) = timestamp.magnitude.quotientAndRemainder(dividingBy: 1_000)
        NumberText.appendDecimal(seconds, to: &bytes)
        guard milliseconds != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(truncatingIfNeeded: milliseconds / 100) &+ zero)
        bytes.append(UInt8(truncatingIfNeeded: milliseconds / 10 % 10) &+ zero)
        bytes.append(UInt8(truncatingIfNeeded: milliseconds % 10) &+ zero)
    }

    /// Appends milliseconds as seconds with as few decimals as needed, as the peers write the time of scalars and strings.
    static func append(shortTimestamp timestamp: Int64, to bytes: inout [UInt8]) {
        append(number: Double(timestamp) / 1_000, to: &bytes)
    }

    /// Appends an integer.
    static func append(integer: Int, to bytes: inout [UInt8]) {
        NumberText.appendDecimal(Int64(integer), to: &bytes)
    }

    /// Appends a number; what JSON cannot write becomes 0.
    static func append(number: Double, to bytes: inout [UInt8]) {
        NumberText.append(number.isFinite ? number : 0, .json, to: &bytes)
    }

    // MARK: - Escaping

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let zero = UInt8(ascii: "0")
    private static let hexDigits: InlineArray<16, UInt8> = [
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102,
    ]

    private static func appendSlowly(_ text: Span<UInt8>, escapesMarkup: Bool, to bytes: inout [UInt8]) {
        bytes.append(quote)
        // Going through String repairs what is not UTF-8; such texts are rare and short.
        let repaired = (try? UTF8Span(validating: text)) == nil ? Array(String(copying: text).utf8) : nil
        if let repaired {
            appendEscaped(repaired.span, escapesMarkup: escapesMarkup, to: &bytes)
        } else {
            appendEscaped(text, escapesMarkup: escapesMarkup, to: &bytes)
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
