import Synchronization

extension Storage {
    /// What the store holds and did.
    package var statistics: StorageStatistics {
        var result = StorageStatistics()
        result.samplesAppended = counters.samplesAppended.load(ordering: .relaxed)
        result.seriesCreated = counters.seriesCreated.load(ordering: .relaxed)
        result.seriesRemoved = counters.seriesRemoved.load(ordering: .relaxed)
        result.outOfOrderSamples = counters.outOfOrderSamples.load(ordering: .relaxed)
        result.outOfBoundsSamples = counters.outOfBoundsSamples.load(ordering: .relaxed)
        result.lateSamples = counters.lateSamples.load(ordering: .relaxed)
        result.tooOldSamples = counters.tooOldSamples.load(ordering: .relaxed)
        result.duplicateSamples = counters.duplicateSamples.load(ordering: .relaxed)
        result.walSegment = counters.segment.load(ordering: .relaxed)
        head.index.withLock { index in
            result.headSeries = index.liveCount
            result.symbolTableBytes = index.symbolBytes
            result.labelPairs = index.postings.lists.count
        }
        head.samples.withLock { samples in
            result.headChunks = samples.chunkCount
            result.headMinimumTime = samples.minimumTime == .max ? nil : samples.minimumTime
            result.headMaximumTime = samples.maximumTime == .min ? nil : samples.maximumTime
        }
        head.exemplars.withLock { ring in
            result.exemplars = ring.count
            result.exemplarSeries = ring.seriesCount
            result.exemplarsAppended = ring.appendedCount
            result.outOfOrderExemplars = ring.outOfOrderCount
            result.oldestExemplarTime = ring.oldestTimestamp
        }
        result.refusedSeries = counters.refusedSeries.withLock { $0 }
        result.histogramSeries = counters.histogramSeries.load(ordering: .relaxed)
        result.invalidHistograms = counters.invalidHistograms.load(ordering: .relaxed)
        let blocks = blocks.withLock { $0 }
        result.blocks = blocks.blocks.count
        result.unreadableBlocks = blocks.unreadable.count
        result.blockBytes = blocks.blocks.reduce(0) { $0 + $1.byteCount }
        result.blockSamples = blocks.blocks.reduce(0) { $0 + Int(clamping: $1.header.sampleCount) }
        result.lowestTime = [blocks.minimumTime, result.headMinimumTime].compactMap { $0 }.min()
        result.walBytes = walBytes()
        result.walCorruptions = counters.corruptions.load(ordering: .relaxed)
        result.walSyncs = counters.syncs.load(ordering: .relaxed)
        result.walSyncMilliseconds = counters.syncMilliseconds.load(ordering: .relaxed)
        result.walSyncFailures = counters.syncFailures.load(ordering: .relaxed)
        result.replayMilliseconds = counters.replayMilliseconds.load(ordering: .relaxed)
        result.compactions = counters.compactions.load(ordering: .relaxed)
        result.compactionFailures = counters.compactionFailures.load(ordering: .relaxed)
        result.compactionMilliseconds = counters.compactionMilliseconds.load(ordering: .relaxed)
        result.truncationFailures = counters.truncationFailures.load(ordering: .relaxed)
        result.checkpointFailures = counters.checkpointFailures.load(ordering: .relaxed)
        result.timeRetentions = counters.timeRetentions.load(ordering: .relaxed)
        result.sizeRetentions = counters.sizeRetentions.load(ordering: .relaxed)
        result.tombstoneCleanups = counters.tombstoneCleanups.load(ordering: .relaxed)
        result.tombstoneCleanupMilliseconds = counters.tombstoneCleanupMilliseconds.load(ordering: .relaxed)
        result.tombstonedSeries = blocks.blocks.reduce(0) { $0 + $1.tombstones.series.count }
        result.diskRefusals = reserve.refusalCount
        result.metadataFamilies = metadata.withLock { $0.table.count }
        result.metadataFailures = counters.metadataFailures.load(ordering: .relaxed)
        return result
    }

    private func walBytes() -> Int {
        let path = "\(folder)/wal"
        guard let names = try? Folder.names(in: path) else { return 0 }
        return names.reduce(0) { $0 + Folder.length(of: "\(path)/\($1)") }
    }
}
