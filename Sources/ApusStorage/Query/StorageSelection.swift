import ApusBytes
import ApusEncoding
import ApusModel

/// Selected series with the places where their samples lie: blocks in order of time, then the head.
final class StorageSelection: SeriesSelection {
    /// Where a part of a series lies.
    enum Source {
        case block(Int)
        case head
    }

    fileprivate struct Part {
        /// The block's position, or -1 for the head.
        var block: Int32
        var number: UInt32
        var generation: UInt32
        /// The position of the series' next part, or -1.
        var next: Int32
    }

    /// Joins the parts of a series by its label set.
    struct Builder {
        fileprivate var labels = SymbolTable()
        fileprivate var parts: [Part] = []
        /// The first and last part of each series.
        fileprivate var ends: [(first: Int32, last: Int32)] = []

        /// Adds a part; those of one series come in order of time.
        mutating func add(labels run: Span<UInt8>, source: Source, number: UInt32, generation: UInt32) {
            // No more series than symbols exist: a selection that large does not fit the memory either.
            guard let symbol = labels.intern(run) else { return }
            let part = Int32(parts.count)
            let block: Int32 = if case .block(let position) = source { Int32(position) } else { -1 }
            parts.append(Part(block: block, number: number, generation: generation, next: -1))
            let series = Int(symbol.index)
            if series == ends.count {
                ends.append((part, part))
            } else {
                parts[Int(ends[series].last)].next = part
                ends[series].last = part
            }
        }
    }

    private let querier: StorageQuerier
    private let labels: SymbolTable
    private let parts: [Part]
    private let firsts: [Int32]

    /// What `builder` holds; keeps the querier open.
    init(querier: StorageQuerier, builder: consuming Builder) {
        self.querier = querier
        labels = builder.labels
        parts = builder.parts
        firsts = builder.ends.map(\.first)
    }

    var count: Int { firsts.count }

    func labels(at index: Int) -> LabelSet {
        let labels = labels
        let run = labels.text(of: Symbol(index: UInt32(index)))
        return unsafe run.withUnsafeBufferPointer { unsafe LabelSet(uncheckedRun: Array($0)) }
    }

    func read(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns
    ) throws(QueryableError) {
        guard start <= end else { return }
        let range = start...end
        var decoder = ColumnDecoder()
        let beginning = columns.count
        var next = firsts[index]
        while next >= 0 {
            let part = parts[Int(next)]
            let middle = columns.count
            if part.block >= 0 {
                try querier.blocks[Int(part.block)].read(
                    series: part.number, range: range, decoder: &decoder, into: &columns)
            } else {
                try querier.head.read(
                    slot: part.number, generation: part.generation, sequence: querier.view.sequence, range: range,
                    decoder: &decoder, into: &columns)
            }
            columns.mergeRuns(from: beginning, middle: middle)
            next = part.next
        }
    }
}
