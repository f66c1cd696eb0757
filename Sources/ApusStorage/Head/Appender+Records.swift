import ApusBytes
import ApusModel

extension Appender {
    /// Encodes the accepted samples; with times of their own, floats and histograms stay in order.
    mutating func encode(_ batch: borrowing SampleBatch, hasTimestamps: Bool) {
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
    mutating func encodeLate(_ batch: borrowing SampleBatch, hasTimestamps: Bool) {
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

    mutating func encode(_ exemplars: [Head.AcceptedExemplar]) {
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
    func acceptedExemplars(of batch: borrowing SampleBatch, head: Head) -> [Head.AcceptedExemplar] {
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
}
