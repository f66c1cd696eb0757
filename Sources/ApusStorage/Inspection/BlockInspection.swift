import ApusEncoding
package import ApusModel
import Synchronization

/// A chunk in a block, as far as its index and the first byte of its values tell.
package struct ChunkFacts: Sendable {
    /// The times of its samples, both ends included.
    package var times: ClosedRange<Int64>
    /// The number of samples.
    package var samples: Int
    /// The place of the timestamps in the block; chunks with equal timestamps share them.
    package var timestampOffset: Int
    /// The bytes of the timestamps.
    package var timestampBytes: Int
    /// The kind of the values: the first byte of a column (`docs/formats/columns.md`).
    package var valueKind: UInt8
    /// The bytes of the values.
    package var valueBytes: Int
}

extension Storage {
    /// Calls `body` with every series of every readable block, and what its chunks are.
    ///
    /// Values are not decoded, but the checksums of the columns are checked.
    package func forEachBlockSeries(
        _ body: (_ block: BlockFacts, _ labels: LabelSet, _ chunks: [ChunkFacts]) throws(QueryableError) -> Void
    ) throws(QueryableError) {
        let blocks = blocks.withLock { $0 }.blocks
        let groups = GroupMemory()
        for block in blocks {
            let facts = BlockFacts(block)
            for number in block.allSeries() {
                var chunks: [ChunkFacts] = []
                try block.forEachChunk(of: number) { chunk throws(QueryableError) in
                    chunks.append(
                        ChunkFacts(
                            times: chunk.timeRange, samples: chunk.count, timestampOffset: chunk.timestampOffset,
                            timestampBytes: chunk.timestampLength,
                            valueKind: try block.valueKind(of: chunk, groups), valueBytes: chunk.valueLength))
                    return true
                }
                try body(facts, try block.labelSet(of: number), chunks)
            }
        }
    }
}
