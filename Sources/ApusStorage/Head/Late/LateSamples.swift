import ApusModel

/// The samples of the head that were older than the newest of their series when they came, by slot, in order of time.
///
/// They wait here until they are written to a block. How many there may be is `StorageOptions.maximumLateSamples`.
struct LateSamples {
    /// A float, or a histogram by its number.
    struct Sample {
        static let noHistogram = UInt32.max

        var time: Int64
        var value: Double
        /// The batch that brought it.
        var sequence: UInt64
        var histogram = noHistogram
    }

    /// The late samples of one series.
    struct Series {
        var generation: UInt32
        var samples: [Sample] = []
        var histograms: [NativeHistogram] = []

        /// The position of the first sample at or after a time.
        func position(of time: Int64) -> Int {
            var low = 0
            var high = samples.count
            while low < high {
                let middle = (low + high) / 2
                if samples[middle].time < time { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private(set) var series: [UInt32: Series] = [:]
    /// The number of samples.
    private(set) var count = 0
    /// The time of the oldest; `Int64.max` when there is none.
    private(set) var minimumTime = Int64.max

    /// Whether there are none.
    var isEmpty: Bool { count == 0 }

    /// Adds a sample; of several with one time the first stays.
    ///
    /// Source: Prometheus, which keeps the sample that its chunk of out-of-order samples has.
    mutating func insert(
        _ value: Double, _ histogram: NativeHistogram? = nil, at time: Int64, slot: UInt32, generation: UInt32,
        sequence: UInt64
    ) {
        if series[slot]?.generation != generation {
            count -= series[slot]?.samples.count ?? 0
            series[slot] = Series(generation: generation)
        }
        var sample = Sample(time: time, value: value, sequence: sequence)
        let isAdded = Self.insert(&sample, histogram, into: &series[slot, default: Series(generation: generation)])
        guard isAdded else { return }
        count += 1
        minimumTime = min(minimumTime, time)
    }

    private static func insert(_ sample: inout Sample, _ histogram: NativeHistogram?, into entry: inout Series) -> Bool
    {
        // Samples that come late mostly come in order among themselves.
        var position = entry.samples.count
        if let last = entry.samples.last, last.time >= sample.time { position = entry.position(of: sample.time) }
        if position < entry.samples.count, entry.samples[position].time == sample.time { return false }
        if let histogram {
            sample.histogram = UInt32(entry.histograms.count)
            entry.histograms.append(histogram)
            // What it says of a reset was true of another sample before it.
            if histogram.counterResetHint != .gauge {
                entry.histograms[entry.histograms.count - 1].counterResetHint = .unknown
            }
        }
        entry.samples.insert(sample, at: position)
        return true
    }

    /// Appends the samples of a series in a range of time that a querier opened at `sequence` sees.
    func read(
        slot: UInt32, generation: UInt32, sequence: UInt64, range: ClosedRange<Int64>,
        into columns: inout SampleColumns
    ) {
        guard let entry = series[slot], entry.generation == generation else { return }
        var position = entry.position(of: range.lowerBound)
        while position < entry.samples.count, entry.samples[position].time <= range.upperBound {
            let sample = entry.samples[position]
            position += 1
            guard sample.sequence <= sequence else { continue }
            if sample.histogram == Sample.noHistogram {
                columns.append(sample.value, at: sample.time)
            } else {
                columns.append(entry.histograms[Int(sample.histogram)], at: sample.time)
            }
        }
    }

    /// Whether a series has samples in a range of time.
    func hasSamples(slot: UInt32, generation: UInt32, in range: ClosedRange<Int64>) -> Bool {
        guard let entry = series[slot], entry.generation == generation else { return false }
        let position = entry.position(of: range.lowerBound)
        return position < entry.samples.count && entry.samples[position].time <= range.upperBound
    }

    /// Whether a series has any.
    func hasSamples(slot: UInt32, generation: UInt32) -> Bool { series[slot]?.generation == generation }

    /// Removes the samples of a range of time that came with batches up to `sequence`: they are in a block.
    mutating func remove(_ range: ClosedRange<Int64>, through sequence: UInt64) {
        guard minimumTime <= range.upperBound else { return }
        for (slot, entry) in series where entry.samples.contains(where: { range.contains($0.time) }) {
            var kept = Series(generation: entry.generation)
            for sample in entry.samples where !(range.contains(sample.time) && sample.sequence <= sequence) {
                var sample = sample
                if sample.histogram != Sample.noHistogram {
                    kept.histograms.append(entry.histograms[Int(sample.histogram)])
                    sample.histogram = UInt32(kept.histograms.count - 1)
                }
                kept.samples.append(sample)
            }
            series[slot] = kept.samples.isEmpty ? nil : kept
        }
        count = series.values.reduce(0) { $0 + $1.samples.count }
        minimumTime = series.values.compactMap { $0.samples.first?.time }.min() ?? .max
    }

    /// Removes all samples of a slot.
    mutating func remove(slot: UInt32) {
        guard let entry = series.removeValue(forKey: slot) else { return }
        count -= entry.samples.count
        if count == 0 { minimumTime = .max }
    }
}
