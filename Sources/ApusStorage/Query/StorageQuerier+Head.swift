import ApusModel
import Synchronization

/// What a view sees of the head: without what was deleted or is past its retention.
extension StorageQuerier {
    /// Appends the samples of a series of the head within a range of time.
    func readHead(
        slot: UInt32, generation: UInt32, labels: LabelSet, range: ClosedRange<Int64>, scratch: inout ReadScratch,
        into columns: inout SampleColumns
    ) throws(QueryableError) {
        let start = columns.count
        try head.read(
            slot: slot, generation: generation, sequence: view.sequence, range: range, scratch: &scratch,
            into: &columns)
        if !headTombstones.isEmpty, let deleted = headTombstones[labels] { columns.remove(deleted, from: start) }
    }

    /// The series of the head in the view's range of which nothing is left to see; few are looked at, most often none.
    func hiddenSlots(in index: borrowing HeadIndex) throws(QueryableError) -> Set<UInt32> {
        var hidden = Set<UInt32>()
        var scratch = ReadScratch()
        if let horizon, horizon.latestStart > head.earliestTime {
            for slot in index.allSeries() {
                let labels = index.labels.labelSet(of: slot)
                let generation = index.generation(of: slot)
                if try !isVisible(slot: slot, generation: generation, labels: labels, &scratch) { hidden.insert(slot) }
            }
            return hidden
        }
        for labels in headTombstones.intervals.keys {
            guard let slot = index.find(labels.run.span) else { continue }
            let generation = index.generation(of: slot)
            if try !isVisible(slot: slot, generation: generation, labels: labels, &scratch) { hidden.insert(slot) }
        }
        return hidden
    }

    /// Whether a series of the head, which may have samples in the view's range, has one that was not deleted and is not past its
    /// retention; looked at only where there are such samples.
    func isVisible(
        slot: UInt32, generation: UInt32, labels: LabelSet, _ scratch: inout ReadScratch
    ) throws(QueryableError) -> Bool {
        let oldest = head.earliestTime
        let start = horizon.map { $0.latestStart > oldest ? $0.start(of: labels) : .min } ?? .min
        let deleted = headTombstones.isEmpty ? nil : headTombstones[labels]
        if start <= range.lowerBound, deleted == nil { return true }
        guard start <= range.upperBound else { return false }
        let wanted = max(start, range.lowerBound)...range.upperBound
        var columns = SampleColumns()
        // The newest gap is the likeliest to have samples.
        for gap in (deleted ?? TimeIntervals()).gaps(in: wanted).reversed() {
            try head.read(
                slot: slot, generation: generation, sequence: view.sequence, range: gap, scratch: &scratch,
                into: &columns)
            if columns.count > 0 { return true }
        }
        return false
    }
}

extension Head {
    /// A time before which the head has no sample that is seen.
    ///
    /// The least time that the head notes may be that of a sample up to a minute after the oldest. What is in blocks is not seen in the
    /// head, but for late samples.
    var earliestTime: Int64 {
        samples.withLock { samples in
            func start(_ time: Int64) -> Int64 {
                let (start, overflow) = time.subtractingReportingOverflow(60_000)
                return overflow ? .min : start
            }
            return min(max(start(samples.inOrderMinimumTime), samples.truncatedBefore), start(samples.late.minimumTime))
        }
    }
}

extension Storage {
    /// The series of the head of which everything was deleted; none when what was deleted cannot be read.
    func deletedSlots(in index: borrowing HeadIndex) -> Set<UInt32> {
        let set = blocks.withLock { $0 }
        if set.headTombstones.isEmpty { return [] }
        // The querier closes the view.
        let querier = StorageQuerier(
            head: head, view: head.open(), blocks: set, labels: labels, horizon: nil, range: .min ... .max)
        return (try? querier.hiddenSlots(in: index)) ?? []
    }
}
