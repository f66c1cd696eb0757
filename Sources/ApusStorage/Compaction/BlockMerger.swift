import ApusModel

/// Writes the samples of blocks as one block, series by series.
///
/// In memory are the samples of one series at a time, and the index of what is written.
struct BlockMerger {
    /// A block that is read from front to back.
    private struct Source {
        let block: Block
        var number: UInt32 = 0
        /// The labels of the series `number`; `nil` at the end.
        var labels: LabelSet?

        init(_ block: Block) throws(QueryableError) {
            self.block = block
            try load()
        }

        mutating func advance() throws(QueryableError) {
            number += 1
            try load()
        }

        private mutating func load() throws(QueryableError) {
            labels = number < block.header.seriesCount ? try block.labelSet(of: number) : nil
        }
    }

    private let blocks: [Block]
    private let horizon: RetentionHorizon?

    /// A merger of blocks in the order in which they were written, without what is past its retention.
    init(_ blocks: [Block], horizon: RetentionHorizon?) {
        self.blocks = blocks
        self.horizon = horizon
    }

    /// Hands each series that has samples left to the writer; of two samples with one time that of the block written later.
    ///
    /// - Parameter isCancelled: asked for each series.
    func write(to writer: inout BlockWriter, isCancelled: () -> Bool) throws {
        var sources: [Source] = []
        for block in blocks { sources.append(try Source(block)) }
        var scratch = ReadScratch()
        var columns = SampleColumns()
        while let labels = sources.compactMap(\.labels).min() {
            if isCancelled() { throw CancellationError() }
            columns.removeAll()
            let start = horizon?.start(of: labels) ?? .min
            for position in sources.indices where sources[position].labels == labels {
                let middle = columns.count
                try sources[position].block.read(
                    series: sources[position].number, range: start ... .max, scratch: &scratch, into: &columns)
                columns.mergeRuns(from: 0, middle: middle)
                try sources[position].advance()
            }
            if columns.count > 0 { try writer.add(labels: labels.run.span, samples: columns) }
        }
    }
}
