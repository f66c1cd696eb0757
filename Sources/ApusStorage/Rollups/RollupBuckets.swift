import ApusModel

/// The buckets of one series as columns, filled sample by sample.
struct RollupBuckets {
    typealias Part = RollupFormat.Part

    /// The ends, in resolutions.
    private(set) var ends: [Int64] = []
    /// A column for each part, that of the ends empty.
    private var columns = [[Double]](repeating: [], count: Part.allCases.count)
    private var current: RollupBucket?

    /// The number of buckets.
    var count: Int { ends.count }

    /// The column of a part.
    subscript(_ part: Part) -> [Double] { columns[part.rawValue] }

    /// Forgets the buckets and keeps the memory.
    mutating func removeAll() {
        ends.removeAll(keepingCapacity: true)
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
            let end = RollupFormat.bucket(of: time, resolution)
            if current?.end != end {
                finish(resolution: resolution)
                current = RollupBucket(end: end)
            }
            current?.add(value, at: time)
        }
        return true
    }

    /// Ends the bucket that samples were added to last.
    mutating func finish(resolution: Int64) {
        guard let bucket = current else { return }
        current = nil
        let end = bucket.end &* resolution
        let start = end &- resolution
        ends.append(bucket.end)
        func set(_ part: Part, _ value: Double) { columns[part.rawValue].append(value) }
        set(.counts, bucket.count)
        let isEmpty = bucket.count == 0
        set(.firstTimes, isEmpty ? 0 : Double(bucket.firstTime &- start))
        set(.lastTimes, isEmpty ? 0 : Double(end &- bucket.lastTime))
        set(.firsts, bucket.first)
        set(.lasts, bucket.last)
        set(.minima, bucket.minimum.isNaN ? bucket.last : bucket.minimum)
        set(.maxima, bucket.maximum.isNaN ? bucket.last : bucket.maximum)
        set(.sums, bucket.total)
        set(.lost, bucket.lost)
        set(.resets, bucket.resets)
        set(.stale, bucket.staleTime.map { Double($0 &- start) } ?? 0)
    }
}

/// One bucket while samples are added to it.
private struct RollupBucket {
    let end: Int64
    var count = 0.0
    var firstTime: Int64 = 0
    var lastTime: Int64 = 0
    var first = 0.0
    var last = 0.0
    /// NaN while there is no number.
    var minimum = Double.nan
    var maximum = Double.nan
    private var sum = 0.0
    private var compensation = 0.0
    var lost = 0.0
    var resets = 0.0
    /// The time of a staleness marker behind the last sample.
    var staleTime: Int64?

    init(end: Int64) {
        self.end = end
    }

    /// The compensated sum; an infinite one forgets its compensation, as in the engine.
    var total: Double { sum.isInfinite ? sum : sum + compensation }

    mutating func add(_ value: Double, at time: Int64) {
        if SpecialValue.isStaleMarker(value) {
            staleTime = time
            return
        }
        staleTime = nil
        if count == 0 {
            first = value
            firstTime = time
            // Not added to zero, so that a single negative zero stays one.
            sum = value
        } else {
            if value < last {
                lost += last
                resets += 1
            }
            addToSum(value)
        }
        if !value.isNaN {
            if !(minimum <= value) { minimum = value }
            if !(maximum >= value) { maximum = value }
        }
        count += 1
        last = value
        lastTime = time
    }

    /// Neumaier's variant of Kahan's compensation.
    private mutating func addToSum(_ term: Double) {
        let total = sum + term
        if total.isInfinite {
            compensation = 0
        } else if sum.magnitude >= term.magnitude {
            compensation += (sum - total) + term
        } else {
            compensation += (term - total) + sum
        }
        sum = total
    }
}
