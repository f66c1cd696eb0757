/// Successive runs of samples of one series, each told by what functions over time need of it; staleness markers are left out.
///
/// Reused from series to series. Every run has a count of at least one, and ends before the next begins. The arrays whose fields were not
/// asked for are empty, all others have one entry a run.
package struct SampleSummaries: Sendable {
    /// What of each run is wanted.
    package struct Fields: OptionSet, Sendable {
        /// One bit per field.
        package let rawValue: UInt8

        /// A set of fields.
        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `firstTimes`.
        package static let firstTimes = Fields(rawValue: 1 << 0)
        /// `firsts`.
        package static let firsts = Fields(rawValue: 1 << 1)
        /// `lasts`.
        package static let lasts = Fields(rawValue: 1 << 2)
        /// `minima`.
        package static let minima = Fields(rawValue: 1 << 3)
        /// `maxima`.
        package static let maxima = Fields(rawValue: 1 << 4)
        /// `sums`.
        package static let sums = Fields(rawValue: 1 << 5)
        /// `lost` and `resets`.
        package static let resets = Fields(rawValue: 1 << 6)
        /// Everything.
        package static let all = Fields(rawValue: .max)
    }

    /// The time of the last sample of each run, in milliseconds since the epoch, ascending.
    package var lastTimes: [Int64] = []
    /// The number of samples, whole numbers from 1 on.
    package var counts: [Double] = []
    /// The time of the first sample.
    package var firstTimes: [Int64] = []
    /// The first value.
    package var firsts: [Double] = []
    /// The last value.
    package var lasts: [Double] = []
    /// The least value that is not NaN; the last one where all are.
    package var minima: [Double] = []
    /// The greatest value that is not NaN; the last one where all are.
    package var maxima: [Double] = []
    /// The sum of the values.
    package var sums: [Double] = []
    /// The sum of the values that a smaller one follows within the run, in order of time.
    package var lost: [Double] = []
    /// The number of these.
    package var resets: [Double] = []

    /// No runs.
    package init() {}

    /// The number of runs.
    package var count: Int { lastTimes.count }

    /// Appends one sample as a run of its own.
    package mutating func append(_ value: Double, at time: Int64, fields: Fields) {
        lastTimes.append(time)
        counts.append(1)
        if fields.contains(.firstTimes) { firstTimes.append(time) }
        if fields.contains(.firsts) { firsts.append(value) }
        if fields.contains(.lasts) { lasts.append(value) }
        if fields.contains(.minima) { minima.append(value) }
        if fields.contains(.maxima) { maxima.append(value) }
        if fields.contains(.sums) { sums.append(value) }
        if fields.contains(.resets) {
            lost.append(0)
            resets.append(0)
        }
    }

    /// Forgets the runs and keeps the memory.
    package mutating func removeAll() {
        lastTimes.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        firstTimes.removeAll(keepingCapacity: true)
        firsts.removeAll(keepingCapacity: true)
        lasts.removeAll(keepingCapacity: true)
        minima.removeAll(keepingCapacity: true)
        maxima.removeAll(keepingCapacity: true)
        sums.removeAll(keepingCapacity: true)
        lost.removeAll(keepingCapacity: true)
        resets.removeAll(keepingCapacity: true)
    }
}
