import ApusModel
package import ApusStorage

/// What takes the series, the values and the bytes of a store.
package struct FolderAnalysis: Sendable {
    /// A name with a number.
    package struct Entry: Sendable, Equatable {
        /// A metric's name, a label's name, or `name=value`.
        package var name: String
        /// What is counted.
        package var count: Int
    }

    /// Columns of one kind.
    package struct ColumnKind: Sendable, Equatable {
        /// The kind's name, as in `docs/formats/columns.md`.
        package var name: String
        /// The columns.
        package var columns = 0
        /// The samples in them.
        package var samples = 0
        /// Their bytes.
        package var bytes = 0
    }

    /// The number of different series.
    package private(set) var series = 0
    /// The samples in blocks.
    package private(set) var blockSamples = 0
    /// The time of the first and last sample of all, in milliseconds.
    package private(set) var times: ClosedRange<Int64>?
    /// The metrics with the most series.
    package private(set) var seriesByMetric: [Entry] = []
    /// The label names with the most different values.
    package private(set) var valuesByLabel: [Entry] = []
    /// The label names with the most bytes of different values.
    package private(set) var valueBytesByLabel: [Entry] = []
    /// The label pairs with the most series.
    package private(set) var seriesByPair: [Entry] = []
    /// The label pairs whose series are there for the shortest time: the sum over their series of the part of the time, in percent,
    /// in which a series had no samples before its first or after its last.
    package private(set) var churnByPair: [Entry] = []
    /// The columns in blocks.
    package private(set) var columns: [ColumnKind] = []

    /// Looks at all of a store, and keeps the `limit` greatest of each list.
    package init(_ storage: Storage, limit: Int = 20) throws(InterchangeError) {
        var spans: [LabelSet: ClosedRange<Int64>] = [:]
        do throws(QueryableError) {
            var kinds = ColumnKinds()
            try storage.forEachBlockSeries { block, labels, chunks throws(QueryableError) in
                kinds.add(chunks, of: block)
                guard let first = chunks.first, let last = chunks.last else { return }
                let range = first.times.lowerBound...max(first.times.lowerBound, last.times.upperBound)
                spans[labels] = spans[labels].map { $0.joined(with: range) } ?? range
            }
            columns = kinds.sorted
            try Self.addHead(of: storage, to: &spans)
        } catch {
            throw .unreadable(error.description)
        }
        blockSamples = storage.blockFacts().readable.reduce(0) { $0 + $1.samples }
        series = spans.count
        times = spans.values.reduce(nil) { $0?.joined(with: $1) ?? $1 }
        count(spans, limit: limit)
    }

    /// Series of the head have times that only their samples tell.
    private static func addHead(
        of storage: Storage, to spans: inout [LabelSet: ClosedRange<Int64>]
    ) throws(QueryableError) {
        let head = storage.statistics
        guard let start = head.headMinimumTime, let end = head.headMaximumTime, start <= end else { return }
        let selection = try storage.querier(from: start, through: end).select([])
        var samples = SampleColumns()
        for index in 0..<selection.count {
            samples.removeAll()
            try selection.read(index, from: start, through: end, into: &samples)
            guard let first = samples.timestamps.first, let last = samples.timestamps.last else { continue }
            let labels = selection.labels(at: index)
            spans[labels] = spans[labels].map { $0.joined(with: first...last) } ?? first...last
        }
    }

    private mutating func count(_ spans: [LabelSet: ClosedRange<Int64>], limit: Int) {
        var metrics: [String: Int] = [:]
        var values: [String: [String: Int]] = [:]
        var churn: [String: Double] = [:]
        let whole = times.map { Double($0.upperBound - $0.lowerBound) } ?? 0
        for (labels, range) in spans {
            let absent = whole > 0 ? 1 - Double(range.upperBound - range.lowerBound) / whole : 0
            for label in labels.labels {
                if label.name == LabelSet.metricName { metrics[label.value, default: 0] += 1 }
                values[label.name, default: [:]][label.value, default: 0] += 1
                if absent > 0 { churn["\(label.name)=\(label.value)", default: 0] += absent }
            }
        }
        func top(_ counts: some Sequence<(key: String, value: Int)>) -> [Entry] {
            let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return sorted.prefix(limit).map { Entry(name: $0.key, count: $0.value) }
        }
        seriesByMetric = top(metrics)
        valuesByLabel = top(values.mapValues(\.count))
        valueBytesByLabel = top(values.mapValues { $0.keys.reduce(0) { $0 + $1.utf8.count } })
        // All pairs together may be very many; the greatest of each name are enough to find the greatest of all.
        var pairs: [(key: String, value: Int)] = []
        for (name, counts) in values {
            pairs += top(counts).map { ("\(name)=\($0.name)", $0.count) }
        }
        seriesByPair = top(pairs)
        churnByPair = top(churn.mapValues { Int(($0 * 100).rounded()) })
    }
}

/// Counts the columns of blocks by their kinds.
private struct ColumnKinds {
    private static let names = ["constant", "constant integer", "decimal", "xor", "histograms", "scaled"]

    private var timestamps = FolderAnalysis.ColumnKind(name: "timestamps")
    private var values: [UInt8: FolderAnalysis.ColumnKind] = [:]
    private var block = ""
    /// Where the timestamps of the current block lie that were counted.
    private var counted: Set<Int> = []

    mutating func add(_ chunks: [ChunkFacts], of facts: BlockFacts) {
        if facts.identifier != block {
            block = facts.identifier
            counted = []
        }
        for chunk in chunks {
            if counted.insert(chunk.timestampOffset).inserted {
                timestamps.columns += 1
                timestamps.bytes += chunk.timestampBytes
            }
            timestamps.samples += chunk.samples
            let number = Int(chunk.valueKind)
            let name = number < Self.names.count ? Self.names[number] : "kind \(number)"
            values[chunk.valueKind, default: FolderAnalysis.ColumnKind(name: name)].columns += 1
            values[chunk.valueKind]?.samples += chunk.samples
            values[chunk.valueKind]?.bytes += chunk.valueBytes
        }
    }

    var sorted: [FolderAnalysis.ColumnKind] {
        (timestamps.columns > 0 ? [timestamps] : []) + values.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension ClosedRange<Int64> {
    fileprivate func joined(with other: ClosedRange<Int64>) -> ClosedRange<Int64> {
        Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
