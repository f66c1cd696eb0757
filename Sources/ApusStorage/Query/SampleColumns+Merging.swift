import ApusModel

extension SampleColumns {
    /// Appends all samples of other columns.
    mutating func append(_ other: borrowing SampleColumns) {
        let shift = count
        timestamps.append(contentsOf: other.timestamps)
        values.append(contentsOf: other.values)
        for entry in other.histograms {
            histograms.append(PositionedHistogram(position: entry.position + shift, histogram: entry.histogram))
        }
    }

    /// Merges two ascending runs, `start..<middle` and from `middle` on; of two samples with one time the first run's stays.
    mutating func mergeRuns(from start: Int, middle: Int) {
        guard middle > start, middle < count, timestamps[middle] <= timestamps[middle - 1] else { return }
        let all = self
        timestamps.removeSubrange(start...)
        values.removeSubrange(start...)
        let firstHistogram = histograms.firstIndex { $0.position >= start } ?? histograms.count
        histograms.removeSubrange(firstHistogram...)
        var earlier = start
        var later = middle
        var earlierHistogram = firstHistogram
        var laterHistogram = all.histograms.firstIndex { $0.position >= middle } ?? all.histograms.count
        while earlier < middle || later < all.count {
            if later == all.count || (earlier < middle && all.timestamps[earlier] <= all.timestamps[later]) {
                if later < all.count, all.timestamps[earlier] == all.timestamps[later] { later += 1 }
                append(all, at: earlier, &earlierHistogram)
                earlier += 1
            } else {
                append(all, at: later, &laterHistogram)
                later += 1
            }
        }
    }

    /// Appends one sample of other columns; `next` is the number of the histogram that may stand there, or of one before.
    private mutating func append(_ other: SampleColumns, at position: Int, _ next: inout Int) {
        while next < other.histograms.count, other.histograms[next].position < position { next += 1 }
        if next < other.histograms.count, other.histograms[next].position == position {
            append(other.histograms[next].histogram, at: other.timestamps[position])
        } else {
            append(other.values[position], at: other.timestamps[position])
        }
    }
}
