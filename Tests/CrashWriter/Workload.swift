import ApusModel
import ApusStorage
import Glibc

/// What is appended and looked at in each step.
struct Workload {
    private let storage: Storage
    private let seriesCount: Int
    /// Whether `Maintenance` is at work: then samples come late, too.
    private let isMaintained: Bool
    /// Whether to go on when the store refuses something.
    private let persists: Bool
    private var batch = SampleBatch(timestamp: 0)
    private var lastAcknowledged: Int?
    private var wasRefused = false
    /// Whether the last refusal was by the reserve of the disk.
    private var wasReserve = false

    init(_ storage: Storage, seriesCount: Int, isMaintained: Bool, persists: Bool) {
        self.storage = storage
        self.seriesCount = seriesCount
        self.isMaintained = isMaintained
        self.persists = persists
    }

    /// Appends the batch of a step, then looks after the store.
    mutating func run(_ step: Int) throws {
        do throws(AppendError) {
            try append(step)
            say("a \(step)")
            lastAcknowledged = step
            wasRefused = false
        } catch {
            guard persists else { throw error }
            // Each cause once for each row of refusals: whoever reads waits until the end.
            let isReserve = if case .diskNearlyFull = error { true } else { false }
            say(wasRefused && isReserve == wasReserve ? "n \(step)" : "n \(step) \(error)")
            (wasRefused, wasReserve) = (true, isReserve)
            usleep(2_000)
        }
        if let lastAcknowledged, step % 7 == 0 { try query(lastAcknowledged) }
        if isMaintained, step % 5 == 0, !wasRefused { try appendLate(step) }
        do {
            if step % 20 == 0 { try storage.compact() }
        } catch {
            guard persists else { throw error }
            say("f \(error)")
        }
        if step % 11 == 0 { storage.synchronize() }
        if step % 3 == 0 { storage.tendHead() }
        if persists, step % 20 == 0 {
            let counts = storage.statistics
            say("c \(counts.walSyncFailures + counts.compactionFailures + counts.checkpointFailures)")
        }
    }

    /// A tenth of the series changes every 50 steps.
    private func labels(_ number: Int, _ step: Int) -> LabelSet {
        LabelSet([
            Label(name: "__name__", value: "crash"), Label(name: "number", value: "\(number)"),
            Label(name: "generation", value: "\(number % 10 == 0 ? step / 50 : 0)"),
        ])
    }

    private mutating func append(_ step: Int) throws(AppendError) {
        batch.reset(timestamp: Int64(step) * 1_000)
        batch.references = try storage.resolve((0..<seriesCount).map { labels($0, step) })
        batch.values = (0..<seriesCount).map { Double(step * 1_000 + $0) }
        // Every fourth series holds histograms and has exemplars.
        for number in stride(from: 3, to: seriesCount, by: 4) {
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
            histogram.positiveBuckets = [Double(step), Double(number)]
            histogram.count = Double(step + number)
            histogram.sum = batch.values[number]
            batch.histograms.append(SampleColumns.PositionedHistogram(position: number, histogram: histogram))
            let labels = LabelSet([Label(name: "trace_id", value: "\(step)")])
            batch.exemplars.append(
                SampleBatch.SeriesExemplar(
                    reference: batch.references[number],
                    exemplar: Exemplar(labels: labels, value: batch.values[number], timestamp: nil)))
        }
        let outcome = try storage.append(batch)
        if outcome.appendedCount != seriesCount { say("e step \(step): \(outcome)") }
    }

    /// Samples of every fourth series that are older than its newest, at a time that no other sample has; their value is their time.
    private func appendLate(_ step: Int) throws {
        let numbers = Array(stride(from: 2, to: seriesCount, by: 4))
        let base = (step - Int.random(in: 1...150)) * 1_000
        var batch = SampleBatch(timestamp: Int64(base + 1 + step % 499))
        do throws(AppendError) {
            batch.references = try storage.resolve(numbers.map { labels($0, step) })
            batch.values = numbers.map { _ in Double(batch.timestamp) }
            let outcome = try storage.append(batch)
            say(outcome.appendedCount == numbers.count ? "l \(batch.timestamp)" : "e late, step \(step): \(outcome)")
        } catch {
            guard persists else { throw error }
        }
    }

    /// Looks for a batch; where samples are deleted meanwhile, those of even numbers stay.
    private func query(_ step: Int) throws {
        let time = Int64(step) * 1_000
        var matchers = [Matcher("__name__", .equal, "crash")]
        if isMaintained { matchers.append(Matcher("number", .matchesPattern, ".*[02468]")) }
        let wanted = isMaintained ? seriesCount / 2 : seriesCount
        let selection = try storage.querier(from: time, through: time).select(matchers)
        var columns = SampleColumns()
        for index in 0..<selection.count { try selection.read(index, from: time, through: time, into: &columns) }
        if columns.count == wanted {
            say("q \(step)")
        } else {
            say("e step \(step): \(columns.count) samples")
        }
    }
}
