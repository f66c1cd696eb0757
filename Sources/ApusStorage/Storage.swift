package import ApusModel
import Glibc
import Synchronization

/// The store of samples: a head in memory with a write-ahead log, and blocks on disk.
///
/// What `append` acknowledged or a querier showed survives the end of the process at any moment. One process at a time can have a
/// folder open. All calls may block on disk and belong on threads that may wait; they can come from any number of them.
package final class Storage: Sendable {
    /// The data folder.
    package let folder: String
    /// The settings.
    package let options: StorageOptions
    let settings: Mutex<RetentionSettings>
    let clock: any WallClock
    let head: Head
    let appender: Mutex<Appender>
    let blocks: Mutex<BlockSet>
    let report: @Sendable (StorageEvent) -> Void
    let counters = StorageCounters()
    let labels: LabelCache
    /// How late samples may be, in milliseconds.
    let lateWindow: Atomic<Int64>
    /// The files of the head; taken after `compaction` and before the appender.
    let headFiles: Mutex<HeadFiles>
    /// Held by the one compaction that runs.
    let compaction = Mutex(CompactionState())
    /// Held by the one compaction of blocks that runs; taken before `compaction`.
    let levels = Mutex(LevelState())
    /// What is kept free of the disk.
    let reserve: DiskReserve
    /// What metric families say of themselves; its lock is taken by itself.
    let metadata: Mutex<MetadataFile>
    /// When what came and went was written last, in milliseconds of the clock that only goes forward.
    let lastGrowth = Atomic<Int>(0)
    /// Set when the store begins to close: what takes long ends early.
    let isClosing = Atomic(false)
    private let lock: Mutex<FolderLock?>

    /// Opens the store in `folder`, making it when it is not there, and reads the log.
    ///
    /// `report` is called with what the operator should know, from any thread, and must not call the store.
    ///
    /// - Throws: `StorageError` when the folder is in use, cannot be used, or holds files of a newer version.
    package init(
        folder: String, options: StorageOptions = StorageOptions(), clock: any WallClock = SystemWallClock(),
        report: @escaping @Sendable (StorageEvent) -> Void = { _ in }
    ) throws(StorageError) {
        self.folder = folder
        self.options = options
        settings = Mutex(RetentionSettings(options))
        self.clock = clock
        lateWindow = Atomic(max(0, options.outOfOrderWindow))
        self.report = report
        labels = LabelCache(limit: options.maximumCachedLabelBytes)
        do throws(FileError) {
            try Folder.make(folder)
            try Folder.make("\(folder)/wal")
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        lock = Mutex(try FolderLock(folder: folder))
        reserve = DiskReserve(folder: folder, limit: options.diskReserve)
        do throws(FileError) { try Self.removeUnfinishedSnapshots(in: folder) } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        var blockSet = try BlockSet(folder: "\(folder)/blocks", report: report)
        let counters = counters
        blockSet.headTombstones = try HeadTombstones(dataFolder: folder) { event in
            counters.corruptions.add(1, ordering: .relaxed)
            report(event)
        }
        metadata = Mutex(
            try MetadataFile(dataFolder: folder, options: options) { event in
                counters.corruptions.add(1, ordering: .relaxed)
                report(event)
            })
        let head = Head(maximumExemplars: options.maximumExemplars, clock: clock)
        self.head = head
        let start = monotonicMilliseconds()
        let boundary = blockSet.headBoundary.map(\.nextMillisecond) ?? .min
        var (files, loaded, logStart, damaged) = try HeadFiles.open(
            folder: "\(folder)/head", options: options, truncatedBefore: boundary, report: report)
        let (replayed, summary) = try Self.replay(
            folder: "\(folder)/wal", options: options, head: head, loaded: &loaded, from: logStart,
            truncatedBefore: boundary,
            limiter: SeriesLimiter(options.limits, maximumSeries: options.maximumSeries, clock: clock), report: report)
        headFiles = Mutex(files)
        counters.note(replayed)
        appender = Mutex(replayed)
        blocks = Mutex(blockSet)
        let duration = monotonicMilliseconds() - start
        counters.corruptions.add(summary.corruptions + damaged, ordering: .relaxed)
        counters.replayMilliseconds.store(duration, ordering: .relaxed)
        restoreGrowth()
        report(.replayed(series: summary.series, samples: summary.samples, milliseconds: duration))
    }

    /// Fills the head with what a checkpoint holds, which is taken out, and with the log after it.
    private static func replay(
        folder: String, options: StorageOptions, head: Head, loaded: inout LoadedHead?, from start: UInt64?,
        truncatedBefore: Int64, limiter: SeriesLimiter, report: (StorageEvent) -> Void
    ) throws(StorageError) -> (Appender, WALReplay.Summary) {
        var files: WALFiles
        do throws(FileError) { files = try WALFiles(folder: folder) } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        if let start { files.begin(at: start) }
        let checkpoint = loaded.take()
        if let checkpoint {
            head.index.withLock { $0 = checkpoint.index }
            head.samples.withLock { $0 = checkpoint.samples }
        }
        head.samples.withLock { $0.begin(at: truncatedBefore) }
        var replay = WALReplay(
            head: head, series: checkpoint?.series ?? [],
            exemplars: checkpoint?.exemplars ?? ExemplarRing(capacity: options.maximumExemplars),
            truncatedBefore: truncatedBefore, maximumSlots: options.maximumSlots)
        try replay.read(files, folder: folder, from: start, assured: checkpoint?.number, report: report)
        do throws(FileError) {
            let log = try WALWriter(
                folder: folder, number: files.nextSegment(in: folder, from: checkpoint?.number ?? 1),
                segmentSize: options.segmentSize,
                readBytes: files.names.reduce(0) { $0 + Folder.length(of: "\(folder)/\($1)") })
            let (appender, exemplars, summary) = replay.finish(log: log, limiter: limiter)
            head.exemplars.withLock { $0 = exemplars }
            return (appender, summary)
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
    }

    /// Makes what was appended durable and releases the folder.
    ///
    /// Appending is refused from now on; queriers that are open go on reading.
    package func close() {
        // Waits for a compaction that runs, and keeps others from beginning; one of blocks ends early.
        isClosing.store(true, ordering: .relaxed)
        levels.withLock { _ in }
        compaction.withLock { $0.isClosed = true }
        let logBytes = counters.logBytes.load(ordering: .relaxed)
        // So that little is read when the store is opened again.
        if headFiles.withLock({ logBytes - $0.checkpointedLogBytes >= Self.checkpointedLogSizeAtClose }) {
            do throws(FileError) { try checkpointHead() } catch {
                counters.checkpointFailures.add(1, ordering: .relaxed)
                report(.failed(operation: "writing the head to files", reason: error.description))
            }
        }
        let log = appender.withLock { appender in
            defer { appender.isClosed = true }
            return appender.isClosed ? nil : appender.log.unsynced()
        }
        log?.files.forEach { synchronize($0) }
        synchronizeMetadata()
        if lock.withLock({ $0 != nil }) { saveGrowth() }
        lock.withLock { $0 = nil }
    }

    /// A log that grew by less than this is quickly read.
    private static let checkpointedLogSizeAtClose = 1 << 20

    /// Syncs the log to the disk, if there is anything new in it.
    package func synchronize() {
        synchronizeMetadata()
        guard let log = appender.withLock({ $0.log.unsynced() }) else { return }
        if log.files.allSatisfy({ synchronize($0) }) { appender.withLock { $0.log.noteSynced(log) } }
    }

    @discardableResult
    private func synchronize(_ file: SystemFile) -> Bool {
        let start = monotonicMilliseconds()
        do throws(FileError) {
            try file.synchronize()
            counters.noteSync(milliseconds: monotonicMilliseconds() - start)
            return true
        } catch {
            counters.syncFailures.add(1, ordering: .relaxed)
            report(.failed(operation: "syncing the log", reason: error.description))
            return false
        }
    }
}

extension Storage: Appendable {
    package func resolve(_ labelSets: [LabelSet]) throws(AppendError) -> [SeriesReference] {
        try reserve.demandSpace()
        let (references, news) = try appender.withLock { appender throws(AppendError) in
            defer { counters.note(appender) }
            let references = try appender.resolve(labelSets, head: head, options: options)
            return (references, appender.limiter.takeReport())
        }
        if let news { report(news) }
        return references
    }

    package func append(_ batch: borrowing SampleBatch) throws(AppendError) -> AppendOutcome {
        try reserve.demandSpace()
        let latestTime = clock.now().addingReportingOverflow(options.maximumLead).partialValue
        return try appender.withLock { appender throws(AppendError) in
            let outcome = try appender.append(
                batch, head: head, latestTime: latestTime,
                lateness: Appender.Lateness(window: outOfOrderWindow, limit: options.maximumLateSamples))
            counters.note(appender)
            counters.note(outcome)
            return outcome
        }
    }
}

extension Storage: Queryable {
    package func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier {
        // In this order: a block that is published in between is in both, which merging notices.
        let view = head.open()
        let blocks = blocks.withLock { $0 }
        return StorageQuerier(
            head: head, view: view, blocks: blocks, labels: labels, horizon: horizon(blocks),
            range: start...max(start, end))
    }
}

/// Milliseconds of a clock that only goes forward.
func monotonicMilliseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1_000 + Int(time.tv_nsec) / 1_000_000
}
