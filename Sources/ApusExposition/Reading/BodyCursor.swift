import ApusBytes
import Glibc

/// A place in a body; the only code of the reader that reads bytes without a bounds check of its own.
///
/// Every load is preceded by a comparison with the body's length.
struct BodyCursor: ~Escapable {
    let bytes: Span<UInt8>
    var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset >= bytes.count }

    /// Whether the bytes at the cursor are `text[start..<start + length]` and at least one more byte follows.
    @inline(__always)
    func isAt(_ text: Span<UInt8>, start: Int, length: Int) -> Bool {
        guard length < bytes.count &- offset, start &+ length <= text.count, start >= 0, length > 0 else {
            return false
        }
        let offset = offset
        return unsafe bytes.withUnsafeBufferPointer { body in
            unsafe text.withUnsafeBufferPointer { known in
                guard let body = body.baseAddress, let known = known.baseAddress else { return false }
                return unsafe memcmp(body + offset, known + start, length) == 0
            }
        }
    }

    /// The byte at `index`, which must lie in the body.
    @inline(__always)
    private func load(_ index: Int) -> UInt8 {
        unsafe bytes[unchecked: index]
    }

    /// Where the line that the cursor is on ends: at its newline, or at the end of the body.
    func lineEnd() -> Int {
        let offset = offset
        let count = bytes.count
        guard offset < count else { return count }
        return unsafe bytes.withUnsafeBytes { body in
            guard let start = body.baseAddress, let found = unsafe memchr(start + offset, 0x0A, count - offset) else {
                return count
            }
            return unsafe UnsafeRawPointer(found) - start
        }
    }

    /// Reads ` value` and the newline after it, from `start`, where a number has no more digits than a double holds.
    ///
    /// The usual sample ends so. Anything else, also what is wrong, is left to the general path.
    ///
    /// - Returns: The value and where the next line begins, or `nil`.
    @inline(__always)
    func plainValue(at start: Int) -> (value: Double, next: Int)? {
        let count = bytes.count
        var index = start
        guard index < count, load(index) == 0x20 else { return nil }
        index &+= 1
        guard index < count else { return nil }
        let isNegative = load(index) == UInt8(ascii: "-")
        if isNegative { index &+= 1 }
        var mantissa: UInt64 = 0
        let firstDigit = index
        while index < count {
            let digit = load(index) &- UInt8(ascii: "0")
            if digit > 9 { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            index &+= 1
        }
        var digits = index &- firstDigit
        var exponent = 0
        guard index < count else { return nil }
        var byte = load(index)
        if byte == UInt8(ascii: ".") {
            index &+= 1
            let firstDecimal = index
            while index < count {
                let digit = load(index) &- UInt8(ascii: "0")
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                index &+= 1
            }
            let decimals = index &- firstDecimal
            digits &+= decimals
            exponent = 0 &- decimals
            guard index < count else { return nil }
            byte = load(index)
        }
        // 19 digits always fit 64 bits.
        guard digits > 0, digits <= 19 else { return nil }
        if byte | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            guard index < count else { return nil }
            let sign = load(index)
            if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { index &+= 1 }
            let firstDigit = index
            var written = 0
            while index < count, index &- firstDigit < 4 {
                let digit = load(index) &- UInt8(ascii: "0")
                if digit > 9 { break }
                written = written &* 10 &+ Int(digit)
                index &+= 1
            }
            guard index > firstDigit, index < count else { return nil }
            exponent &+= sign == UInt8(ascii: "-") ? 0 &- written : written
            byte = load(index)
        }
        guard byte == 0x0A else { return nil }
        // Exact: both factors are doubles without rounding, so one correctly rounded operation gives the nearest double.
        var magnitude = Double(mantissa)
        if mantissa > 1 << 53 || exponent < -22 || exponent > 22 {
            guard let nearest = NumberText.nearestDouble(mantissa, timesTenTo: exponent) else { return nil }
            magnitude = nearest
        } else if exponent < 0 {
            magnitude /= PowersOfTen.table[0 &- exponent]
        } else if exponent > 0 {
            magnitude *= PowersOfTen.table[exponent]
        }
        return (isNegative ? -magnitude : magnitude, index &+ 1)
    }

    /// Where the text of the series that begins at `start` ends: after its closing brace, or after its name.
    ///
    /// Only finds the end; whether the text is valid is for `SeriesText` to say. `nil` when a quote or brace is not closed.
    func seriesEnd(from start: Int, lineEnd: Int, allowsBlanks: Bool) -> Int? {
        guard lineEnd <= bytes.count else { return nil }
        var index = start
        while index < lineEnd {
            let byte = load(index)
            if byte <= 0x20 || byte == UInt8(ascii: "{") { break }
            index &+= 1
        }
        let nameEnd = index
        if allowsBlanks {
            while index < lineEnd, Self.isBlank(load(index)) { index &+= 1 }
        }
        guard index < lineEnd, load(index) == UInt8(ascii: "{") else { return nameEnd }
        index &+= 1
        while index < lineEnd {
            let byte = load(index)
            index &+= 1
            if byte == UInt8(ascii: "}") { return index }
            guard byte == UInt8(ascii: "\"") else { continue }
            while true {
                guard index < lineEnd else { return nil }
                let quoted = load(index)
                index &+= 1
                if quoted == UInt8(ascii: "\"") { break }
                if quoted == UInt8(ascii: "\\") { index &+= 1 }
            }
        }
        return nil
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}

/// The powers of ten that a double holds without rounding.
enum PowersOfTen {
    static let table: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
