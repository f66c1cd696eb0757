import ApusModel
import ArgumentParser

/// A time on the command line: RFC 3339, seconds since the epoch, `now`, or relative to now (`now-1h`, `-1h`).
struct TimeArgument: ExpressibleByArgument, Sendable {
    /// A time that is known, or a distance from the present.
    private enum Value: Sendable {
        case fixed(Int64)
        case relative(Int64)
    }

    private let value: Value

    /// So many milliseconds from now, negative for the past.
    init(fromNow milliseconds: Int64) {
        value = .relative(milliseconds)
    }

    init?(argument: String) {
        var rest = argument[...]
        if rest.hasPrefix("now") { rest = rest.dropFirst(3) }
        let isRelative = rest.startIndex != argument.startIndex || Self.isSignedDuration(rest)
        guard isRelative else {
            guard let time = TimestampText.parse(argument) else { return nil }
            value = .fixed(time)
            return
        }
        if rest.isEmpty {
            value = .relative(0)
            return
        }
        guard let sign = rest.first, sign == "-" || sign == "+",
            let distance = try? DurationText.parse(String(rest.dropFirst()))
        else { return nil }
        value = .relative(sign == "-" ? -distance : distance)
    }

    /// Whether a text is a sign and a duration; a number alone is a time in seconds.
    private static func isSignedDuration(_ text: Substring) -> Bool {
        guard let sign = text.first, sign == "-" || sign == "+" else { return false }
        return text.dropFirst().contains { $0.isLetter } && !text.contains(":")
    }

    /// The time in milliseconds since the epoch.
    func milliseconds(now: Int64) -> Int64 {
        switch value {
        case .fixed(let time): time
        case .relative(let distance): now &+ distance
        }
    }
}

extension Int64 {
    /// Milliseconds as seconds with three decimals, as the HTTP API takes them.
    var secondsText: String {
        let fraction = String(magnitude % 1_000)
        return
            "\(self < 0 ? "-" : "")\(magnitude / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
