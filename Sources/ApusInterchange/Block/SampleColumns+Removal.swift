import ApusModel

extension SampleColumns {
    /// Keeps the samples whose times satisfy a condition, in their order.
    mutating func keep(where isKept: (Int64) -> Bool) {
        guard !timestamps.allSatisfy(isKept) else { return }
        let all = self
        removeAll()
        var next = 0
        for (position, timestamp) in all.timestamps.enumerated() {
            let histogram: NativeHistogram?
            if next < all.histograms.count, all.histograms[next].position == position {
                histogram = all.histograms[next].histogram
                next += 1
            } else {
                histogram = nil
            }
            guard isKept(timestamp) else { continue }
            if let histogram { append(histogram, at: timestamp) } else { append(all.values[position], at: timestamp) }
        }
    }

    /// Removes samples at the end, some of which are histograms.
    mutating func removeLast(_ count: Int, histograms histogramCount: Int) {
        timestamps.removeLast(count)
        values.removeLast(count)
        histograms.removeLast(histogramCount)
    }
}
