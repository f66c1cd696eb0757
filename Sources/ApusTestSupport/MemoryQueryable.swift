package import ApusModel
import ApusRegex
import Synchronization

/// A store in memory that takes samples in any order, for tests.
package final class MemoryQueryable: Queryable {
    private let series = Mutex<[LabelSet: SampleColumns]>([:])

    /// An empty store.
    package init() {}

    /// Replaces or adds the samples of a series: of two samples at one time the later added wins.
    package func add(_ samples: SampleColumns, to labels: LabelSet) {
        series.withLock { $0[labels] = $0[labels].map { Self.merged($0, samples) } ?? Self.merged(samples, .init()) }
    }

    /// Forgets everything.
    package func removeAll() {
        series.withLock { $0 = [:] }
    }

    package func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier {
        MemoryQuerier(
            series: series.withLock { $0 }.sorted { $0.key < $1.key }.map { (labels: $0.key, samples: $0.value) },
            start: start, end: end)
    }

    private static func merged(_ old: SampleColumns, _ new: SampleColumns) -> SampleColumns {
        var slots: [Int64: (value: Double, start: Int64, histogram: NativeHistogram?)] = [:]
        for columns in [old, new] {
            for (index, time) in columns.timestamps.enumerated() {
                let start = columns.startTimestamps.isEmpty ? 0 : columns.startTimestamps[index]
                slots[time] = (columns.values[index], start, nil)
            }
            for entry in columns.histograms { slots[columns.timestamps[entry.position]]?.histogram = entry.histogram }
        }
        var result = SampleColumns()
        for (time, slot) in slots.sorted(by: { $0.key < $1.key }) {
            if let histogram = slot.histogram {
                result.histograms.append(.init(position: result.count, histogram: histogram))
            }
            result.append(slot.value, at: time)
            result.startTimestamps.append(slot.start)
        }
        if result.startTimestamps.allSatisfy({ $0 == 0 }) { result.startTimestamps = [] }
        tellResets(&result)
        return result
    }

    /// As a store that keeps runs of histograms without resets between them: only inside a run it is known that there is
    /// none.
    private static func tellResets(_ columns: inout SampleColumns) {
        for index in columns.histograms.indices.reversed() {
            let entry = columns.histograms[index]
            if entry.histogram.counterResetHint == .gauge { continue }
            var histogram = entry.histogram
            histogram.counterResetHint = .unknown
            if index > 0, columns.histograms[index - 1].position == entry.position - 1,
                entry.histogram.counterResetHint != .reset
            {
                let previous = columns.histograms[index - 1].histogram
                if previous.counterResetHint != .gauge, !histogram.fell(since: previous) {
                    histogram.counterResetHint = .notReset
                }
            }
            columns.histograms[index].histogram = histogram
        }
    }
}

extension NativeHistogram {
    /// Whether the count or any bucket is below that of the histogram before, or the layouts cannot be compared.
    fileprivate func fell(since previous: NativeHistogram) -> Bool {
        if schema != previous.schema || zeroThreshold != previous.zeroThreshold || customBounds != previous.customBounds
        {
            return true
        }
        func populations(_ histogram: NativeHistogram) -> [[Int: Double]] {
            [
                ScriptHistogram.buckets(histogram.positiveSpans, histogram.positiveBuckets),
                ScriptHistogram.buckets(histogram.negativeSpans, histogram.negativeBuckets),
            ]
        }
        if count < previous.count || zeroCount < previous.zeroCount { return true }
        return zip(populations(self), populations(previous)).contains { own, others in
            others.contains { index, population in (own[index] ?? 0) < population }
        }
    }
}

private struct MemoryQuerier: Querier {
    let series: [(labels: LabelSet, samples: SampleColumns)]
    let start: Int64
    let end: Int64

    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection {
        MemorySelection(series: try matching(matchers))
    }

    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var names: Set<String> = []
        for entry in try matchingAny(selectors) { names.formUnion(entry.labels.labels.map(\.name)) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var values: Set<String> = []
        for entry in try matchingAny(selectors) {
            if let value = entry.labels[name] { values.insert(value) }
        }
        return values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func matchingAny(
        _ selectors: [[Matcher]]
    ) throws(QueryableError) -> [(labels: LabelSet, samples: SampleColumns)] {
        if selectors.isEmpty { return series }
        var result: [(labels: LabelSet, samples: SampleColumns)] = []
        for matchers in selectors { result += try matching(matchers) }
        return result
    }

    private func matching(_ matchers: [Matcher]) throws(QueryableError) -> [(labels: LabelSet, samples: SampleColumns)]
    {
        var compiled: [CompiledMatcher] = []
        for matcher in matchers {
            do {
                compiled.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalidPattern(matcher: "\(matcher)", reason: error.reason)
            }
        }
        return series.filter { entry in
            guard entry.samples.timestamps.contains(where: { $0 >= start && $0 <= end }) else { return false }
            return compiled.allSatisfy { matcher in
                let value = Array((entry.labels[matcher.matcher.name] ?? "").utf8)
                return matcher.matches(value.span)
            }
        }
    }
}

private struct MemorySelection: SeriesSelection {
    let series: [(labels: LabelSet, samples: SampleColumns)]

    var count: Int { series.count }

    func labels(at index: Int) -> LabelSet { series[index].labels }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        let samples = series[index].samples
        let first = samples.timestamps.firstIndex { $0 >= start } ?? samples.count
        let past = samples.timestamps.firstIndex { $0 > end } ?? samples.count
        guard first < past else { return }
        let base = columns.count
        columns.timestamps += samples.timestamps[first..<past]
        columns.values += samples.values[first..<past]
        if !samples.startTimestamps.isEmpty { columns.startTimestamps += samples.startTimestamps[first..<past] }
        for entry in samples.histograms where (first..<past).contains(entry.position) {
            columns.histograms.append(.init(position: base + entry.position - first, histogram: entry.histogram))
        }
    }
}
