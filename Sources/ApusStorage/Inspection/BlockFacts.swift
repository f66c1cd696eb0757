import Synchronization

/// What a block holds, for lists.
package struct BlockFacts: Sendable, Equatable {
    /// The block's name.
    package var identifier: String
    /// Its folder.
    package var folder: String
    /// The time of its first sample, in milliseconds.
    package var minimumTime: Int64
    /// The time of its last sample.
    package var maximumTime: Int64
    /// The number of series.
    package var series: Int
    /// The number of chunks.
    package var chunks: Int
    /// The number of samples, deleted ones included.
    package var samples: Int
    /// The bytes of index and columns.
    package var bytes: Int
    /// The roll-ups beside it that can be read, the finest first.
    package var rollups: [RollupFacts]

    /// The level of the block for a store whose shortest blocks span `blockRange` milliseconds: 1 for those, and one more for each
    /// threefold of it.
    package func level(blockRange: Int64) -> Int {
        let span = maximumTime.subtractingReportingOverflow(minimumTime)
        var length = max(1, blockRange)
        var level = 1
        while span.overflow || span.partialValue >= length {
            let longer = length.multipliedReportingOverflow(by: 3)
            if longer.overflow { break }
            length = longer.partialValue
            level += 1
        }
        return level
    }

    init(_ block: Block) {
        identifier = block.identifier
        folder = block.folder
        minimumTime = block.header.minimumTime
        maximumTime = block.header.maximumTime
        series = Int(block.header.seriesCount)
        chunks = Int(block.header.chunkCount)
        samples = Int(clamping: block.header.sampleCount)
        bytes = block.byteCount
        rollups = block.rollups.reversed().map { file in
            RollupFacts(
                resolution: file.resolution, bytes: file.byteCount, buckets: file.bucketCount,
                seriesWithoutSamples: file.rolledCount)
        }
    }
}

/// What a roll-up of a block holds, for lists.
package struct RollupFacts: Sendable, Equatable {
    /// The length of a bucket in milliseconds.
    package var resolution: Int64
    /// The bytes of the file.
    package var bytes: Int
    /// The buckets of all series.
    package var buckets: Int
    /// The series of the block of which only roll-ups are left.
    package var seriesWithoutSamples: Int
}

extension Storage {
    /// The readable blocks in the order of their first samples, and the folders of those that are not with the reasons.
    package func blockFacts() -> (readable: [BlockFacts], unreadable: [(folder: String, reason: String)]) {
        let blocks = blocks.withLock { $0 }
        return (blocks.blocks.map(BlockFacts.init), blocks.unreadable.map { ($0.folder, $0.reason) })
    }
}
