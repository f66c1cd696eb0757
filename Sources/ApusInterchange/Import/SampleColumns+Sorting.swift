import ApusModel

extension SampleColumns {
    /// Brings the samples into the order of time; of several with one time the last stays, as with samples that are
    /// written over stored ones.
    ///
    /// - Returns: how many went.
    @discardableResult
    mutating func sortByTime() -> Int {
        var isAscending = true
        for index in timestamps.indices.dropFirst() where timestamps[index] <= timestamps[index - 1] {
            isAscending = false
            break
        }
        if isAscending { return 0 }
        let all = self
        var histogramAt = [Int](repeating: -1, count: all.count)
        for (number, entry) in all.histograms.enumerated() { histogramAt[entry.position] = number }
        let order = all.timestamps.indices.sorted {
            (all.timestamps[$0], $0) < (all.timestamps[$1], $1)
        }
        removeAll()
        for (place, position) in order.enumerated() {
            if place + 1 < order.count, all.timestamps[order[place + 1]] == all.timestamps[position] { continue }
            let number = histogramAt[position]
            if number < 0 {
                append(all.values[position], at: all.timestamps[position])
                continue
            }
            var histogram = all.histograms[number].histogram
            // Its neighbours may be others now.
            if histogram.counterResetHint == .notReset { histogram.counterResetHint = .unknown }
            append(histogram, at: all.timestamps[position])
        }
        return all.count - count
    }
}
