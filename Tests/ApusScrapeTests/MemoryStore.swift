import ApusModel
import Synchronization

/// Keeps what is appended, series by series, and can be told to forget series or to fail.
final class MemoryStore: Appendable {
    struct Sample: Equatable, CustomStringConvertible {
        var timestamp: Int64
        var value: Double

        static func == (a: Sample, b: Sample) -> Bool {
            a.timestamp == b.timestamp && a.value.bitPattern == b.value.bitPattern
        }

        var description: String {
            SpecialValue.isStaleMarker(value) ? "stale@\(timestamp)" : "\(value)@\(timestamp)"
        }
    }

    private struct State {
        var references: [LabelSet: UInt64] = [:]
        var samples: [UInt64: [Sample]] = [:]
        var labels: [UInt64: LabelSet] = [:]
        /// By series and time.
        var histograms: [UInt64: [Int64: NativeHistogram]] = [:]
        var exemplars: [UInt64: [Exemplar]] = [:]
        var refusesHistograms = false
        var refusesNewSeries = false
        var metadata: [String: MetricMetadata] = [:]
        var nextReference: UInt64 = 1
        var resolvedCount = 0
        var batchCount = 0
        var resolveError: AppendError?
        var appendError: AppendError?
    }

    private let state = Mutex(State())

    func resolve(_ labelSets: [LabelSet]) throws(AppendError) -> [SeriesReference] {
        let result: Result<[SeriesReference], AppendError> = state.withLock { state in
            if let error = state.resolveError { return .failure(error) }
            state.resolvedCount += labelSets.count
            return .success(
                labelSets.map { labels in
                    if let known = state.references[labels] { return SeriesReference(rawValue: known) }
                    if state.refusesNewSeries { return .refused(0) }
                    let reference = state.nextReference
                    state.nextReference += 1
                    state.references[labels] = reference
                    state.labels[reference] = labels
                    state.samples[reference] = []
                    return SeriesReference(rawValue: reference)
                })
        }
        return try result.get()
    }

    func append(_ batch: borrowing SampleBatch) throws(AppendError) -> AppendOutcome {
        let batch = copy batch
        let result: Result<AppendOutcome, AppendError> = state.withLock { state in
            if let error = state.appendError { return .failure(error) }
            state.batchCount += 1
            var outcome = AppendOutcome()
            for position in 0..<batch.count {
                let reference = batch.references[position].rawValue
                let timestamp = batch.timestamps.isEmpty ? batch.timestamp : batch.timestamps[position]
                let sample = Sample(timestamp: timestamp, value: batch.values[position])
                if let placed = batch.histograms.first(where: { $0.position == position }) {
                    guard !state.refusesHistograms else {
                        outcome.rejections.append((position, .invalidHistogram))
                        continue
                    }
                    state.histograms[reference, default: [:]][timestamp] = placed.histogram
                }
                guard let last = state.samples[reference] else {
                    outcome.rejections.append((position, .unknownSeries))
                    continue
                }
                if let newest = last.last, newest.timestamp > timestamp {
                    outcome.rejections.append((position, .outOfOrder))
                } else if let newest = last.last, newest.timestamp == timestamp {
                    if newest == sample {
                        outcome.appendedCount += 1
                    } else {
                        outcome.rejections.append((position, .duplicateTimestamp))
                    }
                } else {
                    state.samples[reference]?.append(sample)
                    outcome.appendedCount += 1
                }
            }
            for one in batch.exemplars {
                state.exemplars[one.reference.rawValue, default: []].append(one.exemplar)
            }
            return .success(outcome)
        }
        return try result.get()
    }

    /// The histograms of a series by their times.
    func histograms(of series: String) -> [Int64: NativeHistogram] {
        state.withLock { state in
            for (reference, labels) in state.labels where labels.description == series {
                if let found = state.histograms[reference] { return found }
            }
            return [:]
        }
    }

    /// The exemplars of a series.
    func exemplars(of series: String) -> [Exemplar] {
        state.withLock { state in
            for (reference, labels) in state.labels where labels.description == series {
                if let found = state.exemplars[reference] { return found }
            }
            return []
        }
    }

    /// Refuses new series by a limit, as it says of every refused reference, or takes them again.
    func refuseNewSeries(_ refuses: Bool) { state.withLock { $0.refusesNewSeries = refuses } }

    func refusal(of reference: SeriesReference) -> SeriesRefusal? {
        reference.isRefused ? SeriesRefusal(reason: .seriesPerMetric, subject: "b", limit: 6) : nil
    }

    func remember(_ metadata: [(family: String, metadata: MetricMetadata)]) {
        state.withLock { state in
            for (family, metadata) in metadata { state.metadata[family] = metadata }
        }
    }

    /// What was remembered of metric families.
    var metadata: [String: MetricMetadata] { state.withLock { $0.metadata } }

    func refuseHistograms() { state.withLock { $0.refusesHistograms = true } }

    /// Drops all series, as a head does with those that went quiet.
    func forgetSeries() {
        state.withLock { state in
            state.references.removeAll()
            state.samples.removeAll()
        }
    }

    func failResolving(with error: AppendError?) { state.withLock { $0.resolveError = error } }

    func failAppending(with error: AppendError?) { state.withLock { $0.appendError = error } }

    /// How many label sets were resolved so far.
    var resolvedCount: Int { state.withLock { $0.resolvedCount } }

    /// How many batches were stored so far.
    var batchCount: Int { state.withLock { $0.batchCount } }

    /// The samples by series, without the scraper's own series.
    var exposed: [String: [Sample]] { samples { !$0.hasPrefix("scrape_") && $0 != "up" } }

    /// All samples by series.
    func samples(_ isIncluded: (String) -> Bool = { _ in true }) -> [String: [Sample]] {
        state.withLock { state in
            var result: [String: [Sample]] = [:]
            for (reference, samples) in state.samples where !samples.isEmpty {
                guard let labels = state.labels[reference], isIncluded(labels.metricName ?? "") else { continue }
                result[labels.description] = samples
            }
            return result
        }
    }

    /// The samples of one series, given as its labels are written.
    subscript(_ series: String) -> [Sample] { samples()[series] ?? [] }

    /// The last value of one of the scraper's own series.
    func synthetic(_ name: String) -> Double? {
        samples { $0 == name }.values.first?.last?.value
    }
}

extension MemoryStore.Sample {
    static func stale(_ timestamp: Int64) -> MemoryStore.Sample {
        MemoryStore.Sample(timestamp: timestamp, value: SpecialValue.staleMarker)
    }

    static func value(_ value: Double, _ timestamp: Int64) -> MemoryStore.Sample {
        MemoryStore.Sample(timestamp: timestamp, value: value)
    }
}
