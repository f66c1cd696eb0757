import ApusModel

extension SampleColumns {
    /// Removes from the samples that begin at position `start` those outside a range of time, and those beyond `limit` in number.
    mutating func trim(from start: Int, limit: Int, to range: ClosedRange<Int64>) {
        var upper = min(count, start + limit)
        while upper > start, timestamps[upper - 1] > range.upperBound { upper -= 1 }
        if upper < count {
            timestamps.removeSubrange(upper...)
            values.removeSubrange(upper...)
        }
        var lower = start
        while lower < upper, timestamps[lower] < range.lowerBound { lower += 1 }
        if lower > start {
            timestamps.removeSubrange(start..<lower)
            values.removeSubrange(start..<lower)
        }
    }

    /// Merges two ascending runs, `start..<middle` and from `middle` on; of two samples with one time the first run's stays.
    mutating func mergeRuns(from start: Int, middle: Int) {
        guard middle > start, middle < count, timestamps[middle] <= timestamps[middle - 1] else { return }
        let later = SampleColumns(timestamps: Array(timestamps[middle...]), values: Array(values[middle...]))
        let earlier = SampleColumns(
            timestamps: Array(timestamps[start..<middle]), values: Array(values[start..<middle]))
        timestamps.removeSubrange(start...)
        values.removeSubrange(start...)
        var a = 0
        var b = 0
        while a < earlier.count || b < later.count {
            if b == later.count || (a < earlier.count && earlier.timestamps[a] <= later.timestamps[b]) {
                if b < later.count, earlier.timestamps[a] == later.timestamps[b] { b += 1 }
                append(earlier.values[a], at: earlier.timestamps[a])
                a += 1
            } else {
                append(later.values[b], at: later.timestamps[b])
                b += 1
            }
        }
    }
}
