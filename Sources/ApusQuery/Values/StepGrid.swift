/// The times at which a query is evaluated: one for an instant query, evenly spaced ones for a range query.
package struct StepGrid: Equatable, Sendable {
    /// The first time, in milliseconds since the epoch.
    package let start: Int64
    /// The distance between two times in milliseconds; above zero.
    package let step: Int64
    /// The number of times; at least one, but zero for a subquery that has none.
    package let count: Int

    /// The grid of `count` times from `start`.
    package init(start: Int64, step: Int64, count: Int) {
        self.start = start
        self.step = max(1, step)
        self.count = count
    }

    /// The grid with the one time `timestamp`.
    package init(instant timestamp: Int64) {
        self.init(start: timestamp, step: 1, count: 1)
    }

    /// The time of the step at `index`.
    @inline(__always)
    package func timestamp(at index: Int) -> Int64 {
        start &+ Int64(truncatingIfNeeded: index) &* step
    }

    /// The time of the last step.
    package var end: Int64 { timestamp(at: max(0, count - 1)) }
}
