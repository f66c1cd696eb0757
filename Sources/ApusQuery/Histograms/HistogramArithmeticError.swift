package import ApusModel

/// Why two histograms cannot be added or subtracted.
package enum HistogramArithmeticError: Error, Equatable {
    /// One has exponential buckets and the other custom bounds.
    case incompatibleSchemas
}

/// What had to give way when two histograms were added or subtracted.
package struct HistogramReconciliation: Equatable, Sendable {
    /// One histogram says that its counter was reset, the other that it was not.
    package var hintsConflicted = false
    /// The custom bounds differed, and only the common ones are left.
    package var boundsWereReconciled = false
}

/// A sum or difference of two histograms.
package struct HistogramCombination: Sendable {
    /// The result, without empty buckets.
    package var histogram: NativeHistogram
    /// What had to give way.
    package var reconciliation: HistogramReconciliation
}
