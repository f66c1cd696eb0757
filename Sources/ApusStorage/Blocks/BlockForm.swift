import ApusEncoding

/// How a block is written: readers need not know.
struct BlockForm {
    /// The most samples of a chunk.
    var chunkSamples: Int
    /// The bytes at which a group of columns ends.
    var groupBytes: Int
    /// Whether groups of values are compressed where that saves a quarter.
    var isCompressed: Bool

    /// The least bytes of a group that are worth compressing.
    static let minimumCompressed = 128
}

extension StorageOptions {
    /// The form of a block by the age of its newest sample, both in milliseconds, and by whether it is made of others.
    ///
    /// What is cold is seldom read, and mostly whole: it gets long chunks and large groups, which are compressed.
    func blockForm(newest: Int64, now: Int64, isMerged: Bool = false) -> BlockForm {
        let (age, isOverflow) = now.subtractingReportingOverflow(newest)
        let isCold = isOverflow ? now > newest : age >= coldAge
        let isLong = isCold || isMerged
        let chunkSamples = min(max(1, blockChunkSamples), ColumnLimits.maximumCount)
        return BlockForm(
            chunkSamples: min(chunkSamples * (isLong ? 4 : 1), ColumnLimits.maximumCount),
            groupBytes: isCold ? 16_384 : 4_096, isCompressed: isCold)
    }
}
