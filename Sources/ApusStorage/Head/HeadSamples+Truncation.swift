import ApusModel

extension HeadSamples {
    /// Removes what is older than `time`: whole series and chunks in memory at once, what is in files with its file.
    ///
    /// - Returns: the slots of series that have nothing left and were freed.
    mutating func truncate(before time: Int64) -> [UInt32] {
        var freed: [UInt32] = []
        truncatedBefore = max(truncatedBefore, time)
        // What was late may be older than what was forgotten long ago.
        let time = truncatedBefore
        inOrderMinimumTime = Int64.max
        for index in 0..<series.count where series[index].isLive {
            if series[index].lastTime >= time {
                if series[index].firstTime < time { series[index].firstTime = firstTime(index, notBefore: time) }
                inOrderMinimumTime = min(inOrderMinimumTime, series[index].firstTime)
                series[index].isFresh = false
                dropSealed(index, sealed[index].prefix { $0.maximumTime < time }.count)
            } else if series[index].isFresh, series[index].lastTime == .min {
                series[index].isFresh = false
            } else if !late.hasSamples(slot: UInt32(index), generation: series[index].generation) {
                clear(index)
                series[index].isLive = false
                freed.append(UInt32(index))
            }
        }
        while let last = series.last, !last.isLive {
            // The generation of a slot lives on with the appender.
            series.removeLast()
            sealed.removeLast()
        }
        compactMemory()
        return freed
    }

    /// The time of the first sample at or after `time` of a series that has one.
    ///
    /// What is decoded for it is little: once some series begins within a minute of `time`, the least it can be is good enough.
    private mutating func firstTime(_ index: Int, notBefore time: Int64) -> Int64 {
        if inOrderMinimumTime <= time.addingReportingOverflow(60_000).partialValue { return time }
        var samples = SampleColumns()
        if let snapshot = snapshot(
            slot: UInt32(index), generation: series[index].generation, sequence: .max, range: time...(.max),
            open: &samples)
        {
            var scratch = ReadScratch()
            var sealed = SampleColumns()
            do throws(ChunkDamage) {
                try snapshot.read(range: time...(.max), &scratch, into: &sealed)
            } catch {
                return time
            }
            if let first = sealed.timestamps.first { return first }
        }
        return samples.timestamps.first { $0 >= time } ?? time
    }

    /// Gives memory back that was for more series than there are.
    private mutating func compactMemory() {
        if series.capacity > 2 * series.count + 1_024 {
            series = Array(series)
            sealed = Array(sealed)
        }
        guard cells.isSparse else { return }
        var moved = TailCells()
        for index in 0..<series.count where series[index].cell != TailCells.none {
            let bytes = tailBytes(index)
            series[index].cell = moved.take(size: bytes.count)
            moved.fill(series[index].cell, with: unsafe bytes.span.bytes)
        }
        cells = moved
    }
}
