/// Least squares over each window: `deriv` and `predict_linear`.
enum RegressionKernel {
    /// `deriv`: the slope per second; windows with fewer than two samples are absent.
    static func slope(_ samples: RangeSamples, into row: inout [Double]) {
        evaluate(samples, into: &row) { _, line in line.slope }
    }

    /// `predict_linear`: the value `seconds[index]` after the step's time.
    ///
    /// - Parameters:
    ///   - seconds: one per step, or one for all.
    ///   - times: the time of each step in milliseconds.
    static func prediction(_ samples: RangeSamples, seconds: [Double], times: StepGrid, into row: inout [Double]) {
        evaluate(samples, into: &row) { index, line in
            let ahead = seconds.count == 1 ? seconds[0] : seconds[index]
            let atStep = line.value(at: Double(times.timestamp(at: index) &- line.origin) / 1_000)
            return line.slope * ahead + atStep
        }
    }

    private static func evaluate(
        _ samples: RangeSamples, into row: inout [Double], _ value: (Int, RegressionLine) -> Double
    ) {
        for index in row.indices { row[index] = Point.absent }
        var sliding = SlidingAggregate<RegressionAggregate>()
        sliding.forEachWindow(of: samples) { index, aggregate in
            if aggregate.count >= 2 { row[index] = value(index, aggregate.line) }
        }
    }
}

/// A line through samples; times are seconds after `origin`.
private struct RegressionLine {
    var slope: Double
    var meanTime: Double
    var meanValue: Double
    /// Milliseconds since the epoch.
    var origin: Int64

    func value(at time: Double) -> Double { meanValue + slope * (time - meanTime) }
}

/// Means and centred second moments of times and values.
private struct RegressionAggregate: Joinable {
    var count = 0.0
    private var origin: Int64 = 0
    private var meanTime = 0.0
    private var meanValue = 0.0
    private var timeSquares = 0.0
    private var products = 0.0
    private var firstValue = 0.0
    private var isConstant = true

    @inline(__always)
    mutating func add(_ value: Double, at timestamp: Int64) {
        if count == 0 {
            origin = timestamp
            firstValue = value
        } else if value != firstValue {
            isConstant = false
        }
        let time = Double(timestamp &- origin) / 1_000
        count += 1
        let timeDistance = time - meanTime
        let valueDistance = value - meanValue
        meanTime += timeDistance / count
        meanValue += valueDistance / count
        timeSquares += timeDistance * (time - meanTime)
        products += timeDistance * (value - meanValue)
    }

    @inline(__always)
    mutating func join(_ other: RegressionAggregate) {
        if count == 0 {
            self = other
            return
        }
        let total = count + other.count
        let otherMeanTime = other.meanTime + Double(other.origin &- origin) / 1_000
        let timeDistance = otherMeanTime - meanTime
        let valueDistance = other.meanValue - meanValue
        let weight = count * other.count / total
        timeSquares += other.timeSquares + timeDistance * timeDistance * weight
        products += other.products + timeDistance * valueDistance * weight
        meanTime += timeDistance * (other.count / total)
        meanValue += valueDistance * (other.count / total)
        isConstant = isConstant && other.isConstant && firstValue == other.firstValue
        count = total
    }

    var line: RegressionLine {
        if isConstant {
            // All values equal: no rounding may tilt the line.
            let value = firstValue.isInfinite ? Double.nan : firstValue
            let slope = firstValue.isInfinite ? Double.nan : 0
            return RegressionLine(slope: slope, meanTime: meanTime, meanValue: value, origin: origin)
        }
        return RegressionLine(
            slope: products / timeSquares, meanTime: meanTime, meanValue: meanValue, origin: origin)
    }
}
