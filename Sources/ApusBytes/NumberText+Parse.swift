extension NumberText {
    /// Reads a whole run as a decimal float.
    ///
    /// Accepted: an optional sign, digits with an optional point, an optional exponent; `Inf`, `Infinity` and `NaN` in any
    /// case, with an optional sign for the infinities. Hexadecimal floats and underscores are not accepted, as the
    /// exposition formats forbid them.
    ///
    /// - Returns: the nearest double, or `nil` when the run is not a number or exceeds the range of a double.
    package static func parseFloat(_ text: Span<UInt8>) -> Double? {
        let count = text.count
        var index = 0
        var isNegative = false
        guard count > 0 else { return nil }
        if text[0] == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        } else if text[0] == UInt8(ascii: "+") {
            index = 1
        }
        var mantissa: UInt64 = 0
        var digitCount = 0
        var significantCount = 0
        var exponent = 0
        while index < count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            digitCount += 1
            if significantCount > 0 || digit != 0 { significantCount += 1 }
            if significantCount <= 19 { mantissa = mantissa &* 10 &+ UInt64(digit) }
            index += 1
        }
        if index < count, text[index] == UInt8(ascii: ".") {
            index += 1
            while index < count {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                digitCount += 1
                if significantCount > 0 || digit != 0 { significantCount += 1 }
                if significantCount <= 19 {
                    mantissa = mantissa &* 10 &+ UInt64(digit)
                    exponent -= 1
                }
                index += 1
            }
        }
        guard digitCount > 0 else { return parseNonFinite(text) }
        if index < count, text[index] | 0x20 == UInt8(ascii: "e") {
            guard let written = parseExponent(text, from: index + 1) else { return nil }
            exponent += written
            index = count
        }
        guard index == count else { return nil }
        // Exact when both fit a double without rounding: one correctly rounded operation follows.
        // Source: W. D. Clinger, "How to read floating point numbers accurately", 1990.
        if significantCount <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let magnitude =
                exponent < 0
                ? Double(mantissa) / powersOfTen[-exponent]
                : Double(mantissa) * powersOfTen[exponent]
            return isNegative ? -magnitude : magnitude
        }
        if significantCount <= 19, let magnitude = nearestDouble(mantissa, timesTenTo: exponent) {
            return isNegative ? -magnitude : magnitude
        }
        return parseSlowly(text)
    }

    /// Reads a whole run as a decimal integer with an optional sign; `nil` when it is not one or does not fit.
    package static func parseInteger(_ text: Span<UInt8>) -> Int64? {
        var index = 0
        var isNegative = false
        guard text.count > 0 else { return nil }
        if text[0] == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        } else if text[0] == UInt8(ascii: "+") {
            index = 1
        }
        guard index < text.count else { return nil }
        var magnitude: UInt64 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (scaled, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carried) = scaled.addingReportingOverflow(UInt64(digit))
            if overflowed || carried { return nil }
            magnitude = sum
            index += 1
        }
        if isNegative {
            return magnitude <= UInt64(1) << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    private static let powersOfTen: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    private static func parseExponent(_ text: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        guard index < text.count else { return nil }
        if text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            // Beyond this every result is zero or out of range anyway; the bound only prevents overflow.
            value = min(value * 10 + Int(digit), 1_000_000)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// The standard library's correctly rounded reader, for the few values that the exact path cannot take.
    private static func parseSlowly(_ text: Span<UInt8>) -> Double? {
        let string = unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        guard let value = Double(string), value.isFinite else { return nil }
        return value
    }

    private static func parseNonFinite(_ text: Span<UInt8>) -> Double? {
        var start = 0
        var sign = 0.0
        if text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
            sign = text[0] == UInt8(ascii: "-") ? -1 : 1
            start = 1
        }
        if matches(text, from: start, "inf") || matches(text, from: start, "infinity") {
            return sign < 0 ? -.infinity : .infinity
        }
        return sign == 0 && matches(text, from: start, "nan") ? .nan : nil
    }

    private static func matches(_ text: Span<UInt8>, from start: Int, _ lowercase: StaticString) -> Bool {
        guard text.count - start == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { word in
            for index in 0..<word.count where text[start + index] | 0x20 != (unsafe word[index]) { return false }
            return true
        }
    }
}
