import ApusModel
import Synchronization

/// Keeps what is appended, as text by series, and can refuse, forget and fail.
final class RecordingStore: Appendable {
    struct Sample: Equatable {
        var timestamp: Int64
        var value: UInt64
        var histogram: NativeHistogram?
    }

    struct State {
        var references: [LabelSet: UInt64] = [:]
        var labels: [UInt64: LabelSet] = [:]
        var samples: [UInt64: [Sample]] = [:]
        var exemplars: [UInt64: [Exemplar]] = [:]
        var next: UInt64 = 1
        var resolvedCount = 0
        var batchSizes: [Int] = []
        var seriesLimit = Int.max
        var failure: AppendError?
        var metadata: [String: MetricMetadata] = [:]
        var rememberedCount = 0
    }

    let state = Mutex(State())

    func resolve(_ labelSets: [LabelSet]) throws(AppendError) -> [SeriesReference] {
        let result: Result<[SeriesReference], AppendError> = state.withLock { state in
            state.resolvedCount += labelSets.count
            return .success(
                labelSets.map { labels in
                    if let known = state.references[labels] { return SeriesReference(rawValue: known) }
                    guard state.references.count < state.seriesLimit else { return .refused(7) }
                    state.references[labels] = state.next
                    state.labels[state.next] = labels
                    state.next += 1
                    return SeriesReference(rawValue: state.next - 1)
                })
        }
        return try result.get()
    }

    func refusal(of reference: SeriesReference) -> SeriesRefusal? {
        guard reference.refusalNumber == 7 else { return nil }
        return SeriesRefusal(reason: .series, subject: "", limit: state.withLock { $0.seriesLimit })
    }

    func append(_ batch: borrowing SampleBatch) throws(AppendError) -> AppendOutcome {
        let batch = copy batch
        let result: Result<AppendOutcome, AppendError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            state.batchSizes.append(batch.count)
            var outcome = AppendOutcome()
            for position in 0..<batch.count {
                let reference = batch.references[position].rawValue
                let time = batch.timestamps.isEmpty ? batch.timestamp : batch.timestamps[position]
                let histogram = batch.histograms.first { $0.position == position }?.histogram
                let sample = Sample(
                    timestamp: time, value: histogram == nil ? batch.values[position].bitPattern : 0,
                    histogram: histogram)
                let last = state.samples[reference]?.last
                if state.labels[reference] == nil {
                    outcome.rejections.append((position, .unknownSeries))
                } else if let last, last.timestamp > time {
                    outcome.rejections.append((position, .outOfOrder))
                } else if let last, last.timestamp == time, last != sample {
                    outcome.rejections.append((position, .duplicateTimestamp))
                } else {
                    if last != sample { state.samples[reference, default: []].append(sample) }
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

    func remember(_ metadata: [(family: String, metadata: MetricMetadata)]) {
        state.withLock { state in
            state.rememberedCount += metadata.count
            for (family, said) in metadata { state.metadata[family] = said }
        }
    }

    /// What families said last.
    var metadata: [String: MetricMetadata] { state.withLock { $0.metadata } }

    /// How often a family was handed over.
    var rememberedCount: Int { state.withLock { $0.rememberedCount } }

    /// Drops all series, as a head does with those that went quiet.
    func forgetSeries() {
        state.withLock { state in
            state.references = [:]
            state.labels = [:]
            state.samples = [:]
        }
    }

    /// The samples of a series, given as its labels are written.
    subscript(_ series: String) -> [Sample] {
        state.withLock { state in
            for (reference, labels) in state.labels where labels.description == series {
                return state.samples[reference] ?? []
            }
            return []
        }
    }

    /// The exemplars of a series.
    func exemplars(of series: String) -> [Exemplar] {
        state.withLock { state in
            for (reference, labels) in state.labels where labels.description == series {
                return state.exemplars[reference] ?? []
            }
            return []
        }
    }

    var resolvedCount: Int { state.withLock { $0.resolvedCount } }

    /// How many samples all series have.
    var sampleCount: Int { state.withLock { $0.samples.values.reduce(0) { $0 + $1.count } } }
}

extension RecordingStore.Sample {
    init(_ value: Double, _ timestamp: Int64) {
        self.init(timestamp: timestamp, value: value.bitPattern, histogram: nil)
    }
}
