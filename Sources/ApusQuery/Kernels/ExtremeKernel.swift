import ApusModel

/// `min_over_time`, `max_over_time` and the times of these values.
enum ExtremeKernel {
    /// Which extreme and what of it.
    struct Form: Sendable {
        /// The largest value; otherwise the smallest.
        var isMaximum: Bool
        /// Its time in seconds instead of the value: of the last sample that has it.
        var isTime: Bool
    }

    /// Writes one value per window.
    ///
    /// NaN counts only where a window has nothing else. A queue holds the samples that can still become an extreme:
    /// each enters and leaves it once.
    static func evaluate(_ samples: RangeSamples, _ form: Form, into row: inout [Double]) {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        var output = row.mutableSpan
        var queue = [Int](repeating: 0, count: values.count)
        var head = 0
        var tail = 0
        var next = 0
        for index in 0..<firsts.count {
            let first = Int(firsts[index])
            let end = Int(ends[index])
            if end <= first {
                output[index] = Point.absent
                continue
            }
            if next < first { next = first }
            while next < end {
                let value = values[next]
                if !value.isNaN {
                    while tail > head {
                        let other = values[queue[tail - 1]]
                        guard form.isMaximum ? other <= value : other >= value else { break }
                        tail &-= 1
                    }
                    queue[tail] = next
                    tail &+= 1
                }
                next &+= 1
            }
            while head < tail && queue[head] < first { head &+= 1 }
            if head < tail {
                let position = queue[head]
                output[index] = form.isTime ? Double(timestamps[position]) / 1_000 : values[position]
            } else {
                output[index] = form.isTime ? Double(timestamps[end - 1]) / 1_000 : values[end - 1]
            }
        }
    }
}
