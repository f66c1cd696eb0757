package import ApusModel

/// A limit that refused series, and how many.
package struct RefusedSeries: Sendable, Equatable {
    /// The limit.
    package var refusal: SeriesRefusal
    /// The new series that it refused since the store was opened; one that comes again counts again.
    package var count: Int
    /// When it refused the last, in milliseconds.
    package var lastTime: Int64
}

/// What was refused, by limit; bounded, as the names in it come from outside.
struct RefusalTable: Sendable {
    private struct Key: Hashable {
        var reason: SeriesRefusal.Reason
        var subject: String
    }

    /// Limits beyond so many are counted together, by reason.
    private static let maximumEntries = 1_000
    /// Longer names are cut.
    private static let maximumNameLength = 256
    /// What stands for the names beyond.
    private static let others = "(others)"
    /// Milliseconds between two reports.
    private static let reportInterval: Int64 = 30_000

    private(set) var entries: [RefusedSeries] = []
    /// How many series were refused for each reason, in the order of `allCases`.
    private(set) var countsByReason = [Int](repeating: 0, count: SeriesRefusal.Reason.allCases.count)
    private var numbers: [Key: UInt32] = [:]
    private var unreported: [UInt32: Int] = [:]
    private var lastReport: Int64?

    /// Counts refused series and gives the number of the limit.
    mutating func note(_ refusal: SeriesRefusal, count: Int = 1, now: Int64) -> UInt32 {
        var refusal = refusal
        if refusal.subject.utf8.count > Self.maximumNameLength {
            refusal.subject = String(refusal.subject.prefix(Self.maximumNameLength / 4)) + "…"
        }
        let key = Key(reason: refusal.reason, subject: refusal.subject)
        let number = numbers[key] ?? insert(key, &refusal, now: now)
        entries[Int(number)].refusal.limit = refusal.limit
        entries[Int(number)].count += count
        entries[Int(number)].lastTime = now
        unreported[number, default: 0] += count
        countsByReason[SeriesRefusal.Reason.allCases.firstIndex(of: refusal.reason) ?? 0] += count
        return number
    }

    private mutating func insert(_ key: Key, _ refusal: inout SeriesRefusal, now: Int64) -> UInt32 {
        var key = key
        if entries.count >= Self.maximumEntries {
            key.subject = Self.others
            refusal.subject = Self.others
            if let number = numbers[key] { return number }
        }
        let number = UInt32(entries.count)
        entries.append(RefusedSeries(refusal: refusal, count: 0, lastTime: now))
        numbers[key] = number
        return number
    }

    /// What the operator should be told of now: the series refused since the last report, and the limit that refused most of them.
    mutating func takeReport(now: Int64) -> StorageEvent? {
        guard !unreported.isEmpty else { return nil }
        // A clock that was set back must not silence the reports.
        if let lastReport, now >= lastReport, now - lastReport < Self.reportInterval { return nil }
        let total = unreported.values.reduce(0, +)
        let most = unreported.max { ($0.value, $1.key) < ($1.value, $0.key) }
        unreported.removeAll()
        lastReport = now
        guard let most else { return nil }
        return .seriesRefused(count: total, most: entries[Int(most.key)].refusal, countOfMost: most.value)
    }
}
