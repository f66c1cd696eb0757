/// A moment in the proleptic Gregorian calendar, UTC.
///
/// Source of the conversions: H. Hinnant, "chrono-compatible low-level date algorithms" (public domain).
package struct CivilTime: Equatable, Sendable {
    /// The year, for example 2026.
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int
    /// 0 to 23.
    package var hour: Int
    /// 0 to 59.
    package var minute: Int
    /// 0 to 59.
    package var second: Int
    /// 0 to 999.
    package var millisecond: Int
    /// 0 is Sunday.
    package var weekday: Int

    /// The moment `milliseconds` after the epoch.
    package init(milliseconds: Int64) {
        let (days, timeOfDay) = Self.flooredDivision(milliseconds, 86_400_000)
        let shifted = days + 719_468
        let (era, dayOfEra) = Self.flooredDivision(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = Int(timeOfDay / 3_600_000)
        minute = Int(timeOfDay / 60_000 % 60)
        second = Int(timeOfDay / 1_000 % 60)
        millisecond = Int(timeOfDay % 1_000)
        weekday = Int(Self.flooredDivision(days + 4, 7).remainder)
    }

    /// The number of days in the month.
    package var daysInMonth: Int {
        switch month {
        case 2: Self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The day of the year, from 1.
    package var dayOfYear: Int {
        let firstDay = Self.daysFromEpoch(year: year, month: 1, day: 1)
        return Int(Self.daysFromEpoch(year: year, month: month, day: day) - firstDay) + 1
    }

    /// Days from 1970-01-01 to the given date, negative before.
    package static func daysFromEpoch(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let (era, yearOfEra) = flooredDivision(shiftedYear, 400)
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Whether the year has a 29 February.
    package static func isLeap(_ year: Int) -> Bool {
        (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
    }

    private static func flooredDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
