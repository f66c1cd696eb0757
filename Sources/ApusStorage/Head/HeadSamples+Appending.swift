import ApusModel

extension HeadSamples {
    /// Appends a sample that is newer than all of its series.
    @inline(__always)
    mutating func append(_ value: Double, at timestamp: Int64, slot: UInt32) {
        let index = Int(slot)
        note(timestamp, index)
        if Self.append(value, at: timestamp, to: &series[index], &cells, limit: Self.tailLimit(slot)) { seal(index) }
    }

    /// Appends the floats of a batch at some positions, each newer than all of its series.
    mutating func append(_ batch: borrowing SampleBatch, _ positions: Span<Int>) {
        var next = 0
        while next < positions.count {
            if let full = append(batch, positions, from: &next) { seal(full) }
        }
    }

    /// Appends from the position number `next` on until a tail is full.
    ///
    /// In one go over the slots: looking for each sample whether the arrays are shared takes as long as appending it.
    ///
    /// - Returns: the series with the full tail; `nil` when all were appended.
    private mutating func append(
        _ batch: borrowing SampleBatch, _ positions: Span<Int>, from next: inout Int
    ) -> Int? {
        let references = batch.references.span
        let values = batch.values.span
        let timestamps = batch.timestamps.span
        let common = batch.timestamp
        let isNoted = visibility.hasOpenQueriers
        var (oldest, newest) = (inOrderMinimumTime, maximumTime)
        var full: Int?
        // Out of here while the other parts change.
        var series: [Series] = []
        swap(&series, &self.series)
        defer { swap(&series, &self.series) }
        var entries = series.mutableSpan
        while next < positions.count {
            let position = positions[next]
            let slot = references[position].slot
            let index = Int(slot)
            let timestamp = timestamps.isEmpty ? common : timestamps[position]
            next += 1
            if isNoted {
                entries[index].newestVersion = visibility.note(
                    sequence: sequence, total: entries[index].total, newest: entries[index].newestVersion)
            }
            entries[index].note(timestamp)
            oldest = min(oldest, timestamp)
            newest = max(newest, timestamp)
            if Self.append(
                values[position], at: timestamp, to: &entries[index], &cells, limit: Self.tailLimit(slot))
            {
                full = index
                break
            }
        }
        (inOrderMinimumTime, maximumTime) = (oldest, newest)
        return full
    }

    /// The most samples in the tail of a slot: the series of a scrape would all be sealed at once, so those of some are earlier.
    @inline(__always)
    private static func tailLimit(_ slot: UInt32) -> UInt8 {
        UInt8(SampleTail.maximumCount) - UInt8(truncatingIfNeeded: slot & 7)
    }

    /// Appends to the tail of a series where it is: a copy of what was just written would wait for the writing.
    ///
    /// - Returns: whether the tail is full.
    @inline(__always)
    private static func append(
        _ value: Double, at timestamp: Int64, to entry: inout Series, _ cells: inout TailCells, limit: UInt8
    ) -> Bool {
        // Most tails are as long as the one before: no need to begin in a small cell.
        if entry.cell == TailCells.none, entry.isLong { entry.cell = cells.take(size: TailCells.maximumSize) }
        let (cell, length) = entry.tail.append(
            value, at: timestamp, to: &cells, cell: entry.cell, length: Int(entry.tailLength))
        entry.cell = cell
        entry.tailLength = UInt16(truncatingIfNeeded: length)
        entry.newestHistogram = .max
        entry.isHistogram = false
        return length > SampleTail.fullLength || entry.tail.count >= limit
    }

    /// Appends a histogram that is newer than all samples of its series.
    ///
    /// Its hint is found anew, for only what was stored before it counts.
    mutating func append(_ histogram: NativeHistogram, at timestamp: Int64, slot: UInt32) {
        let index = Int(slot)
        note(timestamp, index)
        let previous = series[index].newestHistogram
        let number = histograms.insert(histogram, after: previous == .max ? nil : previous)
        if Self.append(histogram: number, at: timestamp, to: &series[index], &cells) { seal(index) }
    }

