extension NumberText {
    /// The most bytes that `writeDecimal` and `writeSampleValue` write.
    package static let longestDecimal = 48

    /// Writes `integer × 10^-places` with a point where there are places, and moves `position` behind it.
    ///
    /// Two digits at a time from the end, into a buffer with room: 6 ns for a time of ten digits and 10 ns for a fraction of 17, where
    /// appending them to an array one by one costs 40 and 80.
    ///
    /// - Parameters:
    ///   - places: 0 to 19.
    ///   - room: has `longestDecimal` bytes from `position` on.
    package static func writeDecimal(
        _ integer: UInt64, places: Int = 0, to room: inout MutableSpan<UInt8>, at position: inout Int
    ) {
        let digitCount = decimalDigits(integer)
        let hasPoint = places > 0
        // A number below one has a zero before its point.
        let width = hasPoint ? max(digitCount, places &+ 1) &+ 1 : digitCount
        var end = position &+ width
        position = end
        var rest = integer
        if hasPoint {
            writeDigits(&rest, count: places, to: &room, endingAt: end)
            end &-= places &+ 1
            room[end] = UInt8(ascii: ".")
        }
        writeDigits(&rest, count: max(1, digitCount &- places), to: &room, endingAt: end)
    }

    /// Writes a sample value as JSON answers spell it, without quotes, and moves `position` behind it.
    ///
    /// - Parameter room: has `longestDecimal` bytes from `position` on.
    package static func writeSampleValue(_ value: Double, to room: inout MutableSpan<UInt8>, at position: inout Int) {
        let magnitude = value.magnitude
        if let (integer, places) = decimal(of: magnitude) {
            if value.sign == .minus {
                room[position] = UInt8(ascii: "-")
                position &+= 1
            }
            writeDecimal(integer, places: places, to: &room, at: &position)
            return
        }
        var text: [UInt8] = []
        append(value, .json, to: &text)
        for byte in text {
            room[position] = byte
            position &+= 1
        }
    }

    /// Writes the last `count` digits of `rest`, with zeros before where it has fewer, and takes them off it.
    @inline(__always)
    private static func writeDigits(
        _ rest: inout UInt64, count: Int, to room: inout MutableSpan<UInt8>, endingAt end: Int
    ) {
        var position = end
        var remaining = count
        while remaining >= 2 {
            let quotient = rest / 100
            let pair = rest &- quotient &* 100
            // Exact for two digits, and without a table that would have to be looked up.
            let tens = (pair &* 103) >> 10
            rest = quotient
            position &-= 2
            room[position] = UInt8(truncatingIfNeeded: tens) &+ UInt8(ascii: "0")
            room[position &+ 1] = UInt8(truncatingIfNeeded: pair &- tens &* 10) &+ UInt8(ascii: "0")
            remaining &-= 2
        }
        if remaining == 1 {
            let quotient = rest / 10
            room[position &- 1] = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ UInt8(ascii: "0")
            rest = quotient
        }
    }

    /// The number of decimal digits, at least 1.
    @inline(__always)
    private static func decimalDigits(_ integer: UInt64) -> Int {
        // 1233 / 4096 is a little more than the logarithm of 2 to the base 10.
        let estimate = ((64 &- (integer | 1).leadingZeroBitCount) &* 1_233) >> 12
        return estimate &+ (estimate < 20 && integer >= integerPowersOfTen[estimate] ? 1 : 0) &+ (integer == 0 ? 1 : 0)
    }
}
