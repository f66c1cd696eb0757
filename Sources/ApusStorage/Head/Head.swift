import ApusBytes
import ApusEncoding
import ApusModel
import Synchronization

/// The newest samples and exemplars, in memory.
///
/// Locks of their own for index, samples and exemplars, so that looking series up never holds up appending to known ones; where two are
/// needed, the index comes first. All
/// changes are made by the one holder of the appender's lock.
final class Head: Sendable {
    let index = Mutex(HeadIndex())
    let samples = Mutex(HeadSamples())
    let exemplars: Mutex<ExemplarRing>
    private let nextQuerier = Atomic<UInt64>(0)

    /// An empty head that keeps so many exemplars.
    init(maximumExemplars: Int) {
        exemplars = Mutex(ExemplarRing(capacity: maximumExemplars))
    }

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
    ///
    /// Histograms have the hints that are stored: good for what follows the sample before.
    func read(
        slot: UInt32, generation: UInt32, sequence: UInt64, range: ClosedRange<Int64>, scratch: inout ReadScratch,
        into columns: inout SampleColumns
    ) throws(QueryableError) {
        scratch.open.removeAll()
        let found = samples.withLock { samples in
            samples.snapshot(
                slot: slot, generation: generation, sequence: sequence, range: range, open: &scratch.open)
        }
        guard let snapshot = found else { return }
        let lower = max(range.lowerBound, snapshot.truncatedBefore)
        var remaining = snapshot.visibleCount
        for chunk in snapshot.chunks {
            if remaining <= 0 || chunk.minimumTime > range.upperBound { break }
            if chunk.maximumTime >= lower {
                do throws(ColumnError) {
                    try chunk.read(&scratch, limit: remaining, range: lower...range.upperBound, into: &columns)
                } catch {
                    throw .unreadable("a chunk in memory cannot be decoded: \(error); restart Apus")
                }
            }
            remaining -= Int(chunk.count)
        }
        columns.append(scratch.open)
    }
}
