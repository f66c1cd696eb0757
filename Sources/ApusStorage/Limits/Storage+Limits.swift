package import ApusModel
import Synchronization

extension Storage {
    /// The limits on new series; a change counts at once.
    package var limits: SeriesLimits {
        get { appender.withLock { $0.limiter.limits } }
        set { appender.withLock { $0.limiter.limits = newValue } }
    }

    /// The limits that refused series since the store was opened, those that refused most first, at most `limit` of them.
    package func refusedSeries(limit: Int) -> [RefusedSeries] {
        let entries = appender.withLock { $0.limiter.table.entries }
        return Array(
            entries.sorted { ($1.count, $0.refusal.subject) < ($0.count, $1.refusal.subject) }.prefix(max(0, limit)))
    }

    /// Counts series that an import refused, as those that samples came for.
    func note(_ refused: [RefusedSeries]) {
        guard !refused.isEmpty else { return }
        let news = appender.withLock { appender in
            appender.limiter.note(refused)
            counters.note(appender)
            return appender.limiter.takeReport()
        }
        if let news { report(news) }
    }

    package func refusal(of reference: SeriesReference) -> SeriesRefusal? {
        guard let number = reference.refusalNumber else { return nil }
        return appender.withLock { $0.limiter.refusal(number) }
    }
}
