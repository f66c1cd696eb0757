import ApusBytes

/// A timestamp in seconds, compared digit by digit where it is written plainly: floats would make neighbours equal.
struct ExactTime: Comparable {
    private let seconds: Double
    /// The digits before and after the point; `nil` where the number is negative or has an exponent.
    private let plain: (whole: Int64, fraction: Substring)?

    /// The time that `text` writes; `nil` when it is no number.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let seconds = NumberText.parseFloat(bytes.span) else { return nil }
        self.seconds = seconds
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var fraction = parts.count > 1 ? parts[1] : ""
        while fraction.last == "0" { fraction.removeLast() }
        guard !text.hasPrefix("-"), fraction.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            let whole = Int64(parts[0])
        else {
            plain = nil
            return
        }
        plain = (whole, fraction)
    }

    static func < (a: ExactTime, b: ExactTime) -> Bool {
        guard let first = a.plain, let second = b.plain else { return a.seconds < b.seconds }
        return first.whole != second.whole ? first.whole < second.whole : first.fraction < second.fraction
    }

    static func == (a: ExactTime, b: ExactTime) -> Bool { !(a < b) && !(b < a) }
}
