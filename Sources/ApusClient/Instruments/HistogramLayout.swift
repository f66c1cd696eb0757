import ApusBytes
import ApusExposition

/// What the histograms of one family share: bounds, and their labels as text.
final class HistogramLayout: Sendable {
    let upperBounds: [Double]
    /// How values are cut natively; `nil` for classic buckets only.
    let native: NativeBuckets?
    /// Whether there are classic buckets: a histogram that is only native shows none but the last.
    let isClassic: Bool
    private let textLabels: [[UInt8]]
    private let openMetricsLabels: [[UInt8]]

    init(upperBounds: [Double], native: NativeBuckets? = nil, isClassic: Bool = true) {
        self.upperBounds = upperBounds
        self.native = native
        self.isClassic = isClassic
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

    static func labels(_ bounds: [Double], style: NumberText.FloatStyle) -> [[UInt8]] {
        (bounds + [.infinity]).map { Array("le=\"\(NumberText.string($0, style))\"".utf8) }
    }
}
