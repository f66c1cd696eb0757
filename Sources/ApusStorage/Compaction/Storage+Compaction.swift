import ApusBytes
import ApusModel
import Synchronization

extension Storage {
    /// Writes what the head holds beyond one and a half block ranges to blocks, and empties it of that.
    ///
    /// Blocks for seconds: for threads that may wait. While a querier that was opened before a block was published is still open, the
    /// head keeps what is in that block, and no further block is written until the next call.
    ///
    /// - Returns: the number of blocks written.
    @discardableResult
    package func compact() throws(CompactionError) -> Int {
        try compaction.withLock { state throws(CompactionError) in
            var written = 0
            while !state.isClosed {
                try finishTruncation(&state)
                guard state.pendingTruncation == nil, let range = dueRange() ?? dueLateRange(isOpportune: written > 0)
                else { return written }
                let sequence: UInt64
                do throws(CompactionError) {
                    // From here on nothing can be appended to the range in order, so that the block holds all of it.
                    sequence = closeRange(range)
                    if try writeBlock(range, sequence: sequence) { written += 1 }
                    counters.compactions.add(1, ordering: .relaxed)
                } catch {
                    counters.compactionFailures.add(1, ordering: .relaxed)
                    throw error
                }
                let epoch = head.samples.withLock { samples in
                    samples.epoch += 1
                    return samples.epoch
                }
                state.pendingTruncation = (range.upperBound.nextMillisecond, epoch, range, sequence)
            }
            return written
        }
    }

    /// The times of the next block, if the head holds enough.
    private func dueRange() -> ClosedRange<Int64>? {
        let (minimum, maximum) = head.samples.withLock { ($0.inOrderMinimumTime, $0.maximumTime) }
        let length = max(1, options.blockRange)
        guard minimum <= maximum, maximum.subtractingReportingOverflow(minimum).overflow == false,
            maximum - minimum > length / 2 * 3
        else { return nil }
        return blockRange(around: minimum)
    }

    /// Writes the head's samples of a range to a block and publishes it.
    ///
    /// - Returns: `false` when there were none.
    private func writeBlock(_ range: ClosedRange<Int64>, sequence: UInt64) throws(CompactionError) -> Bool {
        let start = monotonicMilliseconds()
        let series = sortedSeries(in: range)
        guard !series.places.isEmpty else { return false }
        let identifier = blocks.withLock { $0.makeIdentifier(milliseconds: clock.now()) }
        let path = "\(folder)/blocks/\(identifier)"
        let temporary = path + BlockFormat.temporaryEnding
        do throws(CompactionError) {
            let header = try writeHead(
                series, sequence: sequence, range: range, identifier: identifier, folder: temporary)
            // What was found to reach over the range may have no sample in it, or none that was not deleted.
            guard let header else { return false }
            try publish(temporary, as: path, identifier: identifier)
            let duration = monotonicMilliseconds() - start
            counters.compactionMilliseconds.add(duration, ordering: .relaxed)
            report(
                .compacted(
                    block: identifier, series: Int(header.seriesCount), samples: Int(header.sampleCount),
                    milliseconds: duration))
            return true
        } catch {
            // What cannot be removed now is removed when the store is opened.
            do throws(FileError) { try Folder.remove(temporary) } catch {}
            throw error
        }
    }

    /// Writes the samples that a view of the head sees, without the deleted ones, to a folder.
    ///
    /// - Returns: `nil` when there are none; then there is no folder.
    func writeHead(
        _ series: SortedSeries, sequence: UInt64 = .max, range: ClosedRange<Int64>, identifier: String,
        folder: String
    ) throws(CompactionError) -> BlockFormat.IndexHeader? {
        do {
            let form = options.blockForm(newest: range.upperBound, now: clock.now())
            var writer = try BlockWriter(folder: folder, form: form)
            var scratch = ReadScratch()
            scratch.skipsDamage = true
            defer { note(scratch.damages) }
            var columns = SampleColumns()
            let deleted = blocks.withLock { $0.headTombstones }
            for place in series.places {
                columns.removeAll()
                try head.read(
                    slot: place.slot, generation: place.generation, sequence: sequence, range: range,
                    scratch: &scratch, into: &columns)
                guard columns.count > 0 else { continue }
                let labels = series.labelSet(of: place)
                if let intervals = deleted[labels] { columns.remove(intervals, from: 0) }
                if columns.count > 0 { try writer.add(labels: labels.run.span, samples: columns) }
            }
            if writer.header.seriesCount == 0 {
                try Folder.remove(folder)
                return nil
            }
            try writer.finish(identifier: identifier)
            return writer.header
        } catch {
            throw CompactionError(operation: "writing a block", reason: "\(error)")
        }
    }

    /// Gives a block that was written its name and shows it.
    func publish(_ temporary: String, as path: String, identifier: String) throws(CompactionError) {
        do {
            try Folder.rename(temporary, to: path)
            let block = try Block(folder: path, identifier: identifier)
            blocks.withLock { $0.insert(block) }
        } catch let error as BlockError {
            throw CompactionError(operation: "opening the block \(path)", reason: error.reason)
        } catch {
            throw CompactionError(operation: "publishing the block \(path)", reason: "\(error)")
        }
    }

    /// The series of the head with samples in a range, in the order of label sets.
    func sortedSeries(in range: ClosedRange<Int64>) -> SortedSeries {
        let (slots, labels) = head.index.withLock { index in
            (
                index.allSeries().map { SortedSeries.Place(slot: $0, generation: index.generation(of: $0)) },
                index.labels
            )
        }
        let present = head.samples.withLock { samples in
            slots.filter { samples.generation(of: $0.slot, ifOverlapping: range) == $0.generation }
        }
        return SortedSeries(present, labels: labels)
    }

    // MARK: Truncation

    /// Empties the head of what is in blocks, unless a querier still needs it, and shortens the log.
    private func finishTruncation(_ state: inout CompactionState) throws(CompactionError) {
        guard let pending = state.pendingTruncation else { return }
        guard truncateHead(before: pending.time, epoch: pending.epoch, late: pending.range, pending.sequence) else {
            return
        }
        state.pendingTruncation = nil
        do throws(FileError) {
            try checkpointHead()
        } catch {
            counters.checkpointFailures.add(1, ordering: .relaxed)
            throw CompactionError(operation: "writing a checkpoint of the head", reason: error.description)
        }
        try forgetHeadTombstones()
    }

    /// Forgets what was deleted from times that the head was emptied of, as far as no late sample is covered by it.
    private func forgetHeadTombstones() throws(CompactionError) {
        var tombstones = blocks.withLock { $0.headTombstones }
        if tombstones.isEmpty { return }
        let time = head.samples.withLock { $0.truncatedBefore }
        var scratch = ReadScratch()
        var columns = SampleColumns()
        for labels in tombstones.intervals.keys {
            let found = head.index.withLock { index in
                index.find(labels.run.span).map { ($0, index.generation(of: $0)) }
            }
            tombstones.removeAll(of: labels) { interval in
                guard interval.upperBound < time else { return false }
                guard let (slot, generation) = found else { return true }
                columns.removeAll()
                do throws(QueryableError) {
                    try head.read(
                        slot: slot, generation: generation, sequence: .max, range: interval, scratch: &scratch,
                        into: &columns)
                } catch {
                    return false
                }
                return columns.count == 0
            }
        }
        do throws(FileError) {
            try tombstones.write(dataFolder: folder)
        } catch {
            throw CompactionError(operation: "writing the tombstones of the head", reason: error.description)
        }
        blocks.withLock { $0.headTombstones = tombstones }
    }
}
