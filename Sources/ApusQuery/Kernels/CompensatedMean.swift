import ApusModel

/// An average that stays exact where the plain sum would overflow.
///
/// Like Prometheus it divides a compensated sum, and goes over to an incremental mean once the sum is infinite.
struct CompensatedMean: Sendable {
    private var total = CompensatedSum()
    /// The number of terms; zero stands for "no value yet".
    private(set) var count = 0.0
    private var isIncremental = false

    /// A mean of nothing.
    init() {}

    /// Adds one term.
    @inline(__always)
    mutating func add(_ term: Double) {
        count += 1
        if !isIncremental {
            if count == 1 {
                total = CompensatedSum(term)
                return
            }
            var next = total
            next.add(term)
            if !next.sum.isInfinite {
                total = next
                return
            }
            isIncremental = true
            total.sum /= count - 1
            total.compensation /= count - 1
        }
        let share = (count - 1) / count
        total.sum *= share
        total.compensation *= share
        total.add(term / count)
    }

    /// Adds the terms of another mean.
    mutating func join(_ other: CompensatedMean) {
        if other.count == 0 { return }
        if count == 0 {
            self = other
            return
        }
        if !isIncremental, !other.isIncremental {
            var joined = total
            joined.add(other.total)
            if !joined.sum.isInfinite {
                total = joined
                count += other.count
                return
            }
        }
        let joinedCount = count + other.count
        var mean = CompensatedSum(value * (count / joinedCount))
        mean.add(other.value * (other.count / joinedCount))
        total = mean
        count = joinedCount
        isIncremental = true
    }

    /// The mean; meaningful when `count` is above zero.
    var value: Double {
        isIncremental ? total.sum + total.compensation : total.sum / count + total.compensation / count
    }
}
