import ApusModel
import Synchronization

/// The `Date` header field, written once a second.
final class DateField: Sendable {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private let clock: any WallClock
    private let last = Mutex((second: Int64.min, text: ""))

    init(clock: any WallClock = SystemWallClock()) {
        self.clock = clock
    }

    /// The time now, as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    var text: String {
        let second = clock.now() / 1_000
        return last.withLock { last in
            if last.second != second { last = (second, Self.text(CivilTime(milliseconds: second * 1_000))) }
            return last.text
        }
    }

    private static func text(_ time: CivilTime) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        let day = "\(weekdays[time.weekday]), \(two(time.day)) \(months[time.month - 1]) \(time.year)"
        return "\(day) \(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
    }
}
