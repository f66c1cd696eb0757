import ApusModel
import Synchronization

extension Head {
    /// An exemplar of a batch and its series, which the head holds.
    struct AcceptedExemplar {
        var reference: SeriesReference
        var exemplar: StoredExemplar
    }

    /// Those of a batch's exemplars that the ring takes, each series' in order of time.
    func acceptable(_ batch: [AcceptedExemplar]) -> [AcceptedExemplar] {
        let sorted = batch.sorted { a, b in
            if a.reference != b.reference { return a.reference.rawValue < b.reference.rawValue }
            if a.exemplar.timestamp != b.exemplar.timestamp { return a.exemplar.timestamp < b.exemplar.timestamp }
            if a.exemplar.value != b.exemplar.value { return a.exemplar.value < b.exemplar.value }
            return a.exemplar.labels < b.exemplar.labels
        }
        return exemplars.withLock { ring in
            sorted.filter { entry in
                guard let refusal = ring.refusal(of: entry.exemplar, series: entry.reference) else { return true }
                ring.note(refusal)
                return false
            }
        }
    }

    /// Adds exemplars to the ring.
    func add(_ batch: [AcceptedExemplar]) {
        // The index changes only under the appender's lock, which the caller holds.
        let labels = index.withLock { $0.labels }
        exemplars.withLock { ring in
            for entry in batch {
                ring.append(entry.exemplar, series: entry.reference) { labels.labelSet(of: entry.reference.slot) }
            }
        }
    }
}
