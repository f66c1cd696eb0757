import ApusBytes
import ApusModel
import Synchronization

/// What became of a request.
struct WriteOutcome {
    /// How many floats, native histograms and exemplars were stored.
    var samples = 0
    var histograms = 0
    var exemplars = 0
    /// How many series the cache did not know.
    var resolvedSeries = 0
    /// What was refused for good.
    var refusals = WriteRefusals()
    /// Why the sender should send the request again.
    var failure: String?
}

/// Brings staged requests into the store: finds the series, makes batches, looks at what the store says.
///
/// Safe for use from several threads at once; only the look-ups wait for each other.
final class WriteStoring: Sendable {
    private let store: any Appendable
    private let limits: RemoteWriteLimits
    private let clock: any WallClock
    private let cache: Mutex<SeriesCache>

    init(store: any Appendable, limits: RemoteWriteLimits, clock: any WallClock) {
        self.store = store
        self.limits = limits
        self.clock = clock
        cache = Mutex(SeriesCache(bytes: limits.cacheBytes))
    }

    /// The memory of the cache.
    var cacheBytes: Int { cache.withLock { $0.memoryBytes } }

    /// Stores what can be stored of a request.
    ///
    /// - Throws: when the labels of a series are no message; then nothing was stored.
    func store(
        _ staged: inout StagedRequest, request: Span<UInt8>
    ) throws(UnreadableRequest) -> WriteOutcome {
        var outcome = WriteOutcome()
        for bad in staged.badLabels {
            staged.series[bad.series].state = .refused
            outcome.refusals.add(.invalidLabels, count: staged.series[bad.series].samples.count) { bad.text }
        }
        findKnown(in: &staged)
        var labelSets = try readLabels(of: &staged, request: request, &outcome)
        do throws(AppendError) {
            try resolve(&labelSets, in: &staged, request: request, &outcome)
            for bad in staged.badHistograms {
                outcome.refusals.add(.invalidHistogram) {
                    "\(bad.error) for series \(staged.labelText(of: bad.series, in: request))"
                }
            }
            if staged.badExemplarCount > 0 {
                outcome.refusals.add(.exemplarLabels, count: staged.badExemplarCount) { "invalid exemplar labels" }
            }
            try appendAll(&staged, request: request, &outcome)
        } catch {
            outcome.failure = error.description
        }
        return outcome
    }
}

// MARK: - Finding the series

extension WriteStoring {
    /// Series without references, and their labels.
    private struct PendingSeries {
        var numbers: [Int] = []
        var labelSets: [LabelSet] = []
    }

    private func findKnown(in staged: inout StagedRequest) {
        cache.withLock { cache in
            for number in staged.series.indices where staged.series[number].state == .unresolved {
                if let found = cache.find(staged.series[number].fingerprint) {
                    staged.series[number].state = .known(found)
                }
            }
        }
    }

    /// Reads the labels of the series that the cache does not know; those with bad ones are refused.
    private func readLabels(
        of staged: inout StagedRequest, request: Span<UInt8>, _ outcome: inout WriteOutcome
    ) throws(UnreadableRequest) -> PendingSeries {
        var pending = PendingSeries()
        for number in staged.series.indices where staged.series[number].state == .unresolved {
            do throws(LabelFields.Problem) {
                let labels = try staged.labelSet(of: number, in: request)
                pending.numbers.append(number)
                pending.labelSets.append(labels)
            } catch {
                if case .undecodable(let error) = error { throw .message(error) }
                staged.series[number].state = .refused
                outcome.refusals.add(.invalidLabels, count: staged.series[number].samples.count) { error.text }
            }
        }
        outcome.resolvedSeries = pending.numbers.count
        return pending
    }

    private func resolve(
        _ pending: inout PendingSeries, in staged: inout StagedRequest, request: Span<UInt8>,
        _ outcome: inout WriteOutcome
    ) throws(AppendError) {
        guard !pending.numbers.isEmpty else { return }
        do throws(AppendError) {
            let references = try store.resolve(pending.labelSets)
            for (number, reference) in zip(pending.numbers, references) {
                take(reference, for: number, in: &staged, request, &outcome)
            }
        } catch {
            guard error.concernsOnlySomeSeries else { throw error }
            // One series too many or too long must not keep out the others.
            for (number, labels) in zip(pending.numbers, pending.labelSets) {
                do throws(AppendError) {
                    if let reference = try store.resolve([labels]).first {
                        take(reference, for: number, in: &staged, request, &outcome)
                    }
                } catch {
                    guard error.concernsOnlySomeSeries else { throw error }
                    staged.series[number].state = .refused
                    outcome.refusals.add(.limit, count: staged.series[number].samples.count) {
                        "\(error) for series \(staged.labelText(of: number, in: request))"
                    }
                }
            }
        }
        remember(pending.numbers, in: staged)
    }

    /// Notes what the store made of a series: a reference, or a refusal by a limit.
    private func take(
        _ reference: SeriesReference, for number: Int, in staged: inout StagedRequest, _ request: Span<UInt8>,
        _ outcome: inout WriteOutcome
    ) {
        guard reference.isRefused else {
            staged.series[number].state = .known(reference)
            return
        }
        staged.series[number].state = .refused
        let count = staged.series[number].samples.count
        guard outcome.refusals.isFirst(.limit) else { return outcome.refusals.add(.limit, count: count) { "" } }
        let words = store.refusal(of: reference)?.description ?? WriteRefusals.Reason.limit.words
        let labels = staged.labelText(of: number, in: request)
        outcome.refusals.add(.limit, count: count) { "\(words) for series \(labels)" }
    }

