import ApusModel

/// Samples on their way to the store, with the numbers of the series in the request that they belong to.
struct WriteBatch {
    /// What the store gets.
    private(set) var samples = SampleBatch(timestamp: 0)
    /// The number of each sample's series.
    private(set) var series: [UInt32] = []

    /// An empty batch.
    init() {}

    /// All samples of a request, whose columns are shared; `nil` when some of them are not to be stored or there are too many.
    ///
    /// - Parameter latest: The greatest time that is accepted.
    init?(whole staged: borrowing StagedRequest, latest: Int64, limit: Int) {
        guard staged.exemplars.isEmpty, staged.count > 0, staged.count <= limit else { return nil }
        let timestamps = staged.timestamps.span
        let first = timestamps[0]
        var isOneTime = true
        var newest = first
        for position in 1..<timestamps.count {
            isOneTime = isOneTime && timestamps[position] == first
            newest = max(newest, timestamps[position])
        }
        guard newest <= latest else { return nil }
        samples.references.reserveCapacity(staged.count)
        series.reserveCapacity(staged.count)
        for number in staged.series.indices {
            guard case .known(let reference) = staged.series[number].state else { return nil }
            for _ in staged.series[number].samples {
                samples.references.append(reference)
                series.append(UInt32(number))
            }
        }
        guard series.count == staged.count else { return nil }
        samples.timestamp = first
        if !isOneTime { samples.timestamps = staged.timestamps }
        samples.values = staged.values
        samples.histograms = staged.histograms
    }

    var count: Int { series.count }

    var isEmpty: Bool { series.isEmpty && samples.exemplars.isEmpty }

    mutating func append(
        _ reference: SeriesReference, _ value: Double, at timestamp: Int64, _ histogram: NativeHistogram?,
        series number: UInt32
    ) {
        if let histogram { samples.histograms.append(.init(position: series.count, histogram: histogram)) }
        // A request nearly always brings samples of one time, which is then written once.
        if series.isEmpty {
            samples.timestamp = timestamp
        } else if !samples.timestamps.isEmpty {
            samples.timestamps.append(timestamp)
        } else if timestamp != samples.timestamp {
            samples.timestamps.reserveCapacity(series.count + 1)
            samples.timestamps.append(contentsOf: repeatElement(samples.timestamp, count: series.count))
            samples.timestamps.append(timestamp)
        }
        samples.references.append(reference)
        samples.values.append(value)
        series.append(number)
    }

    mutating func appendExemplar(_ exemplar: Exemplar, _ reference: SeriesReference) {
        samples.exemplars.append(.init(reference: reference, exemplar: exemplar))
    }

    /// The samples at `positions`, ascending, under the references that their series have now; without exemplars.
    func selecting(_ positions: [Int], _ reference: (UInt32) -> SeriesReference?) -> WriteBatch {
        var result = WriteBatch()
        var nextHistogram = 0
        for position in positions {
            guard let reference = reference(series[position]) else { continue }
            var histogram: NativeHistogram?
            while nextHistogram < samples.histograms.count, samples.histograms[nextHistogram].position <= position {
                let candidate = samples.histograms[nextHistogram]
                if candidate.position == position { histogram = candidate.histogram }
                nextHistogram += 1
            }
            let timestamp = samples.timestamps.isEmpty ? samples.timestamp : samples.timestamps[position]
            result.append(reference, samples.values[position], at: timestamp, histogram, series: series[position])
        }
        return result
    }
}
