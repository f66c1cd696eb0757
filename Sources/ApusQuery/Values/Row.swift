/// The values of one series at all steps of a grid.
typealias Row = [Double]

extension [Double] {
    /// One per step.
    var values: [Double] { self }
    /// Whether a histogram may stand at any step.
    var hasHistograms: Bool { false }
    /// How much memory the row counts for, as a number of floats.
    var weight: Int { count }
}
