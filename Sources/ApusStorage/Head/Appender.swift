import ApusBytes
import ApusEncoding
import ApusModel
import Synchronization

/// What only the one who appends touches: the log, each series' newest sample, free slots.
struct Appender {
    /// The newest sample of a slot and the generation of what holds it.
    struct Series {
        var generation: UInt32 = 0
        var isLive = false
        /// Whether the newest sample is a histogram.
        var isHistogram = false
        /// Whether `lastValue` has to be looked up in the head: it was not needed since the store was opened.
        var hasUnknownValue = false
        var lastTimestamp = Int64.min
        /// The bits of the newest sample, or the fingerprint of a histogram.
        var lastValue: UInt64 = 0

        /// Takes a sample over that is newer.
        @inline(__always)
        mutating func note(_ value: UInt64, at timestamp: Int64, isHistogram: Bool) {
            lastTimestamp = timestamp
            lastValue = value
            self.isHistogram = isHistogram
            hasUnknownValue = false
        }
    }

    /// What samples are accepted that are older than the newest of their series.
    struct Lateness {
        /// How far behind the newest sample of all, in milliseconds.
        var window: Int64
        /// The most of them in memory.
        var limit: Int
    }

    /// A histogram that was accepted, encoded.
    struct AcceptedHistogram {
        /// Its position in `accepted`.
        var order: Int
        /// Its position in the batch's histograms.
        var number: Int
        /// Where its bytes lie in `histogramBytes`.
        var bytes: Range<Int>
    }

    var log: WALWriter
    var series: [Series]
    /// Slots that can be taken, the lowest last.
    private var freeSlots: [UInt32]
    /// Samples before this are in blocks or too old.
    var truncatedBefore: Int64
    /// The time of the newest sample of all; `Int64.min` when there was none.
    var newestTime = Int64.min
    var isClosed = false
    var appendedSamples: UInt64 = 0
    /// Those of them that were older than the newest of their series.
    var lateSamples: UInt64 = 0
    var createdSeries: UInt64 = 0
    var removedSeries: UInt64 = 0
    var records = WALRecordWriter()
    var accepted: [Int] = []
    var acceptedHistograms: [AcceptedHistogram] = []
    /// The late samples of the batch, by position, with the number of a histogram in the batch and the bytes of it.
    var acceptedLate: [(position: Int, histogram: Int?, bytes: Range<Int>)] = []
    var histogramBytes = ByteWriter()
    var undo: [(slot: UInt32, previous: Series)] = []
    /// The series whose newest sample is a histogram.
    var histogramSeriesCount = 0
    /// Decides which new series are made; what the log brings back is made without it.
    var limiter: SeriesLimiter

    /// An appender that goes on with `log`.
    init(
        log: WALWriter, series: [Series], freeSlots: [UInt32], truncatedBefore: Int64, limiter: SeriesLimiter
    ) {
        self.limiter = limiter
        self.log = log
        self.series = series
        self.freeSlots = freeSlots
        self.truncatedBefore = truncatedBefore
        histogramSeriesCount = series.count { $0.isLive && $0.isHistogram }
    }

    // MARK: Series

    /// The references of label sets; new series are logged before they are made.
    mutating func resolve(
        _ labelSets: [LabelSet], head: Head, options: StorageOptions
    ) throws(AppendError) -> [SeriesReference] {
        guard !isClosed else { throw .closed }
        var references: [SeriesReference] = []
        references.reserveCapacity(labelSets.count)
        var missing: [Int] = []
        head.index.withLock { index in
            for (position, labels) in labelSets.enumerated() {
                if let slot = index.find(labels.run.span) {
                    references.append(reference(slot))
                } else {
                    missing.append(position)
                    references.append(SeriesReference(rawValue: .max))
                }
            }
        }
        if missing.isEmpty { return references }
        for position in missing where labelSets[position].run.count > options.maximumLabelSetBytes {
            throw .labelsTooLong(bytes: labelSets[position].run.count, limit: options.maximumLabelSetBytes)
        }
        try create(labelSets, at: missing, head: head, references: &references)
        return references
    }

    private mutating func create(
        _ labelSets: [LabelSet], at missing: [Int], head: Head, references: inout [SeriesReference]
    ) throws(AppendError) {
        // The same new label set may occur twice in one call.
        var first: [LabelSet: UInt32] = [:]
        var new: [(slot: UInt32, position: Int)] = []
        let refused =
            limiter.accepts(missing.count, beside: series.count - freeSlots.count)
            ? [:] : head.index.withLock { limiter.refusals(of: labelSets, at: missing, in: $0) }
        records.reset()
        for position in missing {
            if let number = refused[position] {
                references[position] = .refused(number)
                continue
            }
            let labels = labelSets[position]
            if let slot = first[labels] {
                references[position] = reference(slot, isNew: true)
                continue
            }
            let slot =
                new.count < freeSlots.count
                ? freeSlots[freeSlots.count - 1 - new.count] : UInt32(series.count + new.count - freeSlots.count)
            first[labels] = slot
            new.append((slot, position))
            references[position] = reference(slot, isNew: true)
            records.appendSeries(slot: slot, generation: generation(slot), labels: labels.run.span)
        }
        if new.isEmpty { return }
        records.finish()
        do throws(AppendError) { try writeRecords() } catch {
            limiter.recount()
            throw error
        }
        freeSlots.removeLast(min(new.count, freeSlots.count))
        let isFull = head.index.withLock { index in
            defer { index.settle() }
            return head.samples.withLock { samples in
                for (slot, position) in new {
                    let run = labelSets[position].run
                    guard index.insert(run.span, at: slot, generation: generation(slot)) else { return true }
                    samples.insert(slot: slot, generation: generation(slot))
                    adopt(slot: slot, generation: generation(slot))
                    createdSeries += 1
                }
                return false
            }
        }
        if isFull { throw .tooManySymbols }
        head.growth.withLock { growth in
            growth.advance()
            for (_, position) in new {
                let run = labelSets[position].run
                growth.noteCreated(run.span)
            }
        }
    }

