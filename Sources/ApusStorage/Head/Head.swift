import ApusBytes
import ApusEncoding
import ApusModel
import Synchronization

/// The newest samples, in memory.
///
/// Two locks, so that looking series up never holds up appending to known ones; where both are needed, the index comes first. All
/// changes are made by the one holder of the appender's lock.
final class Head: Sendable {
    let index = Mutex(HeadIndex())
    let samples = Mutex(HeadSamples())
    private let nextQuerier = Atomic<UInt64>(0)

    /// The view of one querier.
    struct View: Sendable {
        let id: UInt64
        let sequence: UInt64
    }

    /// Opens a view of the batches appended so far; `close` must follow.
    func open() -> View {
        let id = nextQuerier.wrappingAdd(1, ordering: .relaxed).newValue
        return samples.withLock { samples in
            samples.visibility.open(id: id, sequence: samples.sequence, epoch: samples.epoch)
            return View(id: id, sequence: samples.sequence)
        }
    }

    /// Releases a view.
    func close(_ view: View) {
        samples.withLock { $0.visibility.close(id: view.id) }
    }

    /// Appends the samples of a series that a view sees, within a range of time.
    func read(
        slot: UInt32, generation: UInt32, sequence: UInt64, range: ClosedRange<Int64>, decoder: inout ColumnDecoder,
        into columns: inout SampleColumns
    ) throws(QueryableError) {
        let found = samples.withLock { $0.snapshot(slot: slot, generation: generation, sequence: sequence) }
        guard let snapshot = found, snapshot.truncatedBefore <= range.upperBound else { return }
        let range = max(range.lowerBound, snapshot.truncatedBefore)...range.upperBound
        var remaining = snapshot.visibleCount
        for chunk in snapshot.chunks {
            if remaining <= 0 || chunk.minimumTime > range.upperBound { return }
            let count = Int(chunk.count)
            if chunk.maximumTime >= range.lowerBound {
                let start = columns.count
                do throws(ColumnError) {
                    try chunk.decode(&decoder, into: &columns)
                } catch {
                    throw .unreadable("a chunk in memory cannot be decoded: \(error); restart Apus")
                }
                columns.trim(from: start, limit: remaining, to: range)
            }
            remaining -= count
        }
        for position in 0..<max(0, min(remaining, snapshot.openCount)) {
            let timestamp = snapshot.openTimestamps[position]
            if range.contains(timestamp) { columns.append(snapshot.openValues[position], at: timestamp) }
        }
    }
}
