/// A sum with Neumaier's variant of Kahan's compensation.
///
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974); as in Prometheus
/// an infinite sum forgets its compensation.
package struct CompensatedSum: Sendable {
    /// The sum without its compensation.
    package var sum: Double
    /// What rounding took from `sum`.
    package var compensation: Double

    /// A sum that starts from `sum`.
    @inlinable
    package init(_ sum: Double = 0, compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    /// Adds one term.
    @inlinable @inline(__always)
    package mutating func add(_ term: Double) {
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

    /// Adds another sum.
    @inlinable @inline(__always)
    package mutating func add(_ other: CompensatedSum) {
        add(other.sum)
        if !sum.isInfinite { compensation += other.compensation }
    }

    /// The compensated value.
    @inlinable
    package var value: Double { sum.isInfinite ? sum : sum + compensation }
}
