package import ApusClient
import ApusModel

/// Gives a store's statistics as metrics: under the names that dashboards for Prometheus rely on, and what they do not have as
/// `apus_storage_*`.
package struct StorageCollector: Collector {
    private struct Metric: Sendable {
        var descriptor: MetricDescriptor
        var value: @Sendable (StorageStatistics) -> Double?

        init(
            _ kind: MetricDescriptor.Kind, _ name: String, _ help: String,
            _ value: @escaping @Sendable (StorageStatistics) -> Double?
        ) {
            descriptor = MetricDescriptor(kind, name, help: help)
            self.value = value
        }
    }

    private let storage: Storage
    private let metrics: [Metric]

    /// A collector of the statistics of `storage`.
    package init(_ storage: Storage) {
        self.storage = storage
        let options = storage.options
        metrics =
            Self.headMetrics + Self.exemplarMetrics + Self.logMetrics + Self.blockMetrics + Self.retentionMetrics + [
                Metric(.gauge, "prometheus_tsdb_retention_limit_seconds", "How long samples are kept.") { _ in
                    Double(storage.retentionSettings.time) / 1_000
                },
                Metric(.gauge, "prometheus_tsdb_retention_limit_bytes", "The most bytes of the files; 0 for no limit.")
                {
                    _ in Double(storage.sizeLimit ?? 0)
                },
                Metric(.gauge, "apus_storage_head_series_limit", "The most series that the head takes.") { _ in
                    Double(options.maximumSeries)
                },
                Metric(.gauge, "prometheus_tsdb_exemplar_max_exemplars", "The most exemplars in memory.") { _ in
                    Double(options.maximumExemplars)
                },
            ]
    }

    private static let refusedSeries = MetricDescriptor(
        .counter, "apus_storage_series_refused_total",
        help: "New series refused by a limit; one that comes again counts again.", labelNames: ["reason"])

    package var families: [MetricDescriptor] { metrics.map(\.descriptor) + [Self.refusedSeries] }

    package func collect(into samples: inout CollectedSamples) throws(MetricError) {
        let statistics = storage.statistics
        for metric in metrics {
            if let value = metric.value(statistics) { try samples.append(value, to: metric.descriptor) }
        }
        for (reason, count) in zip(SeriesRefusal.Reason.allCases, statistics.refusedSeries) {
            try samples.append(Double(count), labels: [reason.rawValue], to: Self.refusedSeries)
        }
    }

    private static let headMetrics: [Metric] = [
        Metric(.gauge, "prometheus_tsdb_head_series", "The series in the head.") { Double($0.headSeries) },
        Metric(
            .gauge, "prometheus_tsdb_head_native_histogram_series",
            "The series in the head whose newest sample is a native histogram."
        ) { Double($0.histogramSeries) },
        Metric(
            .counter, "apus_storage_invalid_histograms_total",
            "Native histograms refused because they contradict themselves or are too large."
        ) { Double($0.invalidHistograms) },
        Metric(.gauge, "prometheus_tsdb_head_chunks", "The encoded chunks in the head.") { Double($0.headChunks) },
        Metric(.counter, "prometheus_tsdb_head_series_created_total", "Series made in the head.") {
            Double($0.seriesCreated)
        },
        Metric(.counter, "prometheus_tsdb_head_series_removed_total", "Series that left the head.") {
            Double($0.seriesRemoved)
        },
        Metric(.counter, "prometheus_tsdb_head_samples_appended_total", "Samples appended.") {
            Double($0.samplesAppended)
        },
        Metric(.counter, "prometheus_tsdb_out_of_order_samples_total", "Samples refused as out of order.") {
            Double($0.outOfOrderSamples)
        },
        Metric(.counter, "prometheus_tsdb_out_of_bound_samples_total", "Samples refused as out of bounds.") {
            Double($0.outOfBoundsSamples)
        },
        Metric(
            .counter, "prometheus_tsdb_too_old_samples_total", "Samples refused as beyond the out-of-order window."
        ) { Double($0.tooOldSamples) },
        Metric(
            .counter, "prometheus_tsdb_head_out_of_order_samples_appended_total",
            "Samples appended that were older than the newest of their series."
        ) { Double($0.lateSamples) },
        Metric(.gauge, "apus_storage_metadata_families", "The metric families whose type, help and unit are kept.") {
            Double($0.metadataFamilies)
        },
        Metric(.counter, "apus_storage_metadata_failures_total", "Times that metadata could not be written.") {
            Double($0.metadataFailures)
        },
        Metric(.counter, "apus_storage_duplicate_samples_total", "Samples refused: another value at their time.") {
            Double($0.duplicateSamples)
        },
        Metric(.gauge, "prometheus_tsdb_head_min_time", "The oldest sample in the head, in milliseconds.") {
            $0.headMinimumTime.map(Double.init)
        },
        Metric(.gauge, "prometheus_tsdb_head_max_time", "The newest sample in the head, in milliseconds.") {
            $0.headMaximumTime.map(Double.init)
        },
        Metric(.gauge, "prometheus_tsdb_lowest_timestamp_seconds", "The oldest sample of all.") {
            $0.lowestTime.map { Double($0) / 1_000 }
        },
        Metric(.gauge, "prometheus_tsdb_symbol_table_size_bytes", "The memory of the head's symbol table.") {
            Double($0.symbolTableBytes)
        },
        Metric(.gauge, "prometheus_tsdb_data_replay_duration_seconds", "How long reading the log took at the start.") {
            Double($0.replayMilliseconds) / 1_000
        },
    ]

    private static let exemplarMetrics: [Metric] = [
        Metric(.counter, "prometheus_tsdb_exemplar_exemplars_appended_total", "Exemplars appended.") {
            Double($0.exemplarsAppended)
        },
        Metric(.gauge, "prometheus_tsdb_exemplar_exemplars_in_storage", "The exemplars in memory.") {
            Double($0.exemplars)
        },
        Metric(.gauge, "prometheus_tsdb_exemplar_series_with_exemplars_in_storage", "The series with exemplars.") {
            Double($0.exemplarSeries)
        },
        Metric(
            .gauge, "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
            "The time of the exemplar that will be forgotten first: how far back exemplars reach."
        ) { Double($0.oldestExemplarTime ?? 0) / 1_000 },
        Metric(
            .counter, "prometheus_tsdb_exemplar_out_of_order_exemplars_total", "Exemplars refused as out of order."
        ) { Double($0.outOfOrderExemplars) },
    ]

    private static let logMetrics: [Metric] = [
        Metric(.gauge, "prometheus_tsdb_wal_segment_current", "The log segment that is written to.") {
            Double($0.walSegment)
        },
        Metric(.gauge, "prometheus_tsdb_wal_storage_size_bytes", "The size of the log.") { Double($0.walBytes) },
        Metric(.counter, "prometheus_tsdb_wal_corruptions_total", "Places where the log was cut or passed over.") {
            Double($0.walCorruptions)
        },
        Metric(.counter, "prometheus_tsdb_wal_truncations_failed_total", "Failures to begin a segment.") {
            Double($0.truncationFailures)
        },
        Metric(.counter, "prometheus_tsdb_checkpoint_creations_failed_total", "Failures to write a checkpoint.") {
            Double($0.checkpointFailures)
        },
        Metric(.counter, "apus_storage_wal_syncs_total", "Syncs of the log to the disk.") { Double($0.walSyncs) },
        Metric(.counter, "apus_storage_wal_sync_seconds_total", "Time spent in syncs of the log.") {
            Double($0.walSyncMilliseconds) / 1_000
        },
        Metric(.counter, "apus_storage_wal_sync_failures_total", "Syncs of the log that failed.") {
            Double($0.walSyncFailures)
        },
    ]

    private static let retentionMetrics: [Metric] = [
        Metric(.counter, "prometheus_tsdb_time_retentions_total", "Times that blocks were removed as too old.") {
            Double($0.timeRetentions)
        },
        Metric(.counter, "prometheus_tsdb_size_retentions_total", "Times that blocks were removed to save space.") {
            Double($0.sizeRetentions)
        },
        Metric(.counter, "apus_storage_tombstone_cleanups_total", "Blocks written anew without deleted samples.") {
            Double($0.tombstoneCleanups)
        },
        Metric(.counter, "apus_storage_tombstone_cleanup_seconds_total", "Time spent on that.") {
            Double($0.tombstoneCleanupMilliseconds) / 1_000
        },
        Metric(.gauge, "apus_storage_tombstoned_series", "The series in blocks with deleted samples.") {
            Double($0.tombstonedSeries)
        },
        Metric(
            .counter, "apus_storage_disk_refusals_total", "Batches refused because the disk was nearly full."
        ) { Double($0.diskRefusals) },
    ]

    private static let blockMetrics: [Metric] = [
        Metric(.gauge, "prometheus_tsdb_blocks_loaded", "The blocks that can be read.") { Double($0.blocks) },
        Metric(.gauge, "prometheus_tsdb_storage_blocks_bytes", "The bytes of these blocks.") { Double($0.blockBytes) },
        Metric(.gauge, "apus_storage_unreadable_blocks", "The blocks that are damaged.") {
            Double($0.unreadableBlocks)
        },
        Metric(.gauge, "apus_storage_block_samples", "The samples in the blocks.") { Double($0.blockSamples) },
        Metric(.counter, "prometheus_tsdb_compactions_total", "Compactions of the head.") { Double($0.compactions) },
        Metric(.counter, "prometheus_tsdb_compactions_failed_total", "Compactions that failed.") {
            Double($0.compactionFailures)
        },
        Metric(.counter, "apus_storage_compaction_seconds_total", "Time spent in compactions.") {
            Double($0.compactionMilliseconds) / 1_000
        },
    ]
}
