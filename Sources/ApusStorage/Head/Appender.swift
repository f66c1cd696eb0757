import ApusBytes
import ApusModel
import Synchronization

/// What only the one who appends touches: the log, each series' newest sample, free slots.
struct Appender {
    /// The newest sample of a slot and the generation of what holds it.
    struct Series {
        var generation: UInt32 = 0
        var isLive = false
        var lastTimestamp = Int64.min
        var lastValue: UInt64 = 0
    }

    var log: WALWriter
    private(set) var series: [Series]
    /// Slots that can be taken, the lowest last.
    private var freeSlots: [UInt32]
    /// Samples before this are in blocks or too old.
    var truncatedBefore: Int64
    var isClosed = false
    var appendedSamples: UInt64 = 0
    var createdSeries: UInt64 = 0
    var removedSeries: UInt64 = 0
    private var records = WALRecordWriter()
    private var accepted: [Int] = []
    private var undo: [(slot: UInt32, timestamp: Int64, value: UInt64)] = []

    /// An appender that goes on with `log`.
    init(log: WALWriter, series: [Series], freeSlots: [UInt32], truncatedBefore: Int64) {
        self.log = log
        self.series = series
        self.freeSlots = freeSlots
        self.truncatedBefore = truncatedBefore
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
        try create(labelSets, at: missing, head: head, limit: options.maximumSeries, references: &references)
        return references
    }

    private mutating func create(
        _ labelSets: [LabelSet], at missing: [Int], head: Head, limit: Int, references: inout [SeriesReference]
    ) throws(AppendError) {
        // The same new label set may occur twice in one call.
        var first: [LabelSet: UInt32] = [:]
        var new: [(slot: UInt32, position: Int)] = []
        let liveCount = series.count - freeSlots.count
        records.reset()
        for position in missing {
            let labels = labelSets[position]
            if let slot = first[labels] {
                references[position] = reference(slot, isNew: true)
                continue
            }
            guard liveCount + new.count < limit else { throw .tooManySeries(limit: limit) }
            let slot =
                new.count < freeSlots.count
                ? freeSlots[freeSlots.count - 1 - new.count] : UInt32(series.count + new.count - freeSlots.count)
            first[labels] = slot
            new.append((slot, position))
            references[position] = reference(slot, isNew: true)
            records.appendSeries(slot: slot, generation: generation(slot), labels: labels.run.span)
        }
        records.finish()
        try writeRecords()
        freeSlots.removeLast(min(new.count, freeSlots.count))
        let isFull = head.index.withLock { index in
            head.samples.withLock { samples in
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
        if isFull { throw .tooManySeries(limit: limit) }
    }

    /// Takes a slot for a series of the given generation.
    mutating func adopt(slot: UInt32, generation: UInt32) {
        while series.count <= Int(slot) { series.append(Series()) }
        series[Int(slot)] = Series(generation: generation, isLive: true)
    }

    /// Gives slots back, so that references to what they held are refused from now on.
    mutating func free(_ slots: [UInt32]) {
        for slot in slots {
            series[Int(slot)] = Series(generation: series[Int(slot)].generation &+ 1)
        }
        freeSlots.append(contentsOf: slots)
        freeSlots.sort(by: >)
        removedSeries += UInt64(slots.count)
    }

    private func generation(_ slot: UInt32) -> UInt32 {
        Int(slot) < series.count ? series[Int(slot)].generation : 0
    }

    private func reference(_ slot: UInt32, isNew: Bool = false) -> SeriesReference {
        SeriesReference(rawValue: UInt64(slot) << 32 | UInt64(generation(slot)))
    }

    // MARK: Samples

    /// Checks a batch, logs what can be stored, then makes it visible.
    mutating func append(
        _ batch: borrowing SampleBatch, head: Head, latestTime: Int64
    ) throws(AppendError) -> AppendOutcome {
        guard !isClosed else { throw .closed }
        var outcome = AppendOutcome()
        let hasTimestamps = !batch.timestamps.isEmpty
        precondition(batch.values.count == batch.count && (!hasTimestamps || batch.timestamps.count == batch.count))
        accept(batch, hasTimestamps: hasTimestamps, latestTime: latestTime, outcome: &outcome)
        guard !accepted.isEmpty else { return outcome }
        encode(batch, hasTimestamps: hasTimestamps)
        do throws(AppendError) {
            try writeRecords()
        } catch {
            for entry in undo.reversed() {
                series[Int(entry.slot)].lastTimestamp = entry.timestamp
                series[Int(entry.slot)].lastValue = entry.value
            }
            throw error
        }
        outcome.appendedCount += accepted.count
        appendedSamples += UInt64(accepted.count)
        let values = batch.values.span
        let references = batch.references.span
        let timestamps = batch.timestamps.span
        let common = batch.timestamp
        head.samples.withLock { samples in
            samples.sequence += 1
            for position in accepted {
                samples.append(
                    values[position], at: hasTimestamps ? timestamps[position] : common,
                    slot: UInt32(truncatingIfNeeded: references[position].rawValue >> 32))
            }
        }
        return outcome
    }

    /// Decides on every sample; the accepted ones become their series' newest, which `undo` can take back.
    private mutating func accept(
        _ batch: borrowing SampleBatch, hasTimestamps: Bool, latestTime: Int64, outcome: inout AppendOutcome
    ) {
        accepted.removeAll(keepingCapacity: true)
        undo.removeAll(keepingCapacity: true)
        for position in 0..<batch.count {
            let reference = batch.references[position].rawValue
            let slot = UInt32(truncatingIfNeeded: reference >> 32)
            guard Int(slot) < series.count, series[Int(slot)].isLive,
                series[Int(slot)].generation == UInt32(truncatingIfNeeded: reference)
            else {
                outcome.rejections.append((position, .unknownSeries))
                continue
            }
            let timestamp = hasTimestamps ? batch.timestamps[position] : batch.timestamp
            let value = batch.values[position].bitPattern
            let last = series[Int(slot)]
            if timestamp < truncatedBefore || timestamp > latestTime {
                outcome.rejections.append((position, .outOfBounds))
            } else if timestamp > last.lastTimestamp {
                undo.append((slot, last.lastTimestamp, last.lastValue))
                series[Int(slot)].lastTimestamp = timestamp
                series[Int(slot)].lastValue = value
                accepted.append(position)
            } else if timestamp < last.lastTimestamp {
                outcome.rejections.append((position, .outOfOrder))
            } else if value == last.lastValue {
                outcome.appendedCount += 1
            } else {
                outcome.rejections.append((position, .duplicateTimestamp))
            }
        }
    }

    private mutating func encode(_ batch: borrowing SampleBatch, hasTimestamps: Bool) {
        records.reset()
        var next = 0
        while next < accepted.count {
            let end = min(accepted.count, next + WALFormat.maximumSamplesPerRecord)
            records.beginSamples(timestamp: batch.timestamp, count: end - next, hasTimestamps: hasTimestamps)
            for position in accepted[next..<end] {
                let reference = batch.references[position].rawValue
                records.appendSample(
                    slot: UInt32(truncatingIfNeeded: reference >> 32),
                    generation: UInt32(truncatingIfNeeded: reference),
                    offset: hasTimestamps ? batch.timestamps[position] &- batch.timestamp : nil,
                    value: batch.values[position].bitPattern)
            }
            records.finish()
            next = end
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
