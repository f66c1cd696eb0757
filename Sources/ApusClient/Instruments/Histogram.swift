import ApusBytes
import ApusExposition
import ApusModel
import Synchronization

/// Counts observations in buckets and adds them up: latencies, sizes.
///
/// ```swift
/// let latency: Histogram = try registry.histogram("request_duration_seconds", help: "Time to answer.")
/// latency.observe(0.012)
/// let page = try await latency.time { try await load() }
/// ```
///
/// Every method may be called from any thread. An observation touches one bucket and takes no lock, or one for some
/// nanoseconds where the histogram is native; buckets become cumulative when they are exposed. Buckets, sum and count of
/// one exposition belong together: none shows an observation that another lacks.
public final class Histogram: Observing {
    let layout: HistogramLayout
    private let counts: ObservationCounts
    /// Counts in place of `counts` where the histogram is native.
    private let native: NativeCells?
    private let createdAt: Atomic<Int64>
    private let exemplars = LazyExemplars()

    init(layout: HistogramLayout, clock: any WallClock) {
        self.layout = layout
        let bucketCount = layout.upperBounds.count + 1
        counts = ObservationCounts(bucketCount: layout.native == nil ? bucketCount : 0)
        native = layout.native.map { NativeCells($0, classicCount: bucketCount, clock: clock) }
        createdAt = Atomic(clock.now())
    }

    /// Counts one observation.
    ///
    /// One that is not a number falls in the last bucket and makes the sum NaN.
    public func observe(_ value: Double) {
        let bucket = layout.bucket(of: value)
        if let native {
            native.add(value, classicBucket: bucket)
        } else {
            counts.add(value, bucket: bucket)
        }
    }

    /// Counts one observation and keeps an exemplar, which replaces the one before of the same bucket.
    ///
    /// ```swift
    /// latency.observe(0.25, exemplar: ["trace_id": "4bf92f3577b34da6"])
    /// ```
    public func observe(_ value: Double, exemplar: ExemplarLabels) {
        observe(value)
        exemplars.set(layout.bucket(of: value), of: layout.upperBounds.count + 1, exemplar, value: value)
    }

    /// Counts a duration as one observation, in seconds, and keeps an exemplar.
    ///
    /// ```swift
    /// latency.observe(.milliseconds(250), exemplar: ["trace_id": "4bf92f3577b34da6"])
    /// ```
    public func observe(_ duration: Duration, exemplar: ExemplarLabels) {
        observe(duration.inSeconds, exemplar: exemplar)
    }

    /// The counts as they are now.
    ///
    /// ```swift
    /// let slow = latency.snapshot.bucketCounts.last ?? 0
    /// ```
    public var snapshot: HistogramSnapshot {
        if let native {
            let reading = native.read()
            return HistogramSnapshot(
                upperBounds: layout.upperBounds, bucketCounts: reading.counts.buckets, count: reading.counts.count,
                sum: reading.counts.sum)
        }
        let reading = counts.read()
        return HistogramSnapshot(
            upperBounds: layout.upperBounds, bucketCounts: reading.buckets, count: reading.count, sum: reading.sum)
    }

    /// Forgets every observation, for tests.
    public func reset() {
        counts.reset()
        native?.reset()
        createdAt.store(SystemWallClock().now(), ordering: .relaxed)
        exemplars.removeAll()
    }

    /// When the histogram began to count, in milliseconds since the epoch.
    var created: Int64 { native?.began ?? createdAt.load(ordering: .relaxed) }

    /// The native form, where the histogram has one, and what belongs to it.
    var nativeReading: NativeCells.Reading? {
        guard var reading = native?.read() else { return nil }
        reading.native.exemplars = exemplars.all.compactMap { $0?.exemplar }
        return reading
    }

    /// The newest exemplar of each bucket; empty when there never was one.
    var bucketExemplars: [Exemplar?] { exemplars.all.map { $0?.exemplar } }
}

/// The counts of a histogram at one moment.
public struct HistogramSnapshot: Sendable, Hashable {
    /// The upper bounds of the buckets, ascending, without the last one, which has none.
    public var upperBounds: [Double]
    /// The number of observations in each bucket alone, the one without bound last.
    public var bucketCounts: [UInt64]
    /// The number of observations.
    public var count: UInt64
    /// The sum of the observations.
    public var sum: Double

    /// A snapshot of counts that are kept elsewhere, for a collector.
    ///
    /// ```swift
    /// let pauses = HistogramSnapshot(upperBounds: [0.001, 0.01], bucketCounts: [40, 2, 0], sum: 0.031)
    /// ```
    ///
    /// - Parameters:
    ///   - upperBounds: Ascending, without infinity.
    ///   - bucketCounts: One more than there are bounds; of each bucket alone, not cumulative.
    ///   - sum: The sum of the observations.
    public init(upperBounds: [Double], bucketCounts: [UInt64], sum: Double) {
        self.init(
            upperBounds: upperBounds, bucketCounts: bucketCounts, count: bucketCounts.reduce(0, &+), sum: sum)
    }

    init(upperBounds: [Double], bucketCounts: [UInt64], count: UInt64, sum: Double) {
        self.upperBounds = upperBounds
        self.bucketCounts = bucketCounts
        self.count = count
        self.sum = sum
    }
}
