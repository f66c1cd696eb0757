import ApusModel
import Synchronization

/// Selected series with the places where their samples lie: blocks in the order of their set, then the head.
final class StorageSelection: SeriesSelection {
    /// Where a part of a series lies.
    struct Part {
        /// The block's position, or -1 for the head.
        var block: Int32
        /// The number in the block, or the slot in the head.
        var number: UInt32
        var generation: UInt32
        /// The position of the series' next part, or -1.
        var next: Int32 = -1
    }

    let querier: StorageQuerier
    private let labelSets: [LabelSet]
    private let parts: [Part]
    /// The first part of each series; empty when every part is a series.
    private let firsts: [Int32]
    /// Memory for threads that read, while none does.
    private let scratches = Mutex<[Lease]>([])

    /// A scratch that goes from hand to hand without being copied.
    ///
    /// Unchecked: it is taken out of the list for a read and put back after it, so that one thread at a time has it.
    private final class Lease: @unchecked Sendable {
        var scratch = ReadScratch()
    }

    /// Series with their labels, each a part or, with `firsts`, a chain of parts; keeps the querier open.
    init(querier: StorageQuerier, labelSets: [LabelSet], parts: [Part], firsts: [Int32] = []) {
        self.querier = querier
        self.labelSets = labelSets
        self.parts = parts
        self.firsts = firsts
    }

    var count: Int { labelSets.count }

    func labels(at index: Int) -> LabelSet { labelSets[index] }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        let start = max(start, querier.horizon?.start(of: labelSets[index]) ?? .min)
        guard start <= end else { return }
        try withScratch { scratch throws(QueryableError) in
            try read(index, start...end, &scratch, into: &columns)
        }
    }

    func summaries(alignedTo alignment: Int64) -> (any SummarySelection)? {
        StorageSummaries(self, alignment: alignment)
    }

    func rolledSpan(of index: Int, from start: Int64, through end: Int64) -> RolledSpan? {
        rolledSpan(of: index, from: start, through: end, alignment: 0)
    }

    /// Calls `body` with memory for reading that no other thread uses.
    func withScratch<Result>(
        _ body: (inout ReadScratch) throws(QueryableError) -> Result
    ) throws(QueryableError) -> Result {
        let lease = scratches.withLock { $0.popLast() } ?? Lease()
        defer { scratches.withLock { $0.append(lease) } }
        return try body(&lease.scratch)
    }

    /// Calls `body` with each part of a series, in the order in which they are read.
    func forEachPart(of index: Int, _ body: (Part) -> Void) {
        var next = firsts.isEmpty ? Int32(index) : firsts[index]
        while next >= 0 {
            body(parts[Int(next)])
            next = parts[Int(next)].next
        }
    }

    /// Appends the samples of a series within a range of time, those past their retention included.
    func read(
        _ index: Int, _ range: ClosedRange<Int64>, _ scratch: inout ReadScratch, into columns: inout SampleColumns
    ) throws(QueryableError) {
        let beginning = columns.count
        let firstHistogram = columns.histograms.count
        var next = firsts.isEmpty ? Int32(index) : firsts[index]
        while next >= 0 {
            let part = parts[Int(next)]
            let middle = columns.count
            if part.block >= 0 {
                let block = querier.blocks[Int(part.block)]
                if try block.isRolled(part.number) {
                    block.readRolled(series: part.number, range: range, scratch: &scratch, into: &columns)
                } else if block.timeRange.overlaps(range) {
                    try block.read(series: part.number, range: range, scratch: &scratch, into: &columns)
                }
            } else {
                try querier.readHead(
                    slot: part.number, generation: part.generation, labels: labelSets[index], range: range,
                    scratch: &scratch, into: &columns)
            }
            columns.mergeRuns(from: beginning, middle: middle)
            next = part.next
        }
        // What came before the first is not part of what was read.
        if firstHistogram < columns.histograms.count,
            columns.histograms[firstHistogram].position >= beginning
        {
            columns.histograms[firstHistogram].histogram.forgetPredecessor()
        }
    }
}
