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
        JSONString.append(text, escapesMarkup: escapesMarkup, to: &bytes)
    }

    /// Appends a string in quotes, with markup escaped.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        JSONString.append(text, escapesMarkup: true, to: &bytes)
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
        append(array: texts, to: &bytes) { append($0, to: &$1) }
    }

    /// Appends an array of what `appendElement` makes of each element.
    static func append<Element>(
        array elements: some Sequence<Element>, to bytes: inout [UInt8],
        _ appendElement: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(comma) }
            isFirst = false
            appendElement(element, &bytes)
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

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let zero = UInt8(ascii: "0")
}
