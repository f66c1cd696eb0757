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
    private struct AcceptedHistogram {
        /// Its position in `accepted`.
        var order: Int
        /// Its position in the batch's histograms.
        var number: Int
        /// Where its bytes lie in `histogramBytes`.
        var bytes: Range<Int>
    }

    var log: WALWriter
    private(set) var series: [Series]
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
    private var records = WALRecordWriter()
    private var accepted: [Int] = []
    private var acceptedHistograms: [AcceptedHistogram] = []
    /// The late samples of the batch, by position, with the number of a histogram in the batch and the bytes of it.
    private var acceptedLate: [(position: Int, histogram: Int?, bytes: Range<Int>)] = []
    private var histogramBytes = ByteWriter()
    private var undo: [(slot: UInt32, previous: Series)] = []
    /// The series whose newest sample is a histogram.
    private(set) var histogramSeriesCount = 0
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

    /// Decides on every sample; the accepted ones become their series' newest, which `undo` can take back.
    private mutating func accept(
        _ batch: borrowing SampleBatch, hasTimestamps: Bool, latestTime: Int64, lateness: Lateness,
        head: Head, outcome: inout AppendOutcome
    ) {
        accepted.removeAll(keepingCapacity: true)
        undo.removeAll(keepingCapacity: true)
        acceptedHistograms.removeAll(keepingCapacity: true)
        acceptedLate.removeAll(keepingCapacity: true)
        let late = lateness.window > 0 ? head.samples.withLock { $0.late.count } : 0
        var newestTime = newestTime
        histogramBytes.bytes.removeAll(keepingCapacity: histogramBytes.bytes.capacity <= 1 << 20)
        var nextHistogram = 0
        var histogramPosition = batch.histograms.first?.position ?? .max
        accepted.reserveCapacity(batch.count)
        undo.reserveCapacity(batch.count)
        var next = 0
        while true {
            let usual = next..<max(next, min(histogramPosition, batch.count))
            next = acceptUsual(
                batch, usual, hasTimestamps: hasTimestamps, latestTime: latestTime, newestTime: &newestTime)
            let position = next
            guard position < batch.count else { break }
            next += 1
            let reference = batch.references[position]
            let slot = reference.slot
            var encoded: Range<Int>?
            var isInvalid = false
            if position == histogramPosition {
                encoded = encode(batch.histograms[nextHistogram].histogram)
                isInvalid = encoded == nil
                nextHistogram += 1
                histogramPosition =
                    nextHistogram < batch.histograms.count ? batch.histograms[nextHistogram].position : .max
            }
            guard Int(slot) < series.count, series[Int(slot)].isLive,
                series[Int(slot)].generation == reference.generation
            else {
                outcome.rejections.append((position, reference.isRefused ? .seriesLimit : .unknownSeries))
                continue
            }
            if isInvalid {
                outcome.rejections.append((position, .invalidHistogram))
                continue
            }
            let timestamp = hasTimestamps ? batch.timestamps[position] : batch.timestamp
            if series[Int(slot)].hasUnknownValue, timestamp == series[Int(slot)].lastTimestamp {
                learnValue(of: reference, head: head)
            }
            let last = series[Int(slot)]
            var newest = last
            newest.hasUnknownValue = false
            newest.lastTimestamp = timestamp
            newest.isHistogram = encoded != nil
            newest.lastValue =
                encoded.map { WALHistogram.fingerprint(ofEncoded: histogramBytes.bytes.span.extracting($0)) }
                ?? batch.values[position].bitPattern
            if timestamp > latestTime {
                outcome.rejections.append((position, .outOfBounds))
            } else if timestamp >= truncatedBefore, timestamp > last.lastTimestamp {
                newestTime = max(newestTime, timestamp)
                undo.append((slot, last))
                if let encoded {
                    acceptedHistograms.append(
                        AcceptedHistogram(order: accepted.count, number: nextHistogram - 1, bytes: encoded))
                }
                setNewest(of: Int(slot), to: newest)
                accepted.append(position)
            } else if timestamp == last.lastTimestamp, !last.hasUnknownValue, newest.lastValue == last.lastValue,
                newest.isHistogram == last.isHistogram
            {
                outcome.appendedCount += 1
            } else if timestamp == last.lastTimestamp, timestamp >= truncatedBefore {
                outcome.rejections.append((position, .duplicateTimestamp))
            } else if lateness.window > 0 {
                let (oldest, overflow) = newestTime.subtractingReportingOverflow(lateness.window)
                if !overflow, timestamp < oldest {
                    outcome.rejections.append((position, .tooOld))
                } else if late + acceptedLate.count >= lateness.limit {
                    outcome.rejections.append((position, .outOfOrder))
                } else {
                    acceptedLate.append(
                        (position, encoded == nil ? nil : nextHistogram - 1, encoded ?? 0..<0))
                }
            } else {
                outcome.rejections.append((position, timestamp < truncatedBefore ? .outOfBounds : .outOfOrder))
            }
        }
    }

    /// Accepts floats that are newer than all of their series and no newer than may be, as nearly all are.
    ///
    /// - Returns: the position of the first that is something else, or the end.
    private mutating func acceptUsual(
        _ batch: borrowing SampleBatch, _ positions: Range<Int>, hasTimestamps: Bool, latestTime: Int64,
        newestTime: inout Int64
    ) -> Int {
        let references = batch.references.span
        let values = batch.values.span
        let timestamps = batch.timestamps.span
        let truncatedBefore = truncatedBefore
        // Out of here while the other parts change.
        var all: [Series] = []
        swap(&all, &series)
        defer { swap(&all, &series) }
        var series = all.mutableSpan
        for position in positions {
            let reference = references[position]
            let slot = Int(reference.slot)
            let timestamp = hasTimestamps ? timestamps[position] : batch.timestamp
            guard slot < series.count else { return position }
            let last = series[slot]
            guard last.isLive, last.generation == reference.generation, timestamp > last.lastTimestamp,
                timestamp <= latestTime, timestamp >= truncatedBefore
            else { return position }
            undo.append((reference.slot, last))
            accepted.append(position)
            if last.isHistogram { histogramSeriesCount -= 1 }
            series[slot].note(values[position].bitPattern, at: timestamp, isHistogram: false)
            newestTime = max(newestTime, timestamp)
        }
        return positions.upperBound
    }

    /// Looks the newest sample of a series up that was not needed since the store was opened.
    private mutating func learnValue(of reference: SeriesReference, head: Head) {
        let slot = Int(reference.slot)
        let time = series[slot].lastTimestamp
        var scratch = ReadScratch()
        var columns = SampleColumns()
        do throws(QueryableError) {
            try head.read(
                slot: reference.slot, generation: reference.generation, sequence: .max, range: time...time,
                scratch: &scratch, into: &columns)
        } catch {
            // What cannot be read is not equal to anything.
            return
        }
        if let histogram = columns.histograms.first?.histogram {
            var encoded = ByteWriter()
            WALHistogram.append(histogram, to: &encoded)
            series[slot].lastValue = WALHistogram.fingerprint(ofEncoded: encoded.bytes.span)
        } else if let value = columns.values.first {
            series[slot].lastValue = value.bitPattern
        }
        series[slot].hasUnknownValue = false
    }

    /// Encodes a histogram for the log; `nil` when it cannot be stored.
    private mutating func encode(_ histogram: borrowing NativeHistogram) -> Range<Int>? {
        guard HistogramLayout.isStorable(histogram) else { return nil }
        do throws(HistogramError) { try histogram.validate() } catch { return nil }
        let start = histogramBytes.count
        WALHistogram.append(histogram, to: &histogramBytes)
        return start..<histogramBytes.count
    }

    @inline(__always)
    private mutating func setNewest(of slot: Int, to newest: Series) {
        if series[slot].isHistogram != newest.isHistogram { histogramSeriesCount += newest.isHistogram ? 1 : -1 }
        series[slot] = newest
    }

    // MARK: Records

    /// Encodes the accepted samples; with times of their own, floats and histograms stay in order.
    private mutating func encode(_ batch: borrowing SampleBatch, hasTimestamps: Bool) {
        guard !acceptedHistograms.isEmpty else {
            encodeFloats(batch, accepted[...], hasTimestamps: hasTimestamps)
            return
        }
        if !hasTimestamps {
            // A series has one sample of a time: the order does not matter.
            var floats = accepted
            for histogram in acceptedHistograms.reversed() { floats.remove(at: histogram.order) }
            encodeFloats(batch, floats[...], hasTimestamps: false)
            encodeHistograms(batch, acceptedHistograms[...], hasTimestamps: false)
            return
        }
        var order = 0
        var next = 0
        while order < accepted.count {
            let end = next < acceptedHistograms.count ? acceptedHistograms[next].order : accepted.count
            encodeFloats(batch, accepted[order..<end], hasTimestamps: true)
            order = end
            let first = next
            while next < acceptedHistograms.count, acceptedHistograms[next].order == order {
                next += 1
                order += 1
            }
            encodeHistograms(batch, acceptedHistograms[first..<next], hasTimestamps: true)
        }
    }

    private mutating func encodeFloats(
        _ batch: borrowing SampleBatch, _ positions: ArraySlice<Int>, hasTimestamps: Bool
    ) {
        var next = positions.startIndex
        while next < positions.endIndex {
            let end = min(positions.endIndex, next + WALFormat.maximumSamplesPerRecord)
            // Most requests bring one time for all samples, but give it for each.
            let common = hasTimestamps ? batch.timestamps[positions[next]] : batch.timestamp
            let isMixed = hasTimestamps && positions[next..<end].contains { batch.timestamps[$0] != common }
            records.beginSamples(.packedSamples, timestamp: common, count: end - next, hasTimestamps: isMixed)
            for position in positions[next..<end] {
                let reference = batch.references[position]
                records.appendPacked(
                    slot: reference.slot, generation: reference.generation,
                    offset: isMixed ? batch.timestamps[position] &- common : nil,
                    value: batch.values[position].bitPattern)
            }
            records.finish()
            next = end
        }
    }

    private mutating func encodeHistograms(
        _ batch: borrowing SampleBatch, _ histograms: ArraySlice<AcceptedHistogram>, hasTimestamps: Bool
    ) {
        let bytes = histogramBytes.bytes
        var next = histograms.startIndex
        while next < histograms.endIndex {
            let end = min(histograms.endIndex, next + WALFormat.maximumHistogramsPerRecord)
            records.beginSamples(
                .histograms, timestamp: batch.timestamp, count: end - next, hasTimestamps: hasTimestamps)
            for histogram in histograms[next..<end] {
                let position = accepted[histogram.order]
                let reference = batch.references[position]
                records.appendHistogram(
                    slot: reference.slot, generation: reference.generation,
                    offset: hasTimestamps ? batch.timestamps[position] &- batch.timestamp : nil,
                    encoded: bytes.span.extracting(histogram.bytes))
            }
            records.finish()
            next = end
        }
    }

    /// Encodes the late samples, whatever their order: each has a time that no other of its series has.
    private mutating func encodeLate(_ batch: borrowing SampleBatch, hasTimestamps: Bool) {
        for areHistograms in [false, true] {
            let entries = acceptedLate.filter { ($0.histogram != nil) == areHistograms }
            let limit = areHistograms ? WALFormat.maximumHistogramsPerRecord : WALFormat.maximumSamplesPerRecord
            let bytes = histogramBytes.bytes
            var next = 0
            while next < entries.count {
                let end = min(entries.count, next + limit)
                records.beginSamples(
                    areHistograms ? .lateHistograms : .lateSamples, timestamp: batch.timestamp, count: end - next,
                    hasTimestamps: hasTimestamps)
                for entry in entries[next..<end] {
                    let reference = batch.references[entry.position]
                    let offset = hasTimestamps ? batch.timestamps[entry.position] &- batch.timestamp : nil
                    if areHistograms {
                        records.appendHistogram(
                            slot: reference.slot, generation: reference.generation, offset: offset,
                            encoded: bytes.span.extracting(entry.bytes))
                    } else {
                        records.appendSample(
                            slot: reference.slot, generation: reference.generation, offset: offset,
                            value: batch.values[entry.position].bitPattern)
                    }
                }
                records.finish()
                next = end
            }
        }
    }

    private mutating func encode(_ exemplars: [Head.AcceptedExemplar]) {
        var next = 0
        while next < exemplars.count {
            let end = min(exemplars.count, next + WALFormat.maximumExemplarsPerRecord)
            records.beginExemplars(count: end - next)
            for entry in exemplars[next..<end] {
                records.appendExemplar(
                    slot: entry.reference.slot, generation: entry.reference.generation, exemplar: entry.exemplar)
            }
            records.finish()
            next = end
        }
    }

    /// The exemplars of a batch whose series are known and which the ring takes.
    private func acceptedExemplars(of batch: borrowing SampleBatch, head: Head) -> [Head.AcceptedExemplar] {
        var known: [Head.AcceptedExemplar] = []
        for entry in batch.exemplars {
            let slot = Int(entry.reference.slot)
            guard slot < series.count, series[slot].isLive, series[slot].generation == entry.reference.generation
            else { continue }
            known.append(
                Head.AcceptedExemplar(
                    reference: entry.reference,
                    exemplar: StoredExemplar(
                        labels: entry.exemplar.labels, value: entry.exemplar.value,
                        timestamp: entry.exemplar.timestamp ?? batch.timestamp,
                        hasOwnTime: entry.exemplar.timestamp != nil)))
        }
        return head.acceptable(known)
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
