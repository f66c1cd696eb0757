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
    /// NaN counts only where a window has nothing else. Of windows that overlap no sample is looked at twice.
    static func evaluate(_ samples: RangeSamples, _ form: Form, into row: inout [Double]) {
        if samples.windowsOverlap {
            slide(samples, form, into: &row)
        } else {
            scan(samples, form, into: &row)
        }
    }

    /// Looks at the samples of each window: 1 ns a sample, where the queue of `slide` takes 12.
    private static func scan(_ samples: RangeSamples, _ form: Form, into row: inout [Double]) {
        let timestamps = samples.columns.timestamps.span
        let values = samples.columns.values.span
        let firsts = samples.firsts.span
        let ends = samples.ends.span
        var output = row.mutableSpan
        for index in 0..<firsts.count {
            let first = Int(firsts[index])
            let end = Int(ends[index])
            guard end > first else {
                output[index] = Point.absent
                continue
            }
            let window = values.extracting(first..<end)
            let found = form.isMaximum ? maximum(window) : minimum(window)
            guard form.isTime else {
                output[index] = found ?? values[end - 1]
                continue
            }
            var position = end - 1
            if let found { while values[position] != found { position &-= 1 } }
            output[index] = Double(timestamps[position]) / 1_000
        }
    }

    /// The largest value; `nil` when all are NaN.
    private static func maximum(_ values: Span<Double>) -> Double? {
        var best = -Double.infinity
        var other = best
        var position = 0
        // Two chains of comparisons, for each of which the next has to wait; NaN is never larger.
        while position &+ 1 < values.count {
            if values[position] > best { best = values[position] }
            if values[position &+ 1] > other { other = values[position &+ 1] }
            position &+= 2
        }
        if position < values.count, values[position] > best { best = values[position] }
        if other > best { best = other }
        return best == -.infinity && !holdsNumber(values) ? nil : best
    }

    /// The smallest value; `nil` when all are NaN.
    private static func minimum(_ values: Span<Double>) -> Double? {
        var best = Double.infinity
        var other = best
        var position = 0
        while position &+ 1 < values.count {
            if values[position] < best { best = values[position] }
            if values[position &+ 1] < other { other = values[position &+ 1] }
            position &+= 2
        }
        if position < values.count, values[position] < best { best = values[position] }
        if other < best { best = other }
        return best == .infinity && !holdsNumber(values) ? nil : best
    }

    private static func holdsNumber(_ values: Span<Double>) -> Bool {
        for index in values.indices where !values[index].isNaN { return true }
        return false
    }

    /// Goes along with a queue of the samples that can still become an extreme: each enters and leaves it once.
    private static func slide(_ samples: RangeSamples, _ form: Form, into row: inout [Double]) {
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
