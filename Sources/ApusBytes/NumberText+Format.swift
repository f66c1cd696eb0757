extension NumberText {
    /// The significant digits of a finite float: `0.d₁d₂…dₙ × 10^pointPosition`, no trailing zeros.
    private struct Digits {
        var digits = InlineArray<24, UInt8>(repeating: 0)
        var count = 0
        var pointPosition = 0
    }

    /// Appends an integer in decimal.
    package static func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude, to: &bytes)
    }

    /// Appends an unsigned integer in decimal.
    package static func appendDecimal(_ value: UInt64, to bytes: inout [UInt8]) {
        appendDecimal(value, places: 0, to: &bytes)
    }

    /// Appends an unsigned integer in decimal, for which there are `longestDecimal` bytes of room.
    @inline(__always)
    package static func appendDecimal(_ value: UInt64, to output: inout OutputSpan<UInt8>) {
        append(value, places: 0, to: &output)
    }

    /// Appends `integer × 10^-places`, for which the capacity is looked at once.
    private static func appendDecimal(_ integer: UInt64, places: Int, to bytes: inout [UInt8]) {
        bytes.append(addingCapacity: longestDecimal) { append(integer, places: places, to: &$0) }
    }

    @inline(__always)
    private static func append(_ integer: UInt64, places: Int, to output: inout OutputSpan<UInt8>) {
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            var room = unsafe buffer.mutableSpan
            writeDecimal(integer, places: places, to: &room, at: &count)
        }
    }

    /// Appends `value` in the given spelling.
    package static func append(_ value: Double, _ style: FloatStyle, to bytes: inout [UInt8]) {
        guard value.isFinite else {
            appendNonFinite(value, to: &bytes)
            return
        }
        if value.sign == .minus { bytes.append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        // Most samples are integers that every style writes plainly.
        if magnitude < 1_000_000, magnitude == magnitude.rounded(.towardZero) {
            appendDecimal(UInt64(magnitude), to: &bytes)
            if case .openMetrics = style {
                bytes.append(UInt8(ascii: "."))
                bytes.append(UInt8(ascii: "0"))
            }
            return
        }
        // Nor do they write other numbers of this size otherwise.
        if magnitude < 1_000_000, magnitude >= 1e-3, let (integer, places) = decimal(of: magnitude) {
            appendDecimal(integer, places: places, to: &bytes)
            return
        }
        let digits = shortestDigits(magnitude)
        let exponent = digits.pointPosition - 1
        let isExponential =
            switch style {
            case .general, .openMetrics: exponent < -4 || exponent >= 6
            case .plain: exponent < -4 || exponent >= 21
            case .json: magnitude < 1e-6 || magnitude >= 1e21
            case .fixed: false
            }
        if isExponential {
            appendExponential(digits, to: &bytes)
        } else {
            appendPositional(digits, to: &bytes)
            if case .openMetrics = style, digits.pointPosition >= digits.count {
                bytes.append(UInt8(ascii: "."))
                bytes.append(UInt8(ascii: "0"))
            }
        }
    }

    private static func appendNonFinite(_ value: Double, to bytes: inout [UInt8]) {
        let text: StaticString = value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private static func appendExponential(_ digits: borrowing Digits, to bytes: inout [UInt8]) {
        bytes.append(digits.digits[0])
        if digits.count > 1 {
            bytes.append(UInt8(ascii: "."))
            for index in 1..<digits.count { bytes.append(digits.digits[index]) }
        }
        let exponent = digits.pointPosition - 1
        bytes.append(UInt8(ascii: "e"))
        bytes.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        if exponent.magnitude < 10 { bytes.append(UInt8(ascii: "0")) }
        appendDecimal(UInt64(exponent.magnitude), to: &bytes)
    }

    private static func appendPositional(_ digits: borrowing Digits, to bytes: inout [UInt8]) {
        if digits.pointPosition <= 0 {
            bytes.append(UInt8(ascii: "0"))
            bytes.append(UInt8(ascii: "."))
            for _ in 0..<(-digits.pointPosition) { bytes.append(UInt8(ascii: "0")) }
            for index in 0..<digits.count { bytes.append(digits.digits[index]) }
            return
        }
        for index in 0..<digits.pointPosition {
            bytes.append(index < digits.count ? digits.digits[index] : UInt8(ascii: "0"))
        }
        guard digits.count > digits.pointPosition else { return }
        bytes.append(UInt8(ascii: "."))
        for index in digits.pointPosition..<digits.count { bytes.append(digits.digits[index]) }
    }

    /// The shortest digits that read back as `magnitude` (finite, positive).
    private static func shortestDigits(_ magnitude: Double) -> Digits {
        if let (integer, places) = decimal(of: magnitude) { return digits(of: integer, decimalPlaces: places) }
        return digits(ofDescription: magnitude.description)
    }

    /// The shortest decimal that reads back as `magnitude`, as `integer × 10^-places`, without zeros at the end of a fraction.
    ///
    /// - Returns: `nil` for numbers that are rare among samples: below 10⁻³, from 10¹⁶ on, and some powers of two.
    @usableFromInline
    static func decimal(of magnitude: Double) -> (integer: UInt64, places: Int)? {
        // A decimal of at most 15 digits reads back from one double only, so when scaling by a small power of ten gives
        // an integer that divides back exactly, its digits are the shortest; this serves nearly all metrics.
        if magnitude < 1e15, magnitude == magnitude.rounded(.towardZero) { return (UInt64(magnitude), 0) }
        if magnitude < 1e10, magnitude >= 1e-3 {
            let scaled = (magnitude * 1e4).rounded(.toNearestOrEven)
            if scaled / 1e4 == magnitude {
                var integer = UInt64(scaled)
                var places = 4
                while places > 0 {
                    let (quotient, remainder) = integer.quotientAndRemainder(dividingBy: 10)
                    if remainder != 0 { break }
                    integer = quotient
                    places -= 1
                }
                return (integer, places)
            }
        }
        return shortestDecimal(magnitude)
    }

    private static func digits(of integer: UInt64, decimalPlaces: Int) -> Digits {
        var result = Digits()
        var reversed = InlineArray<20, UInt8>(repeating: 0)
        var length = 0
        var rest = integer
        while rest > 0 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            reversed[length] = UInt8(truncatingIfNeeded: remainder) + UInt8(ascii: "0")
            length += 1
            rest = quotient
        }
        for index in 0..<length { result.digits[index] = reversed[length - 1 - index] }
        result.count = length
        result.pointPosition = length - decimalPlaces
        while result.count > 1, result.digits[result.count - 1] == UInt8(ascii: "0") { result.count -= 1 }
        return result
    }

    /// Takes the digits from the standard library's shortest spelling, whose layout differs from the peers'.
    private static func digits(ofDescription description: String) -> Digits {
        var result = Digits()
        var pointPosition: Int?
        var exponent = 0
        var exponentIsNegative = false
        var isInExponent = false
        for byte in description.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                pointPosition = result.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                isInExponent = true
            case UInt8(ascii: "-"):
                exponentIsNegative = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if isInExponent {
                    exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
                } else if result.count < 24 {
                    result.digits[result.count] = byte
                    result.count += 1
                }
            default:
                break
            }
        }
        result.pointPosition = (pointPosition ?? result.count) + (exponentIsNegative ? -exponent : exponent)
        var leadingZeros = 0
        while leadingZeros < result.count - 1, result.digits[leadingZeros] == UInt8(ascii: "0") { leadingZeros += 1 }
        if leadingZeros > 0 {
            for index in leadingZeros..<result.count { result.digits[index - leadingZeros] = result.digits[index] }
            result.count -= leadingZeros
            result.pointPosition -= leadingZeros
        }
        while result.count > 1, result.digits[result.count - 1] == UInt8(ascii: "0") { result.count -= 1 }
        return result
    }
}
