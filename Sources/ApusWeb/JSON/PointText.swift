import ApusBytes

/// Samples of a series as JSON: the innermost loop of large answers.
///
/// Points are written by position into a scratch buffer and appended as one block; appending byte by byte to an array
/// costs several times as much.
enum PointText {
    /// More than the longest point has: 24 bytes of timestamp, 25 of value, 6 around them.
    private static let maxPointBytes = 64

    /// Integers below are written digit by digit; all of them are exact, and JSON spells them without exponent.
    private static let maxInteger = 1e15

    /// Appends `[TIMESTAMP,"VALUE"]` for each sample, with commas between them.
    ///
    /// - Parameters:
    ///   - timestamps: milliseconds since the epoch.
    ///   - values: one per timestamp.
    ///   - isFirst: whether no comma goes before the first.
    static func append(
        _ timestamps: Span<Int64>,
        _ values: Span<Double>,
        isFirst: Bool,
        to bytes: inout [UInt8]
    ) {
        var scratch = [UInt8](repeating: 0, count: timestamps.count * maxPointBytes)
        var fraction: [UInt8] = []
        var end = 0
        var room = scratch.mutableSpan
        for index in timestamps.indices {
            if index > 0 || !isFirst { put(UInt8(ascii: ","), &room, &end) }
            put(UInt8(ascii: "["), &room, &end)
            putTimestamp(timestamps[index], &room, &end)
            put(UInt8(ascii: ","), &room, &end)
            put(UInt8(ascii: "\""), &room, &end)
            let value = values[index]
            if value.magnitude < maxInteger, value == value.rounded(.towardZero), value != 0 || value.sign == .plus {
                if value < 0 { put(UInt8(ascii: "-"), &room, &end) }
                putDecimal(UInt64(value.magnitude), &room, &end)
            } else {
                fraction.removeAll(keepingCapacity: true)
                NumberText.append(value, .json, to: &fraction)
                for byte in fraction { put(byte, &room, &end) }
            }
            put(UInt8(ascii: "\""), &room, &end)
            put(UInt8(ascii: "]"), &room, &end)
        }
        bytes.append(contentsOf: scratch[..<end])
    }

    @inline(__always)
    private static func put(_ byte: UInt8, _ room: inout MutableSpan<UInt8>, _ end: inout Int) {
        room[end] = byte
        end &+= 1
    }

    @inline(__always)
    private static func putTimestamp(_ timestamp: Int64, _ room: inout MutableSpan<UInt8>, _ end: inout Int) {
        if timestamp < 0 { put(UInt8(ascii: "-"), &room, &end) }
        let (seconds, milliseconds) = timestamp.magnitude.quotientAndRemainder(dividingBy: 1_000)
        putDecimal(seconds, &room, &end)
        guard milliseconds != 0 else { return }
        put(UInt8(ascii: "."), &room, &end)
        put(digit(milliseconds / 100), &room, &end)
        put(digit(milliseconds / 10 % 10), &room, &end)
        put(digit(milliseconds % 10), &room, &end)
    }

    @inline(__always)
    private static func putDecimal(_ value: UInt64, _ room: inout MutableSpan<UInt8>, _ end: inout Int) {
        var width = 1
        var limit: UInt64 = 10
        // Twenty digits are the most; their limit would not fit, so it is not looked at.
        while width < 20, value >= limit {
            width &+= 1
            limit = limit &* 10
        }
        var rest = value
        var position = end &+ width
        while rest >= 10 {
            let quotient = rest / 10
            position &-= 1
            room[position] = digit(rest &- quotient &* 10)
            rest = quotient
        }
        room[position &- 1] = digit(rest)
        end &+= width
    }

    @inline(__always)
    private static func digit(_ value: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: value) &+ UInt8(ascii: "0")
    }
}
