import ApusModel

/// The buckets of one series as columns, filled sample by sample or bucket by bucket.
struct RollupBuckets {
    typealias Part = RollupFormat.Part

    /// The ends, in resolutions.
    private(set) var ends: [Int64] = []
    /// What is not known of each bucket.
    private(set) var unknown: [RollupBucket.Unknown] = []
    /// A column for each part, that of the ends empty.
    private var columns = [[Double]](repeating: [], count: Part.allCases.count)
    private var current: RollupBucket?

    /// The number of buckets that have ended.
    var count: Int { ends.count }

    /// Whether nothing was added.
    var isEmpty: Bool { ends.isEmpty && current == nil }

    /// The column of a part.
    subscript(_ part: Part) -> [Double] { columns[part.rawValue] }

    /// Forgets the buckets and keeps the memory.
    mutating func removeAll() {
        ends.removeAll(keepingCapacity: true)
        unknown.removeAll(keepingCapacity: true)
        for part in columns.indices { columns[part].removeAll(keepingCapacity: true) }
        current = nil
    }

    /// Adds samples that follow those before; `finish` ends the last bucket.
    ///
    /// - Returns: `false` when they cannot be rolled up.
    mutating func add(_ samples: borrowing SampleColumns, resolution: Int64) -> Bool {
        guard samples.histograms.isEmpty else { return false }
        let timestamps = samples.timestamps.span
        let values = samples.values.span
        for index in 0..<timestamps.count {
            let (time, value) = (timestamps[index], values[index])
            guard RollupFormat.times.contains(time), value.magnitude <= RollupFormat.largestValue || !value.isFinite
            else { return false }
            begin(RollupFormat.bucket(of: time, resolution), resolution)
            current?.add(value, at: time)
        }
        return true
    }

    /// Adds a bucket of a resolution that divides this one, which does not end before what was added last; `finish` ends the last.
    ///
    /// Those of the same time become one, unless their samples overlap: then the one with more of them stays.
    mutating func add(_ bucket: RollupBucket, of finer: Int64, resolution: Int64) {
        let end = RollupFormat.bucket(of: bucket.end &* finer, resolution)
        begin(end, resolution)
        if let known = current, known.count > 0, bucket.count > 0, bucket.firstTime <= known.lastTime {
            if known.count >= bucket.count { return }
            current = RollupBucket(end: end)
        }
        current?.add(bucket)
    }

    private mutating func begin(_ end: Int64, _ resolution: Int64) {
        if current?.end == end { return }
        finish(resolution: resolution)
        current = RollupBucket(end: end)
    }

    /// Ends the bucket that samples were added to last.
    mutating func finish(resolution: Int64) {
        guard let bucket = current else { return }
        current = nil
        let end = bucket.end &* resolution
        let start = end &- resolution
        ends.append(bucket.end)
        unknown.append(bucket.unknown)
        func set(_ part: Part, _ value: Double) { columns[part.rawValue].append(value) }
        set(.counts, bucket.count)
        let isEmpty = bucket.count == 0
        set(.firstTimes, isEmpty ? 0 : Double(bucket.firstTime &- start))
        set(.lastTimes, isEmpty ? 0 : Double(end &- bucket.lastTime))
        set(.firsts, bucket.first)
        set(.lasts, bucket.last)
        set(.minima, isEmpty ? 0 : bucket.leastValue)
        set(.maxima, isEmpty ? 0 : bucket.greatestValue)
        set(.sums, bucket.sum.value)
        set(.lost, bucket.lost)
        set(.resets, bucket.resets)
        set(.stale, bucket.staleTime.map { Double($0 &- start) } ?? 0)
    }
}
