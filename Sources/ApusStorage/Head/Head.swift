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
    /// What came and went lately; its lock is taken by itself.
    let growth: Mutex<SeriesGrowth>
    private let nextQuerier = Atomic<UInt64>(0)

    /// An empty head that keeps so many exemplars.
    init(maximumExemplars: Int, clock: any WallClock) {
        exemplars = Mutex(ExemplarRing(capacity: maximumExemplars))
        growth = Mutex(SeriesGrowth(clock: clock))
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
        let start = columns.count
        scratch.open.removeAll()
        scratch.late.removeAll()
        let found = samples.withLock { samples in
            if !samples.late.isEmpty {
                samples.late.read(
                    slot: slot, generation: generation, sequence: sequence, range: range, into: &scratch.late)
            }
            return samples.snapshot(
                slot: slot, generation: generation, sequence: sequence, range: range, open: &scratch.open)
        }
        guard let snapshot = found else {
            columns.append(scratch.late)
            return
        }
        do throws(ChunkDamage) {
            try snapshot.read(range: range, &scratch, into: &columns)
        } catch {
            guard !error.path.isEmpty else {
                throw .unreadable("a chunk in memory cannot be decoded: \(error.reason); restart Apus")
            }
            throw .unreadable(
                "\(error.path) is damaged at \(error.offset): \(error.reason); restore it from a backup, "
                    + "or wait until the head was written to a block without what is lost")
        }
        columns.append(scratch.open, in: max(range.lowerBound, snapshot.truncatedBefore)...range.upperBound)
        guard scratch.late.count > 0 else { return }
        let middle = columns.count
        columns.append(scratch.late)
        columns.mergeRuns(from: start, middle: middle)
    }
}

extension SampleColumns {
    /// Appends the samples of other columns that lie in a range of time.
    mutating func append(_ other: borrowing SampleColumns, in range: ClosedRange<Int64>) {
        let count = other.count
        var first = 0
        var end = count
        if count > 0, other.timestamps[0] < range.lowerBound {
            first = other.timestamps.firstIndex { $0 >= range.lowerBound } ?? count
        }
        while end > first, other.timestamps[end - 1] > range.upperBound { end -= 1 }
        guard first < end else { return }
        let shift = self.count - first
        timestamps.append(contentsOf: other.timestamps[first..<end])
        values.append(contentsOf: other.values[first..<end])
        for entry in other.histograms where entry.position >= first && entry.position < end {
            histograms.append(PositionedHistogram(position: entry.position + shift, histogram: entry.histogram))
        }
    }
}
