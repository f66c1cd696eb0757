import ApusModel
import Synchronization

/// Counts of what happened since the store was opened.
final class StorageCounters: Sendable {
    let corruptions = Atomic<Int>(0)
    let replayMilliseconds = Atomic<Int>(0)
    let syncs = Atomic<Int>(0)
    let syncMilliseconds = Atomic<Int>(0)
    let syncFailures = Atomic<Int>(0)
    let compactions = Atomic<Int>(0)
    let compactionFailures = Atomic<Int>(0)
    let compactionMilliseconds = Atomic<Int>(0)
    let truncationFailures = Atomic<Int>(0)
    let checkpointFailures = Atomic<Int>(0)
    let metadataFailures = Atomic<Int>(0)
    let timeRetentions = Atomic<Int>(0)
    let sizeRetentions = Atomic<Int>(0)
    let tombstoneCleanups = Atomic<Int>(0)
    let tombstoneCleanupMilliseconds = Atomic<Int>(0)

    /// The new series that limits refused, by the reasons in the order of `allCases`.
    let refusedSeries = Mutex([Int](repeating: 0, count: SeriesRefusal.Reason.allCases.count))

    let samplesAppended = Atomic<Int>(0)
    let seriesCreated = Atomic<Int>(0)
    let seriesRemoved = Atomic<Int>(0)
    let outOfOrderSamples = Atomic<Int>(0)
    let outOfBoundsSamples = Atomic<Int>(0)
    let tooOldSamples = Atomic<Int>(0)
    let lateSamples = Atomic<Int>(0)
    let duplicateSamples = Atomic<Int>(0)
    let invalidHistograms = Atomic<Int>(0)
    let histogramSeries = Atomic<Int>(0)
    /// The log segment that is written to.
    let segment = Atomic<Int>(0)
    /// The bytes written to the log.
    let logBytes = Atomic<Int>(0)

    /// Takes over what the appender counted, so that reading it needs no lock that is held while the disk works.
    func note(_ appender: borrowing Appender) {
        samplesAppended.store(Int(clamping: appender.appendedSamples), ordering: .relaxed)
        lateSamples.store(Int(clamping: appender.lateSamples), ordering: .relaxed)
        seriesCreated.store(Int(clamping: appender.createdSeries), ordering: .relaxed)
        seriesRemoved.store(Int(clamping: appender.removedSeries), ordering: .relaxed)
        if !appender.limiter.table.entries.isEmpty {
            let counts = appender.limiter.table.countsByReason
            refusedSeries.withLock { $0 = counts }
        }
        histogramSeries.store(appender.histogramSeriesCount, ordering: .relaxed)
        logBytes.store(appender.log.writtenBytes, ordering: .relaxed)
        segment.store(Int(clamping: appender.log.segment), ordering: .relaxed)
    }

    /// Counts the samples of a batch that were refused.
    func note(_ outcome: AppendOutcome) {
        for rejection in outcome.rejections {
            switch rejection.reason {
            case .outOfOrder: outOfOrderSamples.add(1, ordering: .relaxed)
            case .outOfBounds: outOfBoundsSamples.add(1, ordering: .relaxed)
            case .duplicateTimestamp: duplicateSamples.add(1, ordering: .relaxed)
            case .invalidHistogram: invalidHistograms.add(1, ordering: .relaxed)
            case .tooOld: tooOldSamples.add(1, ordering: .relaxed)
            case .unknownSeries, .seriesLimit: break
            }
        }
    }

    /// Counts a sync of the log.
    func noteSync(milliseconds: Int) {
        syncs.add(1, ordering: .relaxed)
        syncMilliseconds.add(milliseconds, ordering: .relaxed)
    }
}
