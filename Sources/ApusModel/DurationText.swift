/// Why a text is not a duration.
package enum DurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is empty.
    case empty
    /// The text is not numbers with units, each unit once, longest first.
    case malformed(String)
    /// The duration exceeds what milliseconds in 64 bits hold.
    case outOfRange

    package var description: String {
        switch self {
        case .empty: "empty duration string"
        case .malformed(let text): "not a valid duration string: \(QuotedText.quoted(text))"
        case .outOfRange: "duration out of range"
        }
    }
}

/// Durations as the peers write them (`1h30m`, `15s`, `250ms`, `0`), in milliseconds.
package enum DurationText {
    private static let units: [(text: String, milliseconds: Int64)] = [
        ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1_000), ("ms", 1),
    ]

    /// Reads a duration: whole numbers with the units y w d h m s ms, longest first and each at most once; or `0`.
    ///
    /// - Returns: milliseconds, never negative.
    package static func parse(_ text: some StringProtocol) throws(DurationError) -> Int64 {
        if text.isEmpty { throw .empty }
        if text == "0" { return 0 }
        var total: Int64 = 0
        var nextUnit = 0
        var rest = text.utf8[...]
        while !rest.isEmpty {
            var number: Int64 = 0
            var digitCount = 0
            while let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                let (scaled, overflowed) = number.multipliedReportingOverflow(by: 10)
                let (sum, carried) = scaled.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                if overflowed || carried { throw .outOfRange }
                number = sum
                digitCount += 1
                rest = rest.dropFirst()
            }
            let unitText = rest.prefix { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }
            guard digitCount > 0,
                let unit = units.indices.first(where: { $0 >= nextUnit && units[$0].text.utf8.elementsEqual(unitText) })
            else { throw .malformed(String(text)) }
            let (part, overflowed) = number.multipliedReportingOverflow(by: units[unit].milliseconds)
            let (sum, carried) = total.addingReportingOverflow(part)
            if overflowed || carried { throw .outOfRange }
            total = sum
            nextUnit = unit + 1
            rest = rest.dropFirst(unitText.count)
        }
        return total
    }

    /// Writes milliseconds the way Prometheus' configuration page does: `1h30m`, `15s`, `0s`.
    ///
    /// Weeks and years appear only when they divide the duration, so `90d` stays `90d` and `14d` becomes `2w`.
    package static func string(_ milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var result = milliseconds < 0 ? "-" : ""
        for unit in units {
            let size = UInt64(unit.milliseconds)
            let mustDivide = unit.text == "y" || unit.text == "w"
            if rest < size || (mustDivide && rest % size != 0) { continue }
            result += "\(rest / size)\(unit.text)"
            rest %= size
        }
        return result
    }
}
