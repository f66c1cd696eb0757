import ApusModel

/// One bucket while samples are added to it, or as it was read.
struct RollupBucket {
    /// What of a bucket is not known: it was left out when the bucket was written.
    struct Unknown: OptionSet {
        let rawValue: UInt8

        static let first = Unknown(rawValue: 1)
        static let sum = Unknown(rawValue: 2)
        static let resets = Unknown(rawValue: 4)
    }

    /// The end, in resolutions.
    let end: Int64
    var count = 0.0
    var firstTime: Int64 = 0
    var lastTime: Int64 = 0
    var first = 0.0
    var last = 0.0
    /// NaN while there is no number.
    var minimum = Double.nan
    var maximum = Double.nan
    var sum = CompensatedSum()
    var lost = 0.0
    var resets = 0.0
    /// The time of a staleness marker behind the last sample.
    var staleTime: Int64?
    var unknown: Unknown = []

    /// A bucket without samples.
    init(end: Int64) {
        self.end = end
    }

    /// The least value that is not NaN; the last one where all are.
    var leastValue: Double { minimum.isNaN ? last : minimum }

    /// The greatest value that is not NaN; the last one where all are.
    var greatestValue: Double { maximum.isNaN ? last : maximum }

    /// The times of its first and last sample.
    var times: ClosedRange<Int64> { firstTime...max(firstTime, lastTime) }

    /// Whether something that fields need is not known.
    func lacks(_ fields: SampleSummaries.Fields) -> Bool {
        unknown.contains(.first) && fields.contains(.firsts) || unknown.contains(.sum) && fields.contains(.sums)
            || unknown.contains(.resets) && fields.contains(.resets)
    }

    /// Adds a sample that follows those before.
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
            sum = CompensatedSum(value)
        } else {
            if value < last {
                lost += last
                resets += 1
            }
            sum.add(value)
        }
        note(value, value)
        count += 1
        last = value
        lastTime = time
    }

    /// Adds the samples of another bucket, which follow those before.
    mutating func add(_ other: RollupBucket) {
        if other.count == 0 {
            if let time = other.staleTime { staleTime = time }
            return
        }
        staleTime = other.staleTime
        unknown.formUnion(other.unknown)
        if count == 0 {
            first = other.first
            firstTime = other.firstTime
            sum = other.sum
            (lost, resets) = (other.lost, other.resets)
        } else {
            if other.unknown.contains(.first) {
                // Whether it began below the last value nobody can tell.
                unknown.insert(.resets)
                unknown.remove(.first)
            } else if other.first < last {
                lost += last
                resets += 1
            }
            lost += other.lost
            resets += other.resets
            sum.add(other.sum)
        }
        note(other.minimum, other.maximum)
        count += other.count
        last = other.last
        lastTime = other.lastTime
    }

    private mutating func note(_ low: Double, _ high: Double) {
        if !low.isNaN, !(minimum <= low) { minimum = low }
        if !high.isNaN, !(maximum >= high) { maximum = high }
    }
}

extension SampleSummaries {
    /// Appends a bucket with samples as a run.
    mutating func append(_ bucket: RollupBucket, fields: Fields) {
        lastTimes.append(bucket.lastTime)
        counts.append(bucket.count)
        if fields.contains(.firstTimes) { firstTimes.append(bucket.firstTime) }
        if fields.contains(.firsts) { firsts.append(bucket.first) }
        if fields.contains(.lasts) { lasts.append(bucket.last) }
        if fields.contains(.minima) { minima.append(bucket.leastValue) }
        if fields.contains(.maxima) { maxima.append(bucket.greatestValue) }
        if fields.contains(.sums) { sums.append(bucket.sum.value) }
        if fields.contains(.resets) {
            lost.append(bucket.lost)
            resets.append(bucket.resets)
        }
    }
}
