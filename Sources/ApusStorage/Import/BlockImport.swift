package import ApusModel
import Synchronization

/// Writes blocks with samples from outside into a store that is open, or into a data folder that no store has open.
///
/// Blocks may overlap what is stored: queriers merge them. They appear together with `publish`; until then they are in folders
/// that are removed when the store is opened. The log and the head are not touched but by exemplars.
package struct BlockImport: ~Copyable {
    /// The most exemplars that are handed to the head at once.
    private static let exemplarBatch = 1_000
    /// What a configuration may say of the head's exemplars: none of those that are there may be forgotten.
    private static let maximumExemplars = 10_000_000

    /// The data folder.
    package let folder: String
    private let storage: Storage
    /// Whether the store was opened for this import.
    private let isOwner: Bool
    private var limiter: ImportLimiter
    private var writer: BlockWriter?
    /// The identifier of the block that is written; empty between blocks.
    private var current = ""
    /// The identifiers of finished blocks.
    private var finished: [String] = []

    /// An import into a data folder, which is made when it is not there and is in use until the import ends.
    ///
    /// - Parameters:
    ///   - limits: what new series there may be beside those of the folder's head.
    ///   - report: called with what is found when the folder is opened.
    package init(
        folder: String, limits: SeriesLimits = SeriesLimits(), clock: any WallClock = SystemWallClock(),
        report: @escaping @Sendable (StorageEvent) -> Void = { _ in }
    ) throws(BlockImportError) {
        var options = StorageOptions()
        options.limits = limits
        options.maximumExemplars = Self.maximumExemplars
        do throws(StorageError) {
            storage = try Storage(folder: folder, options: options, clock: clock, report: report)
        } catch {
            throw .folder(error)
        }
        isOwner = true
        self.folder = folder
        limiter = ImportLimiter(limits, clock: clock)
    }

    /// An import into a store that goes on working, under its limits on new series.
    package init(into storage: Storage) {
        self.storage = storage
        isOwner = false
        folder = storage.folder
        limiter = ImportLimiter(storage.limits, clock: storage.clock)
    }

    deinit {
        if isOwner { storage.close() }
    }

    /// Adds a series to the current block, which begins with its first; one that a limit refuses is counted and left out.
    ///
    /// Series come in the order of labels, samples ascend and are not further ahead of the clock than a store takes them.
    package mutating func add(_ labels: LabelSet, samples: borrowing SampleColumns) throws(BlockImportError) {
        guard let last = samples.timestamps.last else { return }
        try storage.demandSpace()
        let now = storage.clock.now()
        guard last <= now.addingReportingOverflow(storage.options.maximumLead).partialValue else {
            throw .tooFarAhead(time: last)
        }
        guard limiter.takes(labels, samples: samples.count, beside: storage.head) else { return }
        do throws(FileError) {
            if writer == nil {
                current = storage.blocks.withLock { $0.makeIdentifier(milliseconds: now) }
                // What is imported is of one time, about.
                let form = storage.options.blockForm(newest: last, now: now)
                writer = try BlockWriter(folder: temporary(current), form: form)
            }
            try writer?.add(labels: labels.run.span, samples: samples)
        } catch {
            throw .file(error)
        }
    }

    /// Ends the current block; one without samples is none.
    package mutating func endBlock() throws(BlockImportError) {
        do throws(FileError) { try writer?.finish(identifier: current, lineage: .imported) } catch {
            throw .file(error)
        }
        if writer != nil { finished.append(current) }
        writer = nil
        current = ""
    }

    /// Gives the finished blocks their names, so that they can be read, and tells the store of the series that were refused.
    package mutating func publish() throws(BlockImportError) -> [BlockFacts] {
        var published: [BlockFacts] = []
        while let identifier = finished.first {
            published.append(try publish(identifier))
            finished.removeFirst()
        }
        storage.note(limiter.refused)
        return published
    }

    private func publish(_ identifier: String) throws(BlockImportError) -> BlockFacts {
        try storage.compaction.withLock { state throws(BlockImportError) in
            if state.isClosed { throw .closed }
            let block = try rename(identifier)
            storage.blocks.withLock { $0.insert(block) }
            return BlockFacts(block)
        }
    }

    private func rename(_ identifier: String) throws(BlockImportError) -> Block {
        let path = "\(folder)/blocks/\(identifier)"
        do throws(FileError) { try Folder.rename(temporary(identifier), to: path) } catch { throw .file(error) }
        do throws(BlockError) { return try Block(folder: path, identifier: identifier) } catch {
            throw .unusableBlock(path: path, reason: error.reason)
        }
    }

    /// Removes what was written and is not published.
    package mutating func discard() {
        let names = finished + (current.isEmpty ? [] : [current])
        writer = nil
        current = ""
        finished = []
        // What cannot be removed now is removed when the store is opened.
        for name in names { do throws(FileError) { try Folder.remove(temporary(name)) } catch {} }
    }

    private func temporary(_ identifier: String) -> String {
        "\(folder)/blocks/\(identifier)\(BlockFormat.temporaryEnding)"
    }

    // MARK: Limits

    /// The limits that refused series, each with the number of different series.
    package var refusedSeries: [RefusedSeries] { limiter.refused }

    /// The samples of these series.
    package var refusedSamples: Int { limiter.refusedSamples }

    // MARK: Exemplars and metadata

    /// Hands exemplars to the head, which keeps the newest of all, in any order; their series are made in the head.
    ///
    /// - Returns: how many the head took: not those that it has, that are older than their series' newest, or whose series a limit refused.
    package func add(_ exemplars: [(labels: LabelSet, exemplar: Exemplar)]) throws(BlockImportError) -> Int {
        let before = storage.head.exemplars.withLock { $0.appendedCount }
        let sorted = exemplars.sorted { ($0.exemplar.timestamp ?? 0) < ($1.exemplar.timestamp ?? 0) }
        do throws(AppendError) {
            for start in stride(from: 0, to: sorted.count, by: Self.exemplarBatch) {
                // One series too long must not keep out the others.
                let part = sorted[start..<min(sorted.count, start + Self.exemplarBatch)].filter {
                    $0.labels.run.count <= storage.options.maximumLabelSetBytes
                }
                let references = try storage.resolve(part.map(\.labels))
                var batch = SampleBatch(timestamp: 0)
                for (reference, entry) in zip(references, part) where !reference.isRefused {
                    batch.exemplars.append(.init(reference: reference, exemplar: entry.exemplar))
                }
                _ = try storage.append(batch)
            }
        } catch {
            throw .append(error)
        }
        return storage.head.exemplars.withLock { $0.appendedCount } - before
    }

    /// Keeps what metric families say of themselves.
    package func remember(_ metadata: [(family: String, metadata: MetricMetadata)]) {
        storage.remember(metadata)
    }
}

extension Storage {
    /// Refuses an import when less of the disk is free than is kept in reserve.
    package func demandSpace() throws(BlockImportError) {
        do throws(AppendError) { try reserve.demandSpace() } catch { throw .diskNearlyFull(error) }
    }
}
