/// Counts series by label pair, and adds the counts up.
struct CardinalityCounter {
    /// A list that only the largest entries become part of.
    private typealias Candidates = [(symbol: UInt64, count: Int)]

    /// The series that were counted.
    var series = 0
    /// The series by pair: symbol of the name in the upper half.
    private(set) var pairs: [(symbol: UInt64, count: Int)] = []
    /// The places of pairs that are counted one by one.
    private var places: [UInt64: Int] = [:]

    /// Nothing counted.
    init() {}

    /// Makes room for so many different pairs.
    mutating func reserveCapacity(_ count: Int) { pairs.reserveCapacity(count) }

    /// Adds a pair that comes only once, with its series.
    mutating func add(_ pair: UInt64, _ count: Int) { pairs.append((pair, count)) }

    /// Counts a pair of one series.
    mutating func count(name: UInt32, value: UInt32) {
        let pair = UInt64(name) << 32 | UInt64(value)
        if let place = places[pair] {
            pairs[place].count += 1
        } else {
            places[pair] = pairs.count
            pairs.append((pair, 1))
        }
    }

    /// The lists, each with its `limit` largest entries.
    ///
    /// - Parameters:
    ///   - metric: the symbol of the label that names metrics.
    ///   - focus: that of the label whose values are counted.
    ///   - text: the text of a symbol.
    ///   - length: the bytes of it.
    func result(
        limit: Int, metric: UInt32?, focus: UInt32?, text symbolText: (UInt32) -> String, length: (UInt32) -> Int
    ) -> SeriesCardinality {
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
            bytes[name, default: 0] += count * length(value)
            if name == metric.map(UInt64.init) { metrics.append((UInt64(value), count)) }
            if name == focus.map(UInt64.init) { focused.append((UInt64(value), count)) }
        }
        func text(_ symbol: UInt64) -> String { symbolText(UInt32(truncatingIfNeeded: symbol)) }
        func names(_ counts: [UInt64: Int]) -> [SeriesCardinality.Entry] {
            Self.largest(counts.map { ($0.key, $0.value) }, limit, text)
        }
        return SeriesCardinality(
            series: self.series, labelPairs: pairs.count, seriesByMetricName: Self.largest(metrics, limit, text),
            valuesByLabelName: names(values), bytesByLabelName: names(bytes),
            seriesByLabelPair: Self.largest(pairs, limit) { "\(text($0 >> 32))=\(text($0))" },
            seriesByLabelName: names(series), seriesByFocusValue: Self.largest(focused, limit, text))
    }

    /// The largest entries, by text where counts are equal; only those that may be among them get one.
    private static func largest(
        _ candidates: Candidates, _ limit: Int, _ text: (UInt64) -> String
    ) -> [SeriesCardinality.Entry] {
        var candidates = candidates
        if candidates.count > limit, limit > 0 {
            let threshold = candidates.map(\.count).sorted(by: >)[limit - 1]
            candidates.removeAll { $0.count < threshold }
        }
        let entries = candidates.map { SeriesCardinality.Entry(name: text($0.symbol), count: $0.count) }
        return Array(entries.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(limit))
    }
}