    private static func append(
        histogram number: UInt32, at timestamp: Int64, to entry: inout Series, _ cells: inout TailCells
    ) -> Bool {
        let (cell, length) = entry.tail.append(
            histogram: number, at: timestamp, to: &cells, cell: entry.cell, length: Int(entry.tailLength))
        entry.cell = cell
        entry.tailLength = UInt16(truncatingIfNeeded: length)
        entry.hasHistograms = true
        entry.newestHistogram = number
        entry.isHistogram = true
        return Int(entry.tail.count) >= maximumTailHistograms || length > SampleTail.fullLength
    }

    /// Adds a sample that is older than the newest of its series.
    mutating func insertLate(_ value: Double, _ histogram: NativeHistogram?, at timestamp: Int64, slot: UInt32) {
        guard Int(slot) < series.count, series[Int(slot)].isLive else { return }
        late.insert(
            value, histogram, at: timestamp, slot: slot, generation: series[Int(slot)].generation, sequence: sequence)
        maximumTime = max(maximumTime, timestamp)
    }

    /// Removes late samples that are in a block.
    mutating func removeLate(_ range: ClosedRange<Int64>, through sequence: UInt64) {
        late.remove(range, through: sequence)
    }

    @inline(__always)
    private mutating func note(_ timestamp: Int64, _ index: Int) {
        if visibility.hasOpenQueriers {
            series[index].newestVersion = visibility.note(
                sequence: sequence, total: series[index].total, newest: series[index].newestVersion)
        }
        series[index].note(timestamp)
        if timestamp < inOrderMinimumTime { inOrderMinimumTime = timestamp }
        if timestamp > maximumTime { maximumTime = timestamp }
    }

    /// The bytes of the tail of a series.
    func tailBytes(_ index: Int) -> [UInt8] {
        cells.bytes(of: series[index].cell, count: Int(series[index].tailLength))
    }

    private func histogramNumbers(_ index: Int) -> [UInt32] {
        let entry = series[index]
        return cells.withBytes(of: entry.cell, count: Int(entry.tailLength)) {
            SampleTail.histogramNumbers($0, count: Int(entry.tail.count))
        }
    }

    /// Appends the first samples of the tail of a series.
    func readTail(_ index: Int, limit: Int, into columns: inout SampleColumns) {
        let entry = series[index]
        let histograms = histograms
        cells.withBytes(of: entry.cell, count: Int(entry.tailLength)) { bytes in
            do throws(SampleTail.Damage) {
                try SampleTail.read(bytes, count: Int(entry.tail.count), limit: limit, into: &columns) {
                    histograms[$0]
                }
            } catch {
                // What was written here reads back.
                assertionFailure("the tail of slot \(index) cannot be read: \(error)")
            }
        }
    }

    /// Encodes the tail of a series as a chunk.
    mutating func seal(_ index: Int) {
        // Out of the head while it is filled from it, so that nothing of the head is copied.
        var samples = SampleColumns()
        swap(&samples, &scratch)
        samples.removeAll()
        readTail(index, limit: .max, into: &samples)
        releaseTail(index)
        if samples.count > 0 {
            let chunk = SealedChunk(samples, encoder: &encoder, writer: &writer)
            sealedBytes += chunk.bytes.count
            sealed[index].append(chunk)
            sealedCount += 1
        }
        swap(&samples, &scratch)
    }

    mutating func releaseTail(_ index: Int) {
        if series[index].hasHistograms {
            for number in histogramNumbers(index) { histograms.remove(number) }
            series[index].hasHistograms = false
            series[index].newestHistogram = .max
        }
        series[index].isLong = Int(series[index].tailLength) + 8 > TailCells.smallestSize
        cells.giveBack(series[index].cell)
        series[index].cell = TailCells.none
        series[index].tailLength = 0
        series[index].tail = SampleTail()
    }
}
