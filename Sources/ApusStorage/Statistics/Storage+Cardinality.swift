package import ApusModel
import ApusRegex
import Synchronization

extension Storage {
    /// The names, labels and pairs that take the most series in the head, at most `limit` of each, the largest first.
    package func cardinality(limit: Int) -> HeadCardinality {
        // Without selectors there is nothing that could be wrong.
        (try? cardinality(CardinalityRequest(limit: limit))) ?? HeadCardinality()
    }

    /// The same of selected series; in time proportional to their labels.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package func cardinality(_ request: CardinalityRequest) throws(QueryableError) -> HeadCardinality {
        let selectors = try CompiledMatcher.compile(request.selectors)
        // A copy shares its memory with the index, so that counting holds nobody up.
        let index = head.index.withLock { $0 }
        let hidden = deletedSlots(in: index)
        var counter = CardinalityCounter(index: index, focusLabel: request.focusLabel)
        if selectors.isEmpty, hidden.isEmpty {
            counter.countAll()
        } else {
            let slots = selectors.isEmpty ? index.allSeries() : try index.series(matchingAny: selectors)
            counter.count(slots.filter { !hidden.contains($0) })
        }
        return counter.result(limit: max(0, request.limit))
    }

    /// What came and went lately, at most `limit` metrics for each span of time.
    package func growth(limit: Int) -> [SeriesGrowthWindow] {
        var growth = head.growth.withLock { $0 }
        return growth.report(limit: limit)
    }
}

/// Counts series by label pair, and adds the counts up.
private struct CardinalityCounter {
    /// A list that only the largest entries become part of.
    private typealias Candidates = [(symbol: UInt64, count: Int)]

    private let index: HeadIndex
    private let metric: UInt32?
    private let focus: UInt32?
    private var series = 0
    /// The series by pair: symbol of the name in the upper half.
    private var pairs: Candidates = []

    init(index: HeadIndex, focusLabel: String?) {
        self.index = index
        metric = index.symbol(of: LabelSet.metricName)
        focus = focusLabel.flatMap { index.symbol(of: $0) }
    }

    /// Counts every series: the index has it by pair.
    mutating func countAll() {
        series = index.liveCount
        pairs.reserveCapacity(index.postings.pairs.count)
        for (pair, list) in zip(index.postings.pairs, index.postings.lists) { pairs.append((pair, list.count)) }
    }

    /// Counts some series.
    mutating func count(_ slots: [UInt32]) {
        series = slots.count
        var counts: [UInt64: Int] = [:]
        for slot in slots {
            index.labels.forEachPair(of: slot) { counts[UInt64($0) << 32 | UInt64($1), default: 0] += 1 }
        }
        pairs = counts.map { ($0.key, $0.value) }
    }

    /// The lists, each with its `limit` largest entries.
    func result(limit: Int) -> HeadCardinality {
        var values: [UInt64: Int] = [:]
        var bytes: [UInt64: Int] = [:]
        var series: [UInt64: Int] = [:]
        var metrics: Candidates = []
        var focused: Candidates = []
        for (pair, count) in pairs {
            let name = pair >> 32
            let value = UInt32(truncatingIfNeeded: pair)
            values[name, default: 0] += 1
            series[name, default: 0] += count
            bytes[name, default: 0] += count * index.labels.withText(of: value) { $0.count }
            if name == metric.map(UInt64.init) { metrics.append((UInt64(value), count)) }
            if name == focus.map(UInt64.init) { focused.append((UInt64(value), count)) }
        }
        func text(_ symbol: UInt64) -> String { index.labels.text(of: UInt32(truncatingIfNeeded: symbol)) }
        func names(_ counts: [UInt64: Int]) -> [HeadCardinality.Entry] {
            Self.largest(counts.map { ($0.key, $0.value) }, limit, text)
        }
        return HeadCardinality(
            series: self.series, labelPairs: pairs.count, seriesByMetricName: Self.largest(metrics, limit, text),
            valuesByLabelName: names(values), bytesByLabelName: names(bytes),
            seriesByLabelPair: Self.largest(pairs, limit) { "\(text($0 >> 32))=\(text($0))" },
            seriesByLabelName: names(series), seriesByFocusValue: Self.largest(focused, limit, text))
    }

    /// The largest entries, by text where counts are equal; only those that may be among them get one.
    private static func largest(
        _ candidates: Candidates, _ limit: Int, _ text: (UInt64) -> String
    ) -> [HeadCardinality.Entry] {
        var candidates = candidates
        if candidates.count > limit, limit > 0 {
            let threshold = candidates.map(\.count).sorted(by: >)[limit - 1]
            candidates.removeAll { $0.count < threshold }
        }
        let entries = candidates.map { HeadCardinality.Entry(name: text($0.symbol), count: $0.count) }
        return Array(entries.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(limit))
    }
}
