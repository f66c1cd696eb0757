import ApusModel

extension SampleColumns {
    /// Removes the samples from position `start` on whose times are deleted.
    ///
    /// A histogram whose predecessor went says no more whether it was reset.
    mutating func remove(_ deleted: TimeIntervals, from start: Int) {
        guard start < count else { return }
        let whole = timestamps[start]...timestamps[count - 1]
        guard deleted.overlaps(whole) else { return }
        var kept: [Range<Int>] = []
        for gap in deleted.gaps(in: whole) {
            let low = firstPosition(from: kept.last?.upperBound ?? start) { $0 >= gap.lowerBound }
            let high = firstPosition(from: low) { $0 > gap.upperBound }
            if low < high { kept.append(low..<high) }
        }
        keep(kept, from: start)
    }

    /// Keeps of the samples from position `start` on those in some ranges of positions, which ascend.
    private mutating func keep(_ kept: [Range<Int>], from start: Int) {
        let firstHistogram = histograms.firstIndex { $0.position >= start } ?? histograms.count
        let stood = histograms[firstHistogram...]
        histograms.removeSubrange(firstHistogram...)
        var end = start
        var next = stood.startIndex
        for range in kept {
            while next < stood.endIndex, stood[next].position < range.lowerBound { next += 1 }
            while next < stood.endIndex, stood[next].position < range.upperBound {
                var entry = stood[next]
                // What stood before the first of a range went, or is of another part.
                if entry.position == range.lowerBound, range.lowerBound > start { entry.histogram.forgetPredecessor() }
                entry.position = end + entry.position - range.lowerBound
                histograms.append(entry)
                next += 1
            }
            for position in range {
                timestamps[end] = timestamps[position]
                values[end] = values[position]
                end += 1
            }
        }
        timestamps.removeSubrange(end...)
        values.removeSubrange(end...)
    }

    private func firstPosition(from start: Int, where isReached: (Int64) -> Bool) -> Int {
        var low = start
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isReached(timestamps[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension NativeHistogram {
    /// Takes back what the hint says of the histogram before, which is not there any more.
    mutating func forgetPredecessor() {
        if counterResetHint != .gauge { counterResetHint = .unknown }
    }
}
