/// The content of string literals.
enum StringSyntax {
    /// Resolves the escapes of a literal in its quotes; raw strings have none.
    ///
    /// Source: the Go language's string literals, which PromQL takes over (for both kinds of quotes).
    /// - Throws: the reason, in Prometheus' words.
    static func unquote(_ literal: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
        guard let quote = literal.first, literal.count >= 2 else { return [] }
        let body = literal.dropFirst().dropLast()
        if quote == UInt8(ascii: "`") || !body.contains(UInt8(ascii: "\\")) { return Array(body) }
        var result: [UInt8] = []
        result.reserveCapacity(body.count)
        var index = body.startIndex
        while index < body.endIndex {
            let byte = body[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < body.endIndex else {
                result.append(byte)
                continue
            }
            let escape = body[index]
            index += 1
            switch escape {
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "v"): result.append(0x0B)
            case UInt8(ascii: "\\"), quote: result.append(escape)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                let code = try number(body, at: index - 1, digits: 3, radix: 8)
                guard code <= 255 else { throw Failure("escape sequence is an invalid Unicode code point") }
                result.append(UInt8(truncatingIfNeeded: code))
                index += 2
            case UInt8(ascii: "x"):
                result.append(UInt8(truncatingIfNeeded: try number(body, at: index, digits: 2, radix: 16)))
                index += 2
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let digits = escape == UInt8(ascii: "u") ? 4 : 8
                guard let scalar = Unicode.Scalar(try number(body, at: index, digits: digits, radix: 16)) else {
                    throw Failure("escape sequence is an invalid Unicode code point")
                }
                result.append(contentsOf: String(Character(scalar)).utf8)
                index += digits
            default:
                throw Failure("unknown escape sequence \(described(body[(index - 1)...]))")
            }
        }
        return result
    }

    /// Why a literal is not a text.
    struct Failure: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    private static func number(
        _ body: ArraySlice<UInt8>, at start: Int, digits: Int, radix: UInt32
    ) throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for index in start..<(start + digits) {
            guard index < body.endIndex else { throw Failure("escape sequence not terminated") }
            let byte = body[index]
            let digit: UInt32
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte - UInt8(ascii: "A")) + 10
            default: digit = radix
            }
            guard digit < radix else {
                throw Failure("illegal character \(described(body[index...])) in escape sequence")
            }
            // At most eight hexadecimal digits, which fit.
            value = value &* radix &+ digit
        }
        return value
    }

    /// The first character as Go's `%#U` writes it: `U+0071 'q'`.
    private static func described(_ bytes: ArraySlice<UInt8>) -> String {
        guard let scalar = String(decoding: bytes.prefix(4), as: UTF8.self).unicodeScalars.first else { return "" }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits) '\(scalar)'"
    }
}
