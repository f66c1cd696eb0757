import ApusModel
import ApusRegex

/// Decides which new series are made.
///
/// What is there is counted by the index as it is; only the series of selectors have counts of their own, which are found anew after
/// series have left the head.
struct SeriesLimiter: Sendable {
    /// New series that were accepted and are not in the index: those of one call, or of an import.
    struct Accepted: Sendable {
        fileprivate var count = 0
        fileprivate var byMetric: [String: Int] = [:]
        /// Values that labels do not have yet.
        fileprivate var values: [String: Set<String>] = [:]
    }

    /// The limits; a change counts for series that are not there yet.
    var limits: SeriesLimits {
        didSet { selectorCounts = nil }
    }
    /// The most series of all, whatever `limits` says.
    private let maximumSeries: Int
    private let clock: any WallClock
    private var selectorCounts: [Int]?
    private(set) var table = RefusalTable()

    /// A limiter of a head that takes `maximumSeries` at most.
    init(_ limits: SeriesLimits, maximumSeries: Int, clock: any WallClock) {
        self.limits = limits
        self.maximumSeries = maximumSeries
        self.clock = clock
    }

    /// Whether so many series can be made without a look at them.
    @inline(__always)
    func accepts(_ count: Int, beside live: Int) -> Bool {
        limits.isOnlyTotal && live + count <= totalLimit
    }

    private var totalLimit: Int { min(maximumSeries, limits.series ?? .max) }

    /// Forgets what was counted: series have left, or those accepted last were not made after all.
    mutating func recount() {
        selectorCounts = nil
    }

    /// The numbers of the refusals of new label sets, by their positions; those that have none are to be made.
    mutating func refusals(
        of labelSets: [LabelSet], at positions: [Int], in index: borrowing HeadIndex
    ) -> [Int: UInt32] {
        let now = clock.now()
        var result: [Int: UInt32] = [:]
        var accepted = Accepted()
        /// A label set may come twice.
        var decided: [LabelSet: UInt32?] = [:]
        for position in positions {
            let labels = labelSets[position]
            if let known = decided[labels] {
                if let known { result[position] = known }
                continue
            }
            let number = decide(labels, in: index, beside: &accepted).map { table.note($0, now: now) }
            decided[labels] = .some(number)
            if let number { result[position] = number }
        }
        return result
    }

    /// Decides on a label set that is not in the index, and counts it when it is accepted.
    ///
    /// - Returns: why it is refused, `nil` when it is accepted.
    mutating func decide(
        _ labels: LabelSet, in index: borrowing HeadIndex, beside accepted: inout Accepted
    ) -> SeriesRefusal? {
        if selectorCounts == nil { selectorCounts = count(in: index) }
        if let refusal = refusal(of: labels, in: index, beside: accepted) { return refusal }
        accept(labels, in: index, &accepted)
        return nil
    }

    /// Counts what an import refused.
    mutating func note(_ refused: [RefusedSeries]) {
        let now = clock.now()
        for entry in refused { _ = table.note(entry.refusal, count: entry.count, now: now) }
    }

    /// The refusal with a number.
    func refusal(_ number: UInt32) -> SeriesRefusal? {
        Int(number) < table.entries.count ? table.entries[Int(number)].refusal : nil
    }

    /// What the operator should be told of now.
    mutating func takeReport() -> StorageEvent? {
        table.takeReport(now: clock.now())
    }

    // MARK: Counting

    private func count(in index: borrowing HeadIndex) -> [Int] {
        var counts: [Int] = []
        for selector in limits.selectors {
            // The index is in memory: there is nothing that cannot be read.
            counts.append((try? index.series(matching: selector.matchers).count) ?? 0)
        }
        return counts
    }

    private func refusal(
        of labels: LabelSet, in index: borrowing HeadIndex, beside accepted: Accepted
    ) -> SeriesRefusal? {
        if index.liveCount + accepted.count >= totalLimit {
            return SeriesRefusal(reason: .series, subject: "", limit: totalLimit)
        }
        if let limit = limits.seriesPerMetric {
            let metric = labels[LabelSet.metricName] ?? ""
            let count = index.count(name: LabelSet.metricName, values: [metric]) + (accepted.byMetric[metric] ?? 0)
            if count >= limit { return SeriesRefusal(reason: .seriesPerMetric, subject: metric, limit: limit) }
        }
        for (position, selector) in limits.selectors.enumerated()
        where (selectorCounts?[position] ?? 0) >= selector.maximum
            && selector.matchers.allSatisfy({ $0.matches(labels) })
        {
            return SeriesRefusal(reason: .seriesOfSelector, subject: selector.text, limit: selector.maximum)
        }
        guard limits.valuesPerLabel != nil || !limits.labels.isEmpty else { return nil }
        for label in labels.labels {
            guard let limit = limits.maximumValues(of: label.name) else { continue }
            let pending = accepted.values[label.name]
            if index.count(name: label.name, values: [label.value]) > 0 || pending?.contains(label.value) == true {
                continue
            }
            if index.valueCount(of: label.name) + (pending?.count ?? 0) >= limit {
                return SeriesRefusal(reason: .valuesPerLabel, subject: label.name, limit: limit)
            }
        }
        return nil
    }

    private mutating func accept(
        _ labels: LabelSet, in index: borrowing HeadIndex, _ accepted: inout Accepted
    ) {
        accepted.count += 1
        if limits.seriesPerMetric != nil { accepted.byMetric[labels[LabelSet.metricName] ?? "", default: 0] += 1 }
        for (position, selector) in limits.selectors.enumerated()
        where selector.matchers.allSatisfy({ $0.matches(labels) }) {
            selectorCounts?[position] += 1
        }
        guard limits.valuesPerLabel != nil || !limits.labels.isEmpty else { return }
        for label in labels.labels
        where limits.maximumValues(of: label.name) != nil && index.count(name: label.name, values: [label.value]) == 0 {
            accepted.values[label.name, default: []].insert(label.value)
        }
    }
}
