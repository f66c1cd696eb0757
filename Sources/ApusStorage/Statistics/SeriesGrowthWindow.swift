/// The series that came and went in a span of time that ends now.
package struct SeriesGrowthWindow: Sendable, Equatable {
    /// The series of one metric.
    package struct Metric: Sendable, Equatable {
        /// The metric's name; `(others)` for those that are not counted by themselves.
        package var name: String
        /// The series that were made.
        package var created: Int
        /// The series that left the head.
        package var gone: Int
    }

    /// The length of the window, in milliseconds.
    package var length: Int64
    /// How much of it the store was open, in milliseconds.
    package var covered: Int64
    /// The series of all metrics that were made.
    package var created: Int
    /// Those that left the head.
    package var gone: Int
    /// By metric, those with the most first.
    package var metrics: [Metric]
}
