/// Settings of a store.
package struct StorageOptions: Sendable {
    /// How long samples are kept, in milliseconds; 15 days, as Prometheus does.
    package var retention: Int64 = 15 * 86_400_000
    /// How long the samples of selected series are kept, in place of `retention`.
    package var retentionRules = RetentionRules.none
    /// What of old blocks is kept in coarser steps beside the samples, each resolution once.
    package var rollups: [RollupRule] = []
    /// The span of time of a block, in milliseconds; the head is written out when it holds one and a half of it.
    package var blockRange: Int64 = 7_200_000
    /// The longest span of time that blocks are brought together to, in milliseconds; `nil` for a tenth of the longest retention, at
    /// most 31 days, as Prometheus does.
    package var maximumBlockRange: Int64?
    /// The most bytes of all files but snapshots: the oldest blocks go first (`--storage.tsdb.retention.size`); 0 for no limit.
    package var retentionBytes = 0
    /// The same as percentage of the disk (`--storage.tsdb.retention.percentage`), 0 for no limit; the lower of both counts.
    package var retentionPercentage = 0.0
    /// The bytes of the disk that are kept free by refusing samples, or a hundredth of the disk where that is less; 0 for none.
    package var diskReserve = 64 << 20
    /// Milliseconds between syncs of the log to the disk.
    ///
    /// The end of the process loses nothing whatever this is; only a machine that stops without warning loses the last of it. 5 s
    /// is below every usual scrape interval, so that at most one scrape of a target is lost, and a sync costs some milliseconds.
    package var syncInterval: Int64 = 5_000
    /// The size in bytes at which a new log segment begins.
    package var segmentSize = 64 << 20
    /// The bytes by which the log grows before a checkpoint of the head is written: what is read of it when the store is opened.
    ///
    /// Twice as much is kept, and what is appended while a checkpoint is written.
    package var checkpointLogSize = 12 << 20
    /// The bytes of sealed chunks in memory at which they are written to a file.
    package var maximumSealedBytes = 2 << 20
    /// How far behind the newest sample of the head a sample may lie that is older than the newest of its series, in milliseconds
    /// (`storage.tsdb.out_of_order_time_window`); 0 refuses all of them.
    package var outOfOrderWindow: Int64 = 0
    /// The most late samples in memory, at 32 bytes each; beyond that they are refused until a block was written.
    package var maximumLateSamples = 10_000_000
    /// The most series in the head (`--storage.max-series`); about 2 kB of memory each.
    package var maximumSeries = 10_000_000
    /// Further limits on new series, by metric, selector and label (`storage.tsdb.limits`).
    package var limits = SeriesLimits()
    /// Series whose place in the head is beyond this are taken for damage when the store is opened.
    ///
    /// Places of series that left the head are taken again, so that there are about as many as there were series at a time; files that
    /// claim one far beyond would make the store reserve more memory than a machine has.
    package var maximumSlots = 1 << 28
    /// The most bytes of one label set.
    package var maximumLabelSetBytes = 65_536
    /// The most metric families whose type, help and unit are kept; beyond it those that were said the longest ago are forgotten.
    package var maximumMetadataFamilies = 100_000
    /// The most bytes of these; what is longer than a sixty-fourth of it for one family is not kept.
    package var maximumMetadataBytes = 32 << 20
    /// How far a sample may lie ahead of the clock, in milliseconds; ten minutes, as Prometheus allows.
    package var maximumLead: Int64 = 600_000
    /// The most exemplars in memory, of all series together (`storage.exemplars.max_exemplars`); 0 keeps none.
    ///
    /// 100,000 as Prometheus has it, some 15 MB when full; beyond it the oldest is forgotten.
    package var maximumExemplars = 100_000
    /// The most bytes of label sets that are kept between queries.
    ///
    /// About 250 bytes a series that queries ask for again and again, so that this serves a quarter of a million of them.
    package var maximumCachedLabelBytes = 64 << 20
    /// The samples of one chunk in a block; four times as many where blocks are brought together, or cold.
    package var blockChunkSamples = 240
    /// The age of its newest sample at which a block counts as cold when it is written, in milliseconds: its columns are then compressed.
    package var coldAge: Int64 = 12 * 3_600_000

    /// The default settings.
    package init() {}
}