    /// Takes a slot for a series of the given generation.
    mutating func adopt(slot: UInt32, generation: UInt32) {
        while series.count <= Int(slot) { series.append(Series()) }
        series[Int(slot)] = Series(generation: generation, isLive: true)
    }

    /// Gives slots back, so that references to what they held are refused from now on.
    mutating func free(_ slots: [UInt32]) {
        for slot in slots {
            if series[Int(slot)].isHistogram { histogramSeriesCount -= 1 }
            series[Int(slot)] = Series(generation: series[Int(slot)].generation &+ 1)
        }
        freeSlots.append(contentsOf: slots)
        freeSlots.sort(by: >)
        removedSeries += UInt64(slots.count)
        limiter.recount()
    }

    private func generation(_ slot: UInt32) -> UInt32 {
        Int(slot) < series.count ? series[Int(slot)].generation : 0
    }

    private func reference(_ slot: UInt32, isNew: Bool = false) -> SeriesReference {
        SeriesReference(slot: slot, generation: generation(slot))
    }

    // MARK: Samples

    /// Checks a batch, logs what can be stored, then makes it visible.
    mutating func append(
        _ batch: borrowing SampleBatch, head: Head, latestTime: Int64, lateness: Lateness
    ) throws(AppendError) -> AppendOutcome {
        guard !isClosed else { throw .closed }
        var outcome = AppendOutcome()
        let hasTimestamps = !batch.timestamps.isEmpty
        precondition(batch.values.count == batch.count && (!hasTimestamps || batch.timestamps.count == batch.count))
        accept(
            batch, hasTimestamps: hasTimestamps, latestTime: latestTime, lateness: lateness, head: head,
            outcome: &outcome)
        let exemplars = batch.exemplars.isEmpty ? [] : acceptedExemplars(of: batch, head: head)
        guard !accepted.isEmpty || !exemplars.isEmpty || !acceptedLate.isEmpty else { return outcome }
        records.reset()
        if !acceptedHistograms.isEmpty || !exemplars.isEmpty || !acceptedLate.isEmpty { records.beginBatch() }
        encode(batch, hasTimestamps: hasTimestamps)
        encodeLate(batch, hasTimestamps: hasTimestamps)
        encode(exemplars)
        records.finishBatch()
        do throws(AppendError) {
            try writeRecords()
        } catch {
            for entry in undo.reversed() { setNewest(of: Int(entry.slot), to: entry.previous) }
            throw error
        }
        outcome.appendedCount += accepted.count + acceptedLate.count
        appendedSamples += UInt64(accepted.count + acceptedLate.count)
        lateSamples += UInt64(acceptedLate.count)
        publish(batch, hasTimestamps: hasTimestamps, to: head)
        if !exemplars.isEmpty { head.add(exemplars) }
        return outcome
    }

    /// Makes the accepted samples visible.
    private mutating func publish(_ batch: borrowing SampleBatch, hasTimestamps: Bool, to head: Head) {
        guard !accepted.isEmpty || !acceptedLate.isEmpty else { return }
        let values = batch.values.span
        let references = batch.references.span
        let timestamps = batch.timestamps.span
        let common = batch.timestamp
        let histograms = batch.histograms.span
        head.samples.withLock { samples in
            samples.sequence += 1
            var next = 0
            for entry in acceptedHistograms {
                samples.append(batch, accepted.span.extracting(next..<entry.order))
                let position = accepted[entry.order]
                samples.append(
                    histograms[entry.number].histogram, at: hasTimestamps ? timestamps[position] : common,
                    slot: references[position].slot)
                next = entry.order + 1
            }
            samples.append(batch, accepted.span.extracting(next..<accepted.count))
            for entry in acceptedLate {
                samples.insertLate(
                    values[entry.position], entry.histogram.map { histograms[$0].histogram },
                    at: hasTimestamps ? timestamps[entry.position] : common, slot: references[entry.position].slot)
            }
            newestTime = max(newestTime, samples.maximumTime)
        }
    }

    private mutating func writeRecords() throws(AppendError) {
        do throws(FileError) {
            let bytes = records.bytes
            try log.write(bytes.span)
        } catch {
            throw .notDurable("\(error); nothing of the batch was stored")
        }
    }
}
