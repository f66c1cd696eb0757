/// Lengths of time as people say them.
enum TimeText {
    /// A length in milliseconds, rounded to its largest unit or two: `14 minutes`, `3 hours`, `2 days`.
    static func length(_ milliseconds: Int64) -> String {
        let units: [(name: String, length: Int64)] = [
            ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000),
        ]
        let length = max(0, milliseconds)
        for unit in units where length >= unit.length {
            // One and a half hours are 90 minutes rather than 2 hours.
            if length < unit.length * 3 / 2, length % unit.length != 0, unit.name != "second" { continue }
            let count = (length + unit.length / 2) / unit.length
            return count == 1 ? "1 \(unit.name)" : "\(count) \(unit.name)s"
        }
        return length == 1 ? "1 millisecond" : "\(length) milliseconds"
    }

    /// A length in milliseconds rounded up to what one would write: seconds below two minutes, minutes below two hours,
    /// hours.
    static func roundedWindow(_ milliseconds: Int64) -> Int64 {
        let unit: Int64 = milliseconds < 120_000 ? 1_000 : milliseconds < 7_200_000 ? 60_000 : 3_600_000
        return (max(1, milliseconds) + unit - 1) / unit * unit
    }
}
