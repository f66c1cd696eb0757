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

    /// Joins two ascending runs, `start..<middle` and from `middle` on, into one; of two samples with one time the second run's stays.
    ///
    /// A histogram says whether it was reset only while it follows the sample that it followed in its run.
    mutating func mergeRuns(from start: Int, middle: Int) {
        guard middle > start, middle < count else { return }
        let firstHistogram = histograms.firstIndex { $0.position >= start } ?? histograms.count
        let middleHistogram =
            histograms[firstHistogram...].firstIndex { $0.position >= middle } ?? histograms.count
        if timestamps[middle] > timestamps[middle - 1] {
            if middleHistogram < histograms.count, histograms[middleHistogram].position == middle {
                histograms[middleHistogram].histogram.forgetPredecessor()
            }
            return
        }
        let all = self
        timestamps.removeSubrange(start...)
        values.removeSubrange(start...)
        histograms.removeSubrange(firstHistogram...)
        var earlier = start
        var later = middle
        var earlierHistogram = firstHistogram
        var laterHistogram = middleHistogram
        // The position in `all` of what was appended last.
        var last = -1
        while earlier < middle || later < all.count {
            let position: Int
            if later == all.count || (earlier < middle && all.timestamps[earlier] < all.timestamps[later]) {
                position = earlier
                earlier += 1
                append(all, at: position, &earlierHistogram, isFollowing: last == position - 1)
            } else {
                if earlier < middle, all.timestamps[earlier] == all.timestamps[later] { earlier += 1 }
                position = later
                later += 1
                append(all, at: position, &laterHistogram, isFollowing: last == position - 1)
            }
            last = position
        }
    }

    /// Appends one sample of other columns; `next` is the number of the histogram that may stand there, or of one before.
    private mutating func append(_ other: SampleColumns, at position: Int, _ next: inout Int, isFollowing: Bool) {
        while next < other.histograms.count, other.histograms[next].position < position { next += 1 }
        guard next < other.histograms.count, other.histograms[next].position == position else {
            append(other.values[position], at: other.timestamps[position])
            return
        }
        append(other.histograms[next].histogram, at: other.timestamps[position])
        if !isFollowing { histograms[histograms.count - 1].histogram.forgetPredecessor() }
    }
}
