import ApusBytes

/// Timestamps as text: RFC 3339, or seconds since the epoch with a fraction.
///
/// Values are milliseconds since the epoch.
package enum TimestampText {
    /// The earliest and latest timestamps that any part of Apus accepts: the years −9999 to 9999, so that arithmetic on
    /// them cannot overflow.
    package static let validRange: ClosedRange<Int64> = -377_705_116_800_000...253_402_300_799_999

    /// Reads RFC 3339 (`2026-01-02T15:04:05.678Z`, any zone offset) or decimal seconds (`1767366245.678`).
    ///
    /// - Returns: `nil` when the text is neither, or lies outside `validRange`.
    package static func parse(_ text: String) -> Int64? {
        var text = text
        let seconds = text.withUTF8 { unsafe NumberText.parseFloat($0.span) }
        if let seconds {
            let milliseconds = (seconds * 1_000).rounded(.toNearestOrEven)
            guard milliseconds >= Double(validRange.lowerBound), milliseconds <= Double(validRange.upperBound) else {
                return nil
            }
            return Int64(milliseconds)
        }
        return parseRFC3339(Array(text.utf8))
    }

    /// Writes RFC 3339 in UTC with milliseconds when there are any: `2026-01-02T15:04:05.678Z`.
    package static func rfc3339(_ milliseconds: Int64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
        let clock = "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
        let fraction = time.millisecond == 0 ? "" : ".\(padded(time.millisecond, 3))"
        return "\(date)T\(clock)\(fraction)Z"
    }

    private static func parseRFC3339(_ bytes: [UInt8]) -> Int64? {
        func number(_ start: Int, _ length: Int) -> Int? {
            guard start + length <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[start..<(start + length)] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100
            let start = index
            while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
                fraction += Int64(bytes[index] - UInt8(ascii: "0")) * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        guard let zone = zoneOffset(bytes, from: index, number: number) else { return nil }
        let days = CivilTime.daysFromEpoch(year: year, month: month, day: day)
        let result =
            ((days * 24 + Int64(hour)) * 60 + Int64(minute) - zone) * 60_000 + Int64(second) * 1_000 + fraction
        guard validRange.contains(result), CivilTime(milliseconds: days * 86_400_000).day == day else { return nil }
        return result
    }

    /// The zone at the end of an RFC 3339 text, in minutes east of UTC.
    private static func zoneOffset(_ bytes: [UInt8], from index: Int, number: (Int, Int) -> Int?) -> Int64? {
        guard index < bytes.count else { return nil }
        if bytes[index] | 0x20 == UInt8(ascii: "z") { return index + 1 == bytes.count ? 0 : nil }
        guard bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-"), index + 6 == bytes.count,
            bytes[index + 3] == UInt8(ascii: ":"), let hours = number(index + 1, 2), let minutes = number(index + 4, 2),
            hours < 24, minutes < 60
        else { return nil }
        let offset = Int64(hours * 60 + minutes)
        return bytes[index] == UInt8(ascii: "-") ? -offset : offset
    }
}
