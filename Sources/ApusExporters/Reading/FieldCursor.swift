import ApusBytes

/// Goes through a text of lines and fields, front to back, as the kernel's files are written.
///
/// Fields are ranges of the text: nothing is copied unless a `String` is asked for.
struct FieldCursor: ~Escapable {
    private let text: Span<UInt8>
    /// Where the line after this one begins.
    private var nextStart = 0
    /// Where the next field of this line is looked for.
    private var position = 0
    private var lineEnd = 0

    /// A cursor before the first line.
    @_lifetime(copy text)
    init(_ text: Span<UInt8>) {
        self.text = text
    }

    /// Goes on to the next line; `false` at the end.
    @_lifetime(self: copy self)
    mutating func nextLine() -> Bool {
        guard nextStart < text.count else {
            position = text.count
            lineEnd = text.count
            return false
        }
        position = nextStart
        lineEnd = position
        while lineEnd < text.count, text[lineEnd] != UInt8(ascii: "\n") { lineEnd += 1 }
        nextStart = lineEnd + 1
        return true
    }

    /// The next field of the line; `nil` at its end.
    @_lifetime(self: copy self)
    mutating func nextField() -> Range<Int>? {
        while position < lineEnd, Self.isBlank(text[position]) { position += 1 }
        guard position < lineEnd else { return nil }
        let start = position
        while position < lineEnd, !Self.isBlank(text[position]) { position += 1 }
        return start..<position
    }

    /// The part of the line up to `separator`, without blanks around it, or `nil` where it does not occur; goes on
    /// behind it.
    @_lifetime(self: copy self)
    mutating func field(before separator: UInt8) -> Range<Int>? {
        var end = position
        while end < lineEnd, text[end] != separator { end += 1 }
        guard end < lineEnd else { return nil }
        defer { position = end + 1 }
        return trimmed(position..<end)
    }

    /// Passes over fields.
    @_lifetime(self: copy self)
    mutating func skipFields(_ count: Int) {
        for _ in 0..<count where nextField() == nil { return }
    }

    /// The next field as a whole number; `nil` where it is none, or none is left.
    @_lifetime(self: copy self)
    mutating func nextInteger() -> UInt64? {
        nextField().flatMap { integer($0) }
    }

    /// The next field as a number.
    @_lifetime(self: copy self)
    mutating func nextNumber() -> Double? {
        nextField().flatMap { number($0) }
    }

    /// A run of digits as a number; `nil` when there is something else in it, or the number is too large.
    func integer(_ range: Range<Int>, radix: UInt64 = 10) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var value: UInt64 = 0
        for index in range {
            let byte = text[index]
            var digit = UInt64(byte &- UInt8(ascii: "0"))
            if digit > 9 {
                let letter = UInt64((byte | 0x20) &- UInt8(ascii: "a"))
                digit = letter < 6 ? letter + 10 : .max
            }
            guard digit < radix else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: radix)
            let (sum, exceeds) = product.addingReportingOverflow(digit)
            if overflows || exceeds { return nil }
            value = sum
        }
        return value
    }

    /// A field as a number, with sign, point or exponent.
    func number(_ range: Range<Int>) -> Double? {
        if let integer = integer(range) { return Double(integer) }
        return NumberText.parseFloat(text.extracting(range))
    }

    /// Whether a field is a text.
    func isField(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        guard range.count == literal.utf8CodeUnitCount else { return false }
        return hasPrefix(range, literal)
    }

    /// Whether a field begins with a text.
    func hasPrefix(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        guard range.count >= literal.utf8CodeUnitCount else { return false }
        return literal.withUTF8Buffer { word in
            for index in 0..<word.count where text[range.lowerBound + index] != (unsafe word[index]) { return false }
            return true
        }
    }

    /// Whether a part of the text is the given bytes.
    func isEqual(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
        guard range.count == bytes.count else { return false }
        for (index, byte) in zip(range, bytes) where text[index] != byte { return false }
        return true
    }

    /// The bytes of a part of the text.
    func bytes(_ range: Range<Int>) -> [UInt8] { range.map { text[$0] } }

    /// Whether a field is a negative number.
    func isNegative(_ range: Range<Int>) -> Bool {
        !range.isEmpty && text[range.lowerBound] == UInt8(ascii: "-")
    }

    /// A field as text; what is no UTF-8 is replaced.
    func string(_ range: Range<Int>) -> String {
        let part = text.extracting(range)
        return unsafe part.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// What is left of the line, without blanks around it.
    func restOfLine() -> String { string(rangeOfRest) }

    /// Where what is left of the line stands, without blanks around it.
    var rangeOfRest: Range<Int> { trimmed(position..<lineEnd) }

    /// The byte at an offset of the text.
    func byte(at offset: Int) -> UInt8 { text[offset] }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, Self.isBlank(text[start]) { start += 1 }
        while end > start, Self.isBlank(text[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0
    }
}
