import ApusModel

extension SampleColumns {
    /// Brings the samples into the order of time; of several with one time the first stays.
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
        for position in order where timestamps.last != all.timestamps[position] {
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
