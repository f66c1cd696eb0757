import ApusModel

/// `sum_over_time`, `avg_over_time`, `stddev_over_time`, `stdvar_over_time`: aggregates that slide.
enum MomentKernels {
    /// `sum_over_time`.
    static func sum(_ samples: RangeSamples, into row: inout [Double]) {
        fillAbsent(&row)
        var sliding = SlidingAggregate<SumAggregate>()
        sliding.forEachWindow(of: samples) { index, aggregate in row[index] = aggregate.total.value }
    }

    /// `avg_over_time`.
    static func average(_ samples: RangeSamples, into row: inout [Double]) {
        fillAbsent(&row)
        let values = samples.columns.values
        var sliding = SlidingAggregate<SumAggregate>()
        sliding.forEachWindow(of: samples) { index, aggregate in
            let first = Int(samples.firsts[index])
            let end = Int(samples.ends[index])
            if aggregate.total.sum.isFinite {
                let count = Double(end - first)
                row[index] = aggregate.total.sum / count + aggregate.total.compensation / count
                return
            }
            // An infinite sum may come from finite values: only a mean made step by step tells.
            var mean = CompensatedMean()
            for position in first..<end { mean.add(values[position]) }
            row[index] = mean.value
        }
    }

    /// `stdvar_over_time`, or its square root.
    static func variance(_ samples: RangeSamples, isRoot: Bool, into row: inout [Double]) {
        fillAbsent(&row)
        var sliding = SlidingAggregate<MomentAggregate>()
        sliding.forEachWindow(of: samples) { index, aggregate in
            let variance = aggregate.squares / aggregate.count
            row[index] = isRoot ? variance.squareRoot() : variance
        }
    }

    private static func fillAbsent(_ row: inout [Double]) {
        var output = row.mutableSpan
        for index in 0..<output.count { output[index] = Point.absent }
    }
}

private struct SumAggregate: Joinable {
    var total = CompensatedSum()

    @inline(__always)
    mutating func add(_ value: Double, at timestamp: Int64) { total.add(value) }

    @inline(__always)
    mutating func join(_ other: SumAggregate) { total.add(other.total) }
}

/// Mean and sum of squared distances from it.
///
/// Source: B. P. Welford (1962) for single values, T. F. Chan and others (1979) for joining.
private struct MomentAggregate: Joinable {
    var count = 0.0
    var mean = 0.0
    var squares = 0.0

    @inline(__always)
    mutating func add(_ value: Double, at timestamp: Int64) {
        count += 1
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
    }

    @inline(__always)
    mutating func join(_ other: MomentAggregate) {
        let total = count + other.count
        let distance = other.mean - mean
        mean += distance * (other.count / total)
        squares += other.squares + distance * distance * (count * other.count / total)
        count = total
    }
}
