import ApusBytes
import ApusEncoding
import ApusModel
import Synchronization

extension Appender {
    /// Decides on every sample; the accepted ones become their series' newest, which `undo` can take back.
    mutating func accept(
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
    mutating func setNewest(of slot: Int, to newest: Series) {
        if series[slot].isHistogram != newest.isHistogram { histogramSeriesCount += newest.isHistogram ? 1 : -1 }
        series[slot] = newest
    }
}
