import Synchronization

extension Storage {
    /// From where on samples count by the rules of retention and of roll-ups that outlive samples; `nil` without any.
    func horizon(_ blocks: BlockSet) -> RetentionHorizon? {
        let settings = retentionSettings
        if settings.rules.isEmpty, settings.rollups.allSatisfy({ $0.keep == nil }) { return nil }
        return RetentionHorizon(settings, newest: newestTime(blocks))
    }

    /// The time of the newest sample of all; `Int64.min` when there is none.
    func newestTime(_ blocks: BlockSet) -> Int64 {
        max(head.samples.withLock { $0.maximumTime }, blocks.maximumTime ?? .min)
    }

    /// Removes the blocks that are older than the retention time and every rule allow, counted back from the newest sample of all, then
    /// the oldest ones until the folder is no larger than it may be.
    ///
    /// Counting from data and not from the clock means that a wrong clock or a long stop removes nothing. Queriers that are open go on
    /// reading removed blocks; the space is free when they are gone.
    package func removeExpiredBlocks() {
        compaction.withLock { state in
            if state.isClosed { return }
            removeBlocksPastTheirTime()
            removeBlocksBeyondSize()
        }
    }

    private func removeBlocksPastTheirTime() {
        let set = blocks.withLock { $0 }
        let (limit, overflow) = newestTime(set).subtractingReportingOverflow(retentionSettings.longestTime)
        if overflow { return }
        let expired = candidates(of: set).filter { $0.maximumTime < limit }
        let removed = remove(expired, report: StorageEvent.expired(block:))
        if removed > 0 { counters.timeRetentions.add(1, ordering: .relaxed) }
    }

    // MARK: Size

    /// The most bytes of the folder's files; `nil` without a limit.
    package var sizeLimit: Int? {
        var limits: [Int] = []
        let settings = retentionSettings
        if settings.bytes > 0 { limits.append(settings.bytes) }
        if settings.percentage > 0, let total = reserve.totalBytes() {
            limits.append(Int(Double(total) * min(settings.percentage, 100) / 100))
        }
        return limits.min()
    }

    private func removeBlocksBeyondSize() {
        guard let limit = sizeLimit else { return }
        var excess = 0
        do throws(FileError) { excess = try dataBytes() - limit } catch {
            report(.failed(operation: "measuring the data folder", reason: error.description))
            return
        }
        if excess <= 0 { return }
        let set = blocks.withLock { $0 }
        var removed: [Candidate] = []
        for candidate in candidates(of: set).sorted(by: { $0.maximumTime < $1.maximumTime }) {
            // The one that says how far the head was emptied stays.
            if excess <= 0 { break }
            if let boundary = set.headBoundary, candidate.headBoundary == boundary { continue }
            excess -= Folder.fileBytes(in: candidate.folder)
            removed.append(candidate)
        }
        if remove(removed, report: StorageEvent.beyondSize(block:)) > 0 {
            counters.sizeRetentions.add(1, ordering: .relaxed)
        }
    }

    /// The bytes of all files of the data folder but those of snapshots, which are somebody else's to remove.
    func dataBytes() throws(FileError) -> Int {
        var bytes = 0
        for name in try Folder.names(in: folder) where name != Self.snapshotsName {
            let path = "\(folder)/\(name)"
            guard Folder.isFolder(path) else {
                bytes += Folder.length(of: path)
                continue
            }
            for inner in try Folder.names(in: path) {
                let inner = "\(path)/\(inner)"
                bytes += Folder.isFolder(inner) ? Folder.fileBytes(in: inner) : Folder.length(of: inner)
            }
        }
        return bytes
    }

    // MARK: Removal

    /// A block that may be removed.
    private struct Candidate {
        var identifier: String?
        var folder: String
        var maximumTime: Int64
        var headBoundary: Int64?
    }

    private func candidates(of set: BlockSet) -> [Candidate] {
        set.blocks.map {
            Candidate(
                identifier: $0.identifier, folder: $0.folder, maximumTime: $0.header.maximumTime,
                headBoundary: $0.headBoundary)
        }
            + set.unreadable.compactMap { block in
                block.timeRange.map {
                    Candidate(folder: block.folder, maximumTime: $0.upperBound, headBoundary: block.headBoundary)
                }
            }
    }

    /// Removes blocks from the set and from disk.
    ///
    /// - Returns: how many were removed from disk; the others, whose failure is reported, at the latest when the store is opened.
    private func remove(_ removed: [Candidate], report event: (String) -> StorageEvent) -> Int {
        if removed.isEmpty { return 0 }
        let folders = Set(removed.map(\.folder))
        blocks.withLock { set in
            set.remove(Set(removed.compactMap(\.identifier)))
            set.unreadable.removeAll { folders.contains($0.folder) }
        }
        var count = 0
        for candidate in removed {
            do throws(FileError) {
                try Folder.removeBlock(candidate.folder)
                count += 1
                report(event(candidate.folder))
            } catch {
                report(.failed(operation: "removing an expired block", reason: error.description))
            }
        }
        return count
    }
}

extension Folder {
    /// The bytes of the files in a folder, those in folders of it left out; 0 when it cannot be read.
    static func fileBytes(in path: String) -> Int {
        guard let names = try? names(in: path) else { return 0 }
        return names.reduce(0) { $0 + length(of: "\(path)/\($1)") }
    }
}
