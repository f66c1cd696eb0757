import ApusBytes
import ApusModel
import Synchronization

/// Selected series with the places where their samples lie: blocks in order of time, then the head.
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

    private let querier: StorageQuerier
    /// Shares its memory with the head's index.
    private let headLabels: HeadLabels
    private let parts: [Part]
    /// The first part of each series; empty when every part is a series.
    private let firsts: [Int32]
    /// Memory for threads that read, while none does.
    private let scratches = Mutex<[Lease]>([])

    /// A scratch that goes from hand to hand without being copied.
    private final class Lease: @unchecked Sendable {
        // Sendable: taken from the list for a read and put back after it, so that one thread at a time has it.
        var scratch = ReadScratch()
    }

    /// The series of one source, each a part, or joined by `joiner`; keeps the querier open.
    init(querier: StorageQuerier, headLabels: HeadLabels, parts: [Part], firsts: [Int32]) {
        self.querier = querier
        self.headLabels = headLabels
        self.parts = parts
        self.firsts = firsts
    }

    var count: Int { firsts.isEmpty ? parts.count : firsts.count }

    func labels(at index: Int) -> LabelSet {
        let part = parts[firsts.isEmpty ? index : Int(firsts[index])]
        guard part.block >= 0 else { return headLabels.labelSet(of: part.number) }
        // Selecting has read these labels already: they were well-formed.
        return (try? querier.blocks[Int(part.block)].labelSet(of: part.number)) ?? .empty
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        guard start <= end else { return }
        let lease = scratches.withLock { $0.popLast() } ?? Lease()
        defer { scratches.withLock { $0.append(lease) } }
        try read(index, start...end, &lease.scratch, into: &columns)
    }

    private func read(
        _ index: Int, _ range: ClosedRange<Int64>, _ scratch: inout ReadScratch, into columns: inout SampleColumns
    ) throws(QueryableError) {
        let beginning = columns.count
        let firstHistogram = columns.histograms.count
        var next = firsts.isEmpty ? Int32(index) : firsts[index]
        while next >= 0 {
            let part = parts[Int(next)]
            let middle = columns.count
            if part.block >= 0 {
                try querier.blocks[Int(part.block)].read(
                    series: part.number, range: range, scratch: &scratch, into: &columns)
            } else {
                try querier.head.read(
                    slot: part.number, generation: part.generation, sequence: querier.view.sequence,
                    range: range, scratch: &scratch, into: &columns)
            }
            columns.mergeRuns(from: beginning, middle: middle)
            next = part.next
        }
        // What came before the first is not part of what was read.
        if firstHistogram < columns.histograms.count,
            columns.histograms[firstHistogram].histogram.counterResetHint != .gauge
        {
            columns.histograms[firstHistogram].histogram.counterResetHint = .unknown
        }
    }
}

/// Joins the parts of series by their label sets.
struct SeriesJoiner {
    private(set) var parts: [StorageSelection.Part] = []
    private var labels = SymbolTable()
    /// The first and last part of each series.
    private var ends: [(first: Int32, last: Int32)] = []

    /// The first part of each series.
    var firsts: [Int32] { ends.map(\.first) }

    /// Adds a part; those of one series come in order of time.
    mutating func add(labels run: Span<UInt8>, _ part: StorageSelection.Part) {
        // No more series than symbols exist: a selection that large does not fit the memory either.
        guard let symbol = labels.intern(run) else { return }
        let position = Int32(parts.count)
        parts.append(part)
        let series = Int(symbol.index)
        if series == ends.count {
            ends.append((position, position))
        } else {
            parts[Int(ends[series].last)].next = position
            ends[series].last = position
        }
    }
}
