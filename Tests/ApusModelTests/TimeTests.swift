import ApusModel
import ApusTestSupport
import Foundation
import Testing

@Suite("Durations and timestamps")
struct TimeTests {
    @Test(
        "durations read and print back",
        arguments: [
            ("0", 0, "0s"), ("15s", 15_000, "15s"), ("1h30m", 5_400_000, "1h30m"), ("250ms", 250, "250ms"),
            ("1m", 60_000, "1m"),
            ("90d", 7_776_000_000, "90d"), ("2w", 1_209_600_000, "2w"), ("1y", 31_536_000_000, "1y"),
            ("1d12h", 129_600_000, "1d12h"),
            ("1500ms", 1_500, "1s500ms"), ("120s", 120_000, "2m"),
        ] as [(String, Int64, String)])
    func durations(text: String, milliseconds: Int64, printed: String) throws {
        #expect(try DurationText.parse(text) == milliseconds)
        #expect(DurationText.string(milliseconds) == printed)
    }

    @Test(
        "what is not a duration is refused",
        arguments: ["", "1", "s", "-1s", "1s1s", "1s1m", "1.5h", "1x", "1h ", "99999999999999999y", "1msm"])
    func refused(text: String) {
        #expect(throws: DurationError.self) { try DurationText.parse(text) }
    }

    @Test("civil time agrees with Foundation's calendar")
    func civil() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<5_000 {
            let milliseconds = Int64.random(in: -5_000_000_000_000...32_000_000_000_000, using: &generator)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear],
                from: Date(timeIntervalSince1970: Double(milliseconds / 1000)))
            guard milliseconds >= 0 else { continue }
            let time = CivilTime(milliseconds: milliseconds)
            #expect(time.year == parts.year && time.month == parts.month && time.day == parts.day)
            #expect(time.hour == parts.hour && time.minute == parts.minute && time.second == parts.second)
            #expect(time.weekday + 1 == parts.weekday && time.dayOfYear == parts.dayOfYear)
        }
    }

    @Test("timestamps read back what they print")
    func timestamps() {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<5_000 {
            let milliseconds = Int64.random(in: -60_000_000_000_000...200_000_000_000_000, using: &generator)
            #expect(TimestampText.parse(TimestampText.rfc3339(milliseconds)) == milliseconds)
        }
        #expect(TimestampText.parse("1767366245.678") == 1_767_366_245_678)
        #expect(TimestampText.parse("2026-01-02T15:04:05.678+01:00") == TimestampText.parse("2026-01-02T14:04:05.678Z"))
    }

    @Test(
        "what is not a timestamp is refused",
        arguments: [
            "", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
            "NaN", "Inf", "1e300", "2026-01-01T00:00:00.Z",
        ])
    func refusedTimestamps(text: String) {
        #expect(TimestampText.parse(text) == nil)
    }
}
