import ApusBytes
import ApusExposition
import ApusModel
import Synchronization

/// Adds observations up and counts them, and knows quantiles of the last minutes.
///
/// ```swift
/// let latency: Summary = try registry.summary(
///     "job_duration_seconds", help: "Time of a job.", quantiles: [0.5, 0.99], window: .seconds(600))
/// latency.observe(0.8)
/// ```
///
/// Quantiles of several processes cannot be added up: prefer a `Histogram` where that matters. Without quantiles a summary
/// costs as little as a histogram without buckets. With them, each is right to 0.3 per cent of the value: observations are
/// counted in buckets that grow by 2^(1/128), for each fifth of the window.
///
/// Every method may be called from any thread.
public final class Summary: Observing {
    let layout: SummaryLayout
    private let totals = ObservationCounts(bucketCount: 0)
    private let window: QuantileWindow?
    private let createdAt: Atomic<Int64>

    init(layout: SummaryLayout, clock: any WallClock) {
        self.layout = layout
        createdAt = Atomic(clock.now())
        let window = layout.windowMilliseconds
        if layout.quantiles.isEmpty {
            self.window = nil
        } else if clock is SystemWallClock {
            self.window = QuantileWindow(milliseconds: window, now: QuantileWindow.coarseNow)
        } else {
            self.window = QuantileWindow(milliseconds: window) { clock.now() }
        }
    }

    /// Counts one observation.
    public func observe(_ value: Double) {
        totals.add(value, bucket: nil)
        window?.observe(value)
    }

    /// The number of observations.
    public var count: UInt64 { totals.read().count }

    /// The sum of the observations.
    public var sum: Double { totals.read().sum }

    /// The value below which the given share of the window's observations lies; NaN where there are none.
    ///
    /// ```swift
    /// let median = durations.quantile(0.5)
    /// ```
    ///
    /// - Parameter share: From 0 to 1; NaN is given for others, and for a summary without quantiles.
    public func quantile(_ share: Double) -> Double {
        window?.quantiles([share]).first ?? .nan
    }

    /// Forgets every observation, for tests.
    public func reset() {
        totals.reset()
        window?.reset()
        createdAt.store(SystemWallClock().now(), ordering: .relaxed)
    }

    /// When the summary began to count, in milliseconds since the epoch.
    var created: Int64 { createdAt.load(ordering: .relaxed) }

    /// Count, sum and the layout's quantiles.
    var reading: (count: UInt64, sum: Double, quantiles: [Double]) {
        let totals = totals.read()
        return (totals.count, totals.sum, window?.quantiles(layout.quantiles) ?? [])
    }
}

/// What the summaries of one family share: quantiles, window, and labels as text.
final class SummaryLayout: Sendable {
    let quantiles: [Double]
    let windowMilliseconds: Int64
    private let textLabels: [[UInt8]]
    private let openMetricsLabels: [[UInt8]]

    /// Quantiles must be ascending from 0 to 1 and the window at least five milliseconds; `nil` otherwise.
    init?(quantiles: [Double], window: Duration) {
        let seconds = window.inSeconds
        guard seconds >= 0.005, seconds < 1e9 else { return nil }
        var previous = -1.0
        for quantile in quantiles {
            guard quantile > previous, quantile >= 0, quantile <= 1 else { return nil }
            previous = quantile
        }
        self.quantiles = quantiles
        windowMilliseconds = Int64(seconds * 1_000)
        textLabels = Self.labels(quantiles, .general)
        openMetricsLabels = Self.labels(quantiles, .openMetrics)
    }

    /// The `quantile` label of each quantile as text.
    func labels(for format: ExpositionFormat) -> [[UInt8]] {
        format == .openMetrics ? openMetricsLabels : textLabels
    }

    private static func labels(_ quantiles: [Double], _ style: NumberText.FloatStyle) -> [[UInt8]] {
        quantiles.map { Array("quantile=\"\(NumberText.string($0, style))\"".utf8) }
    }
}
