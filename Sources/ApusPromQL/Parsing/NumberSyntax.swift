import ApusBytes
import ApusModel

/// Numbers and durations as expressions write them.
enum NumberSyntax {
    /// Finds how far a number reaches: digits with underscores between them, a point, an exponent; or `0x` and digits.
    ///
    /// - Returns: the length up to the end, or up to where it breaks off, and whether it is a number.
    static func scanNumber(_ text: [UInt8], from start: Int) -> (length: Int, isNumber: Bool) {
        var index = start
        let isHexadecimal =
            byte(text, index) == UInt8(ascii: "0") && byte(text, index + 1).map { $0 | 0x20 } == UInt8(ascii: "x")
        if isHexadecimal { index += 2 }
        var hasPoint = false
        var hasExponent = false
        var previous: UInt8 = isHexadecimal ? UInt8(ascii: "0") : 0
        while let next = byte(text, index) {
            if isHexadecimal ? isHexadecimalDigit(next) : Lexer.isDigit(next) {
                index += 1
            } else if next == UInt8(ascii: "_") {
                index += 1
                // Only between digits.
                guard Lexer.isLetter(previous) || Lexer.isDigit(previous), previous != UInt8(ascii: "_"),
                    let after = byte(text, index), isHexadecimal ? isHexadecimalDigit(after) : Lexer.isDigit(after)
                else { return (index - start, false) }
            } else if next == UInt8(ascii: "."), !isHexadecimal {
                index += 1
                if hasPoint || hasExponent { return (index - start, false) }
                hasPoint = true
            } else if next | 0x20 == UInt8(ascii: "e"), !isHexadecimal, index > start {
                index += 1
                if hasExponent { return (index - start, false) }
                hasExponent = true
                if let sign = byte(text, index), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
                guard let after = byte(text, index), Lexer.isDigit(after) else { return (index - start, false) }
            } else {
                break
            }
            previous = next
        }
        if isHexadecimal, index == start + 2 { return (index - start, false) }
        guard let next = byte(text, index) else { return (index - start, true) }
        return (index - start, !Lexer.isLetter(next) && !Lexer.isDigit(next))
    }

    /// Finds how far the units and further numbers of a duration reach, after its first number.
    ///
    /// - Returns: the length up to the end, or up to where it breaks off, and whether it may be a duration.
    static func scanUnits(_ text: [UInt8], from start: Int) -> (length: Int, isDuration: Bool) {
        var index = start
        while true {
            guard let unit = byte(text, index), "smhdwy".utf8.contains(unit) else { return (index - start, false) }
            index += 1
            if byte(text, index) == UInt8(ascii: "s") { index += 1 }
            guard let next = byte(text, index) else { return (index - start, true) }
            if Lexer.isLetter(next) { return (index + 1 - start, false) }
            if !Lexer.isDigit(next) { return (index - start, true) }
            while let digit = byte(text, index), Lexer.isDigit(digit) { index += 1 }
        }
    }

    /// The value of a number that `scanNumber` found, or of `Inf` or `NaN`; `nil` when it exceeds a double.
    ///
    /// Integers with a leading zero are octal when they can be, as in Go and hence in Prometheus.
    static func value(of text: String) -> Double? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "_") }
        if digits.count > 2, digits[0] == UInt8(ascii: "0"), digits[1] | 0x20 == UInt8(ascii: "x") {
            return integer(digits[2...], radix: 16)
        }
        if digits.count > 1, digits[0] == UInt8(ascii: "0"), let value = integer(digits[1...], radix: 8) {
            return value
        }
        return NumberText.parseFloat(digits.span)
    }

    /// The longest duration, in milliseconds: what a count of nanoseconds in 64 bits holds, as in Prometheus.
    static let maximumMilliseconds: Int64 = 9_223_372_036_854

    /// The milliseconds of a number of seconds, cut off below a millisecond; `nil` when it is out of range.
    static func milliseconds(ofSeconds seconds: Double) -> Int64? {
        guard seconds.magnitude <= 9_223_372_036.854 else { return nil }
        return Int64((seconds * 1e9).rounded()) / 1_000_000
    }

    private static func integer(_ digits: some Collection<UInt8>, radix: Int64) -> Double? {
        var value: Int64 = 0
        for digit in digits {
            let number: Int64
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = Int64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = Int64(digit - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = Int64(digit - UInt8(ascii: "A")) + 10
            default: return nil
            }
            guard number < radix else { return nil }
            let (scaled, overflowed) = value.multipliedReportingOverflow(by: radix)
            let (sum, carried) = scaled.addingReportingOverflow(number)
            if overflowed || carried { return nil }
            value = sum
        }
        return Double(value)
    }

    private static func byte(_ text: [UInt8], _ index: Int) -> UInt8? {
        index < text.count ? text[index] : nil
    }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        Lexer.isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }
}
