/// What a store holds and did; cheap to take.
package struct StorageStatistics: Sendable {
    /// The series in the head.
    package var headSeries = 0
    /// The series made since the store was opened.
    package var seriesCreated = 0
    /// The series that left the head since then.
    package var seriesRemoved = 0
    /// The series in the head whose newest sample is a native histogram.
    package var histogramSeries = 0
    /// The encoded chunks in the head.
    package var headChunks = 0
    /// The samples appended since the store was opened.
    package var samplesAppended = 0
    /// The samples refused as out of order.
    package var outOfOrderSamples = 0
    /// The samples appended that were older than the newest of their series.
    package var lateSamples = 0
    /// The samples refused as beyond the out-of-order window.
    package var tooOldSamples = 0
    /// The samples refused as older than the head, or too far in the future.
    package var outOfBoundsSamples = 0
    /// The samples refused because their series has another value at that time.
    package var duplicateSamples = 0
    /// The native histograms refused because they contradict themselves or are too large.
    package var invalidHistograms = 0
    /// The exemplars in memory.
    package var exemplars = 0
    /// The series that have one.
    package var exemplarSeries = 0
    /// The exemplars appended since the store was opened, those of the log included.
    package var exemplarsAppended = 0
    /// The exemplars refused because their series has a newer one.
    package var outOfOrderExemplars = 0
    /// The time of the exemplar that will be forgotten first, in milliseconds.
    package var oldestExemplarTime: Int64?
    /// The time of the oldest sample in the head, in milliseconds; `nil` when the head is empty.
    package var headMinimumTime: Int64?
    /// The time of the newest sample that the head ever held.
    package var headMaximumTime: Int64?
    /// The time of the oldest sample of all.
    package var lowestTime: Int64?
    /// The bytes of the texts in the head's symbol table.
    package var symbolTableBytes = 0
    /// The distinct label pairs in the head.
    package var labelPairs = 0
    /// The number of the log segment that is written to.
    package var walSegment = 0
    /// The bytes of the log's files.
    package var walBytes = 0
    /// Places where the log was cut off or passed over.
    package var walCorruptions = 0
    /// The syncs of the log.
    package var walSyncs = 0
    /// Milliseconds spent in syncs of the log.
    package var walSyncMilliseconds = 0
    /// Syncs of the log that failed.
    package var walSyncFailures = 0
    /// Milliseconds that reading the log took when the store was opened.
    package var replayMilliseconds = 0
    /// The readable blocks.
    package var blocks = 0
    /// The blocks that cannot be read.
    package var unreadableBlocks = 0
    /// The bytes of the readable blocks.
    package var blockBytes = 0
    /// The samples in the readable blocks.
    package var blockSamples = 0
    /// Blocks written, or found to be without samples.
    package var compactions = 0
    /// Attempts to write a block that failed.
    package var compactionFailures = 0
    /// Milliseconds spent writing blocks.
    package var compactionMilliseconds = 0
    /// Attempts to begin a log segment after a compaction that failed.
    package var truncationFailures = 0
    /// Attempts to write a checkpoint of the log that failed.
    package var checkpointFailures = 0
    /// The times that blocks were removed because they were too old.
    package var timeRetentions = 0
    /// The times that blocks were removed because the files took too much space.
    package var sizeRetentions = 0
    /// The blocks written anew without their deleted samples on demand.
    package var tombstoneCleanups = 0
    /// Milliseconds spent on that.
    package var tombstoneCleanupMilliseconds = 0
    /// The series in readable blocks with deleted samples.
    package var tombstonedSeries = 0
    /// The batches refused because the disk was nearly full.
    package var diskRefusals = 0
    /// The new series that limits refused, by the reasons in the order of `SeriesRefusal.Reason.allCases`.
    package var refusedSeries: [Int] = []
    /// The metric families whose metadata is kept.
    package var metadataFamilies = 0
    /// Times that metadata could not be written.
    package var metadataFailures = 0
}
