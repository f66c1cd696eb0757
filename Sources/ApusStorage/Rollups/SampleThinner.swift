import ApusModel

/// The samples of one series that say what functions over time need, of those that no buckets of numbers can tell of: native histograms,
/// and floats beside them or too large.
///
/// The first and the last sample of each bucket are kept, and both sides of each change: a reset, another layout or kind, a staleness marker.
struct SampleThinner {
    /// What is kept.
    private(set) var samples = SampleColumns()
    /// How many samples there are behind the one kept before, up to and with each of `samples`; staleness markers count none.
    private(set) var weights: [Double] = []
    private var end: Int64?
    /// The sample that was looked at last, and whether it is kept already.
    private var last: Sample?
    private var isLastKept = true
    /// The samples since the one kept last.
    private var weight = 0.0

    private struct Sample {
        var value: Double
        var histogram: NativeHistogram?
        var time: Int64

        var isStale: Bool { SpecialValue.isStaleMarker(histogram?.sum ?? value) }

        /// Whether the sample cannot be left out beside the one before it.
        func isChange(from previous: Sample) -> Bool {
            if isStale || previous.isStale { return true }
            guard let histogram, let other = previous.histogram else {
                return histogram != nil || previous.histogram != nil || !(value >= previous.value)
            }
            if (histogram.counterResetHint == .gauge) != (other.counterResetHint == .gauge)
                || histogram.schema != other.schema || histogram.zeroThreshold != other.zeroThreshold
                || histogram.customBounds != other.customBounds
            {
                return true
            }
            switch histogram.counterResetHint {
            case .gauge, .notReset: return false
            case .reset: return true
            case .unknown: return histogram.hint(after: other) != .notReset
            }
        }
    }

    /// Whether nothing was added.
    var isEmpty: Bool { last == nil }

    /// Forgets everything.
    mutating func removeAll() {
        self = SampleThinner()
    }

    /// Adds samples that follow those before.
    ///
    /// - Parameter weights: how many samples each stands for, when they were thinned before.
    mutating func add(_ columns: SampleColumns, weights: [Double] = [], resolution: Int64) {
        var next = 0
        for index in 0..<columns.count {
            let time = columns.timestamps[index]
            var sample = Sample(value: columns.values[index], time: time)
            if next < columns.histograms.count, columns.histograms[next].position == index {
                sample.histogram = columns.histograms[next].histogram
                next += 1
            }
            guard RollupFormat.times.contains(time) else { continue }
            add(sample, weight: weights.isEmpty ? 1 : weights[index], resolution)
        }
    }

    private mutating func add(_ sample: Sample, weight added: Double, _ resolution: Int64) {
        let bucket = RollupFormat.bucket(of: sample.time, resolution)
        let isKept: Bool
        if bucket == end, let last {
            isKept = sample.isChange(from: last)
        } else {
            isKept = true
        }
        if isKept { finish() }
        end = bucket
        if !sample.isStale { weight += added }
        last = sample
        isLastKept = false
        if isKept { finish() }
    }

    /// Keeps the sample that was added last.
    mutating func finish() {
        guard let last, !isLastKept else { return }
        if let histogram = last.histogram {
            samples.append(histogram, at: last.time)
        } else {
            samples.append(last.value, at: last.time)
        }
        weights.append(weight)
        weight = 0
        isLastKept = true
    }
}