    private func remember(_ numbers: [Int], in staged: borrowing StagedRequest) {
        cache.withLock { cache in
            for number in numbers {
                let series = staged.series[number]
                if case .known(let reference) = series.state { cache.insert(series.fingerprint, reference) }
            }
        }
    }
}

extension AppendError {
    /// Whether other series than those that were meant may still be stored.
    fileprivate var concernsOnlySomeSeries: Bool {
        switch self {
        case .tooManySymbols, .labelsTooLong: true
        case .notDurable, .diskNearlyFull, .closed: false
        }
    }
}

// MARK: - Appending

extension WriteStoring {
    /// Appends the samples of all known series, in batches of a bounded size.
    private func appendAll(
        _ staged: inout StagedRequest, request: Span<UInt8>, _ outcome: inout WriteOutcome
    ) throws(AppendError) {
        let latest = clock.now().addingReportingOverflow(limits.greatestLead).partialValue
        if let whole = WriteBatch(whole: staged, latest: latest, limit: limits.batchSamples) {
            return try append(whole, &staged, request, &outcome)
        }
        var batch = WriteBatch()
        var nextHistogram = 0
        var nextExemplar = 0
        for number in staged.series.indices {
            let series = staged.series[number]
            while nextExemplar < staged.exemplars.count, staged.exemplars[nextExemplar].series <= number {
                if case .known(let reference) = series.state, staged.exemplars[nextExemplar].series == number {
                    batch.appendExemplar(staged.exemplars[nextExemplar].exemplar, reference)
                }
                nextExemplar += 1
            }
            for position in series.samples {
                var histogram: NativeHistogram?
                if nextHistogram < staged.histograms.count, staged.histograms[nextHistogram].position == position {
                    histogram = staged.histograms[nextHistogram].histogram
                    nextHistogram += 1
                }
                guard case .known(let reference) = series.state else { continue }
                let timestamp = staged.timestamps[position]
                guard timestamp <= latest else {
                    refuse(.tooFarInFuture, number, staged, request, &outcome)
                    continue
                }
                batch.append(
                    reference, staged.values[position], at: timestamp, histogram, series: UInt32(number))
            }
            if batch.count >= limits.batchSamples {
                try append(batch, &staged, request, &outcome)
                batch = WriteBatch()
            }
        }
        if !batch.isEmpty { try append(batch, &staged, request, &outcome) }
    }

    private func append(
        _ batch: WriteBatch, _ staged: inout StagedRequest, _ request: Span<UInt8>, _ outcome: inout WriteOutcome
    ) throws(AppendError) {
        let unknown = try appendOnce(batch, staged, request, &outcome)
        outcome.exemplars += batch.samples.exemplars.count
        guard !unknown.isEmpty else { return }
        // The store has dropped series that the cache still knew.
        let numbers = Set(unknown.map { Int(batch.series[$0]) }).sorted()
        var labelSets: [LabelSet] = []
        for number in numbers {
            guard let labels = try? staged.labelSet(of: number, in: request) else { continue }
            labelSets.append(labels)
        }
        guard labelSets.count == numbers.count else { return }
        let references = try store.resolve(labelSets)
        for (number, reference) in zip(numbers, references) {
            take(reference, for: number, in: &staged, request, &outcome)
        }
        remember(numbers, in: staged)
        let retry = batch.selecting(unknown) { number in
            if case .known(let reference) = staged.series[Int(number)].state { reference } else { nil }
        }
        let lost = try appendOnce(retry, staged, request, &outcome)
        if !lost.isEmpty {
            outcome.failure = "\(lost.count) samples were not stored, because the store dropped their series meanwhile"
        }
    }

    /// Appends a batch; gives the positions of the samples whose series the store does not know.
    private func appendOnce(
        _ batch: WriteBatch, _ staged: borrowing StagedRequest, _ request: Span<UInt8>, _ outcome: inout WriteOutcome
    ) throws(AppendError) -> [Int] {
        let result = try store.append(batch.samples)
        var unknown: [Int] = []
        var refusedHistograms = 0
        var nextHistogram = 0
        for (position, reason) in result.rejections {
            while nextHistogram < batch.samples.histograms.count,
                batch.samples.histograms[nextHistogram].position < position
            { nextHistogram += 1 }
            if nextHistogram < batch.samples.histograms.count,
                batch.samples.histograms[nextHistogram].position == position
            {
                refusedHistograms += 1
            }
            let refusal: WriteRefusals.Reason
            switch reason {
            case .unknownSeries:
                unknown.append(position)
                continue
            case .outOfOrder: refusal = .outOfOrder
            case .duplicateTimestamp: refusal = .duplicateTimestamp
            case .outOfBounds: refusal = .outOfBounds
            case .tooOld: refusal = .tooOld
            case .invalidHistogram: refusal = .invalidHistogram
            case .seriesLimit: refusal = .limit
            }
            refuse(refusal, Int(batch.series[position]), staged, request, &outcome)
        }
        let storedHistograms = batch.samples.histograms.count - refusedHistograms
        outcome.histograms += storedHistograms
        outcome.samples += batch.count - result.rejections.count - storedHistograms
        return unknown
    }

    private func refuse(
        _ reason: WriteRefusals.Reason, _ series: Int, _ staged: borrowing StagedRequest, _ request: Span<UInt8>,
        _ outcome: inout WriteOutcome
    ) {
        guard outcome.refusals.isFirst(reason) else { return outcome.refusals.add(reason) { "" } }
        let labels = staged.labelText(of: series, in: request)
        outcome.refusals.add(reason) { "\(reason.words) for series \(labels)" }
    }
}
