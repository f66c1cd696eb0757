import ApusModel

/// An exemplar with a time.
struct StoredExemplar: Sendable, Equatable {
    var labels: LabelSet
    var value: Double
    /// Milliseconds since the epoch.
    var timestamp: Int64
    /// Whether the target gave the time; otherwise it is that of the sample.
    var hasOwnTime: Bool
}

/// The newest exemplars of all series, a fixed number of them at most.
///
/// What is refused and what is a repetition follows Prometheus' circular exemplar storage.
struct ExemplarRing: Sendable {
    /// Why an exemplar was not taken.
    enum Refusal {
        /// The series' newest exemplar is the same.
        case duplicate
        /// The series has a newer one.
        case outOfOrder
        /// Its labels are longer than OpenMetrics allows.
        case labelsTooLong
        /// No exemplars are kept.
        case disabled
    }

    /// The most code points of names and values of an exemplar's labels; source: OpenMetrics 1.0.
    static let maximumLabelLength = 128

    private struct Entry {
        var series: SeriesReference
        var exemplar: StoredExemplar
    }

    private struct Series {
        var labels: LabelSet
        var newest: StoredExemplar
        var count: Int
    }

    /// The most exemplars.
    let capacity: Int
    private var entries: [Entry] = []
    /// The position of the oldest, once `capacity` is reached.
    private var oldest = 0
    private var series: [SeriesReference: Series] = [:]
    private(set) var appendedCount = 0
    private(set) var outOfOrderCount = 0

    /// An empty ring.
    init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    /// The number of exemplars.
    var count: Int { entries.count }

    /// The number of series that have one.
    var seriesCount: Int { series.count }

    /// The time of the exemplar that will be forgotten first.
    var oldestTimestamp: Int64? {
        entries.isEmpty ? nil : entries[entries.count < capacity ? 0 : oldest].exemplar.timestamp
    }

    /// An exemplar and its series; 0 is the oldest.
    func entry(_ index: Int) -> (SeriesReference, StoredExemplar) {
        let entry = entries[(oldest + index) % entries.count]
        return (entry.series, entry.exemplar)
    }

    /// Why an exemplar would be refused, `nil` when it would be taken.
    func refusal(of exemplar: borrowing StoredExemplar, series reference: SeriesReference) -> Refusal? {
        guard capacity > 0 else { return .disabled }
        guard Self.labelLength(exemplar.labels) <= Self.maximumLabelLength else { return .labelsTooLong }
        guard let newest = series[reference]?.newest else { return nil }
        if newest.labels == exemplar.labels, newest.value.bitPattern == exemplar.value.bitPattern,
            newest.timestamp == exemplar.timestamp || !(newest.hasOwnTime || exemplar.hasOwnTime)
        {
            return .duplicate
        }
        if exemplar.timestamp < newest.timestamp { return .outOfOrder }
        guard exemplar.timestamp == newest.timestamp else { return nil }
        // Of one time there may be several, one for each bucket of a native histogram.
        if exemplar.value < newest.value { return .outOfOrder }
        return exemplar.value == newest.value && exemplar.labels < newest.labels ? .outOfOrder : nil
    }

    /// Takes an exemplar, in the place of the oldest when there are too many; `labels` is asked for a series not known.
    mutating func append(
        _ exemplar: StoredExemplar, series reference: SeriesReference, labels: () -> LabelSet
    ) {
        if let refusal = refusal(of: exemplar, series: reference) {
            note(refusal)
            return
        }
        appendedCount += 1
        if var known = series[reference] {
            known.newest = exemplar
            known.count += 1
            series[reference] = known
        } else {
            series[reference] = Series(labels: labels(), newest: exemplar, count: 1)
        }
        if entries.count < capacity {
            entries.append(Entry(series: reference, exemplar: exemplar))
            return
        }
        forget(entries[oldest].series)
        entries[oldest] = Entry(series: reference, exemplar: exemplar)
        oldest = (oldest + 1) % capacity
    }

    /// Counts an exemplar that was refused.
    mutating func note(_ refusal: Refusal) {
        if refusal == .outOfOrder { outOfOrderCount += 1 }
    }

    /// The exemplars in a range of time of the series for which `isSelected` holds, by series, sorted by labels.
    func select(_ range: ClosedRange<Int64>, where isSelected: (LabelSet) -> Bool) -> [ExemplarSeries] {
        var positions: [SeriesReference: Int] = [:]
        var byLabels: [LabelSet: Int] = [:]
        var result: [ExemplarSeries] = []
        for (reference, entry) in series where isSelected(entry.labels) {
            // A series that left the head and came back has two references.
            if let known = byLabels[entry.labels] {
                positions[reference] = known
                continue
            }
            positions[reference] = result.count
            byLabels[entry.labels] = result.count
            result.append(ExemplarSeries(labels: entry.labels, exemplars: []))
        }
        if positions.isEmpty { return [] }
        for offset in 0..<entries.count {
            let entry = entries[(oldest + offset) % entries.count]
            guard range.contains(entry.exemplar.timestamp), let position = positions[entry.series] else { continue }
            result[position].exemplars.append(
                Exemplar(
                    labels: entry.exemplar.labels, value: entry.exemplar.value,
                    timestamp: entry.exemplar.timestamp))
        }
        return result.filter { !$0.exemplars.isEmpty }.sorted { $0.labels < $1.labels }
    }

    private mutating func forget(_ reference: SeriesReference) {
        guard var known = series[reference] else { return }
        known.count -= 1
        series[reference] = known.count > 0 ? known : nil
    }

    private static func labelLength(_ labels: LabelSet) -> Int {
        // Code points are at most as many as bytes.
        if labels.run.count <= maximumLabelLength { return labels.run.count }
        return labels.labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
    }
}
