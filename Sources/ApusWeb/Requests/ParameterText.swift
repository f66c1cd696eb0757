import ApusBytes
import ApusModel

/// Times, durations and numbers as the parameters of the HTTP API spell them.
///
/// Source: Prometheus' HTTP API; errors are in its words.
enum ParameterText {
    /// The earliest and latest times, as Prometheus' own clients write them when they mean "all".
    private static let extremes: [String: Int64] = [
        "-292273086-05-16T16:47:06Z": TimestampText.validRange.lowerBound,
        "292277025-08-18T07:12:54.999999999Z": TimestampText.validRange.upperBound,
    ]

    /// The longest duration, in milliseconds: what Prometheus' nanoseconds hold.
    private static let maxDuration = Int64.max / 1_000_000

    /// Reads a time: RFC 3339, or seconds since the epoch with a fraction.
    ///
    /// - Returns: milliseconds.
    static func time(_ text: String) throws(ParameterTextError) -> Int64 {
        guard let time = extremes[text] ?? TimestampText.parse(text) else { throw .notATimestamp(text) }
        return time
    }

    /// Reads a duration: seconds with a fraction, or text such as `1h30m`.
    ///
    /// - Returns: milliseconds, a fraction of one cut off; negative or zero when the text says so.
    static func duration(_ text: String) throws(ParameterTextError) -> Int64 {
        var copy = text
        if let seconds = copy.withUTF8({ NumberText.parseFloat(unsafe $0.span) }) {
            if seconds.isNaN { throw .notADuration(text) }
            let milliseconds = seconds * 1_000
            guard milliseconds.magnitude <= Double(maxDuration) else { throw .durationOverflows(text) }
            // By way of nanoseconds, as Prometheus does: 16.115 s becomes 16114 ms there, and so do the steps of its answers.
            return Int64(seconds * 1e9) / 1_000_000
        }
        let milliseconds: Int64
        do {
            milliseconds = try DurationText.parse(text)
        } catch {
            throw error == .outOfRange ? .durationOverflows(text) : .notADuration(text)
        }
        guard milliseconds <= maxDuration else { throw .durationOverflows(text) }
        return milliseconds
    }

    /// Reads a whole number.
    static func integer(_ text: String) throws(ParameterTextError) -> Int {
        guard let value = Int(text) else {
            let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
            let isNumber =
                !digits.isEmpty && digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            throw isNumber ? .integerOverflows(text) : .notAnInteger(text)
        }
        return value
    }
}

/// Why the text of a parameter cannot be read.
enum ParameterTextError: Error, Equatable, Sendable, CustomStringConvertible {
    case notATimestamp(String)
    case notADuration(String)
    case durationOverflows(String)
    case notAnInteger(String)
    case integerOverflows(String)

    var description: String {
        switch self {
        case .notATimestamp(let text): "cannot parse \(QuotedText.quoted(text)) to a valid timestamp"
        case .notADuration(let text): "cannot parse \(QuotedText.quoted(text)) to a valid duration"
        case .durationOverflows(let text):
            "cannot parse \(QuotedText.quoted(text)) to a valid duration. It overflows int64"
        case .notAnInteger(let text): "strconv.Atoi: parsing \(QuotedText.quoted(text)): invalid syntax"
        case .integerOverflows(let text): "strconv.Atoi: parsing \(QuotedText.quoted(text)): value out of range"
        }
    }
}
