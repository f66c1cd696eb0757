import ApusBytes
import ApusExposition
import Glibc
import Synchronization

/// Counts observations in buckets and adds them up: latencies, sizes.
///
/// ```swift
/// let latency = try registry.histogram("request_duration_seconds", help: "Time to answer.")
/// latency.observe(0.012)
/// let page = try await latency.time { try await render() }
/// ```
///
/// Every method may be called from any thread; none waits. An observation touches one bucket; buckets become cumulative
/// when they are exposed. Buckets, sum and count of one exposition belong together: none shows an observation that
/// another lacks.
public final class Histogram: Instrument {
    /// Observers count into one of two sets.
    ///
    /// An exposition turns them to the other, waits until the observers of the first
    /// have finished, reads it, and adds it to the second. Source: the Go client's histogram.
    private struct CountSet: ~Copyable {
        let buckets: AtomicCells
        let sum = AtomicDouble()
        /// Observations that are complete in this set.
        let finished = Atomic<UInt64>(0)
    }

    /// The set in use (highest bit) and the number of observations begun (other bits).
    private let begun = Atomic<UInt64>(0)
    private let first: CountSet
    private let second: CountSet
    private let exposing = Mutex(())
    let layout: HistogramLayout

    private static let setBit: UInt64 = 1 << 63

    init(layout: HistogramLayout) {
        self.layout = layout
        first = CountSet(buckets: AtomicCells(count: layout.upperBounds.count + 1))
        second = CountSet(buckets: AtomicCells(count: layout.upperBounds.count + 1))
    }

    /// Counts one observation.
    ///
    /// One that is not a number falls in the last bucket and makes the sum NaN.
    public func observe(_ value: Double) {
        let bucket = layout.bucket(of: value)
        let ticket = begun.wrappingAdd(1, ordering: .acquiring).oldValue
        if ticket & Self.setBit == 0 {
            Self.count(value, in: bucket, of: first)
        } else {
            Self.count(value, in: bucket, of: second)
        }
    }

    /// Counts a duration, in seconds.
    public func observe(_ duration: Duration) {
        let parts = duration.components
        observe(Double(parts.seconds) + Double(parts.attoseconds) * 1e-18)
    }

    /// Observes how long `work` takes, in seconds, also when it throws.
    public func time<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { observe(start.duration(to: .now)) }
        return try work()
    }

    /// Observes how long `work` takes, in seconds, also when it throws.
    public func time<Result, Failure: Error>(
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { observe(start.duration(to: .now)) }
        return try await work()
    }

    /// The counts as they are now.
    public var snapshot: HistogramSnapshot {
        exposing.withLock { _ in
            // Turning the highest bit sends new observers to the other set.
            let before = begun.wrappingAdd(Self.setBit, ordering: .acquiringAndReleasing).oldValue
            let total = before & ~Self.setBit
            return before & Self.setBit == 0
                ? Self.drain(first, into: second, total: total)
                : Self.drain(second, into: first, total: total)
        }
    }

    @inline(__always)
    private static func count(_ value: Double, in bucket: Int, of set: borrowing CountSet) {
        set.buckets.increment(bucket)
        set.sum.add(value)
        // Releasing: who sees this number sees the bucket and the sum.
        set.finished.wrappingAdd(1, ordering: .releasing)
    }

    private static func drain(
        _ set: borrowing CountSet,
        into other: borrowing CountSet,
        total: UInt64
    ) -> HistogramSnapshot {
        // Observers take nanoseconds; yielding covers one that lost its processor in between.
        while set.finished.load(ordering: .acquiring) != total { _ = sched_yield() }
        var counts: [UInt64] = []
        counts.reserveCapacity(set.buckets.count)
        for index in 0..<set.buckets.count { counts.append(set.buckets.take(index)) }
        let sum = set.sum.exchange(0)
        set.finished.store(0, ordering: .relaxed)
        for index in 0..<counts.count where counts[index] > 0 { other.buckets.add(counts[index], to: index) }
        other.sum.add(sum)
        // The other set then counts all observations ever begun, as the next reader of it expects.
        other.finished.wrappingAdd(total, ordering: .releasing)
        return HistogramSnapshot(bucketCounts: counts, count: total, sum: sum)
    }
}

/// The counts of a histogram at one moment.
public struct HistogramSnapshot: Sendable, Hashable {
    /// The number of observations in each bucket alone, the one without bound last.
    public var bucketCounts: [UInt64]
    /// The number of observations.
    public var count: UInt64
    /// The sum of the observations.
    public var sum: Double
}

/// What the histograms of one family share: bounds, and their labels as text.
final class HistogramLayout: Sendable {
    let upperBounds: [Double]
    private let textLabels: [[UInt8]]
    private let openMetricsLabels: [[UInt8]]

    init(upperBounds: [Double]) {
        self.upperBounds = upperBounds
        textLabels = Self.labels(upperBounds, style: .general)
        openMetricsLabels = Self.labels(upperBounds, style: .openMetrics)
    }

    /// The `le` label of each bucket as text.
    func labels(for format: ExpositionFormat) -> [[UInt8]] {
        format == .openMetrics ? openMetricsLabels : textLabels
    }

    @inline(__always)
    func bucket(of value: Double) -> Int {
        var low = 0
        var high = upperBounds.count
        if high <= 16 {
            // Few bounds: a straight run is predicted better than halving. NaN passes all and lands in the last bucket.
            while low < high, !(value <= upperBounds[low]) { low += 1 }
            return low
        }
        while low < high {
            let middle = (low + high) / 2
            if value <= upperBounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func labels(_ bounds: [Double], style: NumberText.FloatStyle) -> [[UInt8]] {
        (bounds + [.infinity]).map { Array("le=\"\(NumberText.string($0, style))\"".utf8) }
    }
}
