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
    /// Chunks of a series that have fewer samples on average are joined, others taken over as they are.
    private let shortChunk: Int

    /// A merger of blocks in the order in which they were written, without what is past its retention.
    init(_ blocks: [Block], horizon: RetentionHorizon?, chunkSamples: Int) {
        self.blocks = blocks
        self.horizon = horizon
        shortChunk = chunkSamples / 2
    }

    /// Hands each series that has samples left to the writer; of two samples with one time that of the block written later.
    ///
    /// - Parameters:
    ///   - carrier: what writes roll-ups that outlive the samples; `nil` when there are none.
    ///   - isCancelled: asked for each series.
    func write(
        to writer: inout BlockWriter, carrier: inout RollupCarrier?, isCancelled: () -> Bool
    ) throws {
        var sources: [Source] = []
        for block in blocks { sources.append(try Source(block)) }
        var scratch = ReadScratch()
        var columns = SampleColumns()
        while let labels = sources.compactMap(\.labels).min() {
            if isCancelled() { throw CancellationError() }
            let parts = sources.filter { $0.labels == labels }
            let numbers = parts.map { (block: $0.block, number: $0.number) }
            let count = writer.header.seriesCount
            if try carrier?.carry(labels, numbers, to: &writer, scratch: &scratch) != true {
                if let chunks = try wholeChunks(of: parts, labels, scratch.groups) {
                    try writer.add(labels: labels.run.span, copying: chunks, scratch.groups)
                } else {
                    columns.removeAll()
                    let start = horizon?.start(of: labels) ?? .min
                    for part in parts {
                        let middle = columns.count
                        try part.block.read(
                            series: part.number, range: start ... .max, scratch: &scratch, into: &columns)
                        columns.mergeRuns(from: 0, middle: middle)
                    }
                    if columns.count > 0 { try writer.add(labels: labels.run.span, samples: columns) }
                }
                if writer.header.seriesCount > count { try carrier?.rollUp(labels, numbers, scratch: &scratch) }
            }
            for position in sources.indices where sources[position].labels == labels {
                try sources[position].advance()
            }
        }
    }

    /// The chunks of a series when they can be taken over as they are: none of it is deleted or past its retention, and they follow each
    /// other without being many small ones; a few short ones among long ones are not worth writing all of them anew.
    private func wholeChunks(
        of parts: [Source], _ labels: LabelSet, _ groups: GroupMemory
    ) throws(QueryableError) -> [(block: Block, entry: ChunkEntry)]? {
        let start = horizon?.start(of: labels) ?? .min
        var chunks: [(block: Block, entry: ChunkEntry)] = []
        var last: Int64?
        var sampleCount = 0
        for part in parts.sorted(by: { $0.block.header.minimumTime < $1.block.header.minimumTime }) {
            if part.block.header.minimumTime < start || part.block.tombstones[part.number] != nil { return nil }
            var isWhole = true
            try part.block.forEachChunk(of: part.number) { chunk throws(QueryableError) in
                isWhole = chunk.minimumTime > last ?? .min && chunk.minimumTime <= chunk.maximumTime
                if isWhole { isWhole = try !part.block.hasHistograms(chunk, groups) }
                last = chunk.maximumTime
                sampleCount &+= chunk.count
                chunks.append((part.block, chunk))
                return isWhole
            }
            if !isWhole { return nil }
        }
        return chunks.isEmpty || sampleCount / chunks.count < shortChunk ? nil : chunks
    }
}
