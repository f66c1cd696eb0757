import ApusModel

/// Shapes of columns of native histograms, ordinary and adversarial.
enum HistogramShape: CaseIterable {
    case counter, growing, custom, gauge, withStaleMarkers, negative, randomBits, empty

    func make(count: Int, using generator: inout some RandomNumberGenerator) -> SampleColumns {
        var columns = SampleColumns()
        var histogram = NativeHistogram()
        histogram.schema = Int32.random(in: -4...8, using: &generator)
        histogram.zeroThreshold = 1e-128
        histogram.positiveSpans = [.init(offset: -3, length: 4), .init(offset: 2, length: 3)]
        histogram.positiveBuckets = Array(repeating: 0, count: 7)
        if self == .custom {
            histogram.schema = NativeHistogram.customBoundsSchema
            histogram.zeroThreshold = 0
            histogram.customBounds = [-0.0, 0.25, 1, 2.5, 5, 10]
            histogram.positiveSpans = [.init(offset: 0, length: 7)]
        }
        if self == .negative {
            histogram.negativeSpans = [.init(offset: 5, length: 2)]
            histogram.negativeBuckets = [0, 0]
        }
        if self == .empty {
            histogram.positiveSpans = []
            histogram.positiveBuckets = []
        }
        for step in 0..<count {
            if self == .withStaleMarkers, Int.random(in: 0..<4, using: &generator) == 0, step > 0 {
                columns.append(step % 2 == 0 ? SpecialValue.staleMarker : Double(step), at: Int64(step))
                continue
            }
            advance(&histogram, step: step, using: &generator)
            columns.append(histogram, at: Int64(step))
        }
        return columns
    }

    private func advance(
        _ histogram: inout NativeHistogram, step: Int, using generator: inout some RandomNumberGenerator
    ) {
        for bucket in histogram.positiveBuckets.indices {
            let more = Double(Int.random(in: 0..<20, using: &generator))
            histogram.positiveBuckets[bucket] += more
            histogram.count += more
            histogram.sum += more * 0.37
        }
        for bucket in histogram.negativeBuckets.indices { histogram.negativeBuckets[bucket] += 1 }
        histogram.counterResetHint = step == 0 ? .unknown : .notReset
        switch self {
        case .growing:
            if Int.random(in: 0..<5, using: &generator) == 0 {
                histogram.positiveSpans.append(.init(offset: 1, length: 1))
                histogram.positiveBuckets.append(1)
            }
            if Int.random(in: 0..<20, using: &generator) == 0 { histogram.counterResetHint = .reset }
        case .gauge:
            histogram.counterResetHint = .gauge
            histogram.zeroCount = Double.random(in: 0..<3, using: &generator)
        case .randomBits:
            histogram.sum = Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))
            histogram.count = Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))
            histogram.positiveBuckets[0] = Double(
                bitPattern: UInt64.random(in: 0x7FF0_0000_0000_0001...0x7FFF_0000_0000_0000, using: &generator))
            histogram.zeroThreshold = step % 3 == 0 ? 0.0 : -0.0
        case .counter, .custom, .withStaleMarkers, .negative, .empty: break
        }
    }
}

/// A histogram for comparison by bits.
struct HistogramBits: Equatable {
    private var words: [UInt64]
    private var spans: [[NativeHistogram.Span]]
    private var hint: NativeHistogram.CounterResetHint

    init(_ histogram: NativeHistogram) {
        words = [UInt64(bitPattern: Int64(histogram.schema))]
        words += [histogram.zeroThreshold, histogram.zeroCount, histogram.count, histogram.sum].map(\.bitPattern)
        words += (histogram.positiveBuckets + histogram.negativeBuckets + histogram.customBounds).map(\.bitPattern)
        spans = [histogram.positiveSpans, histogram.negativeSpans]
        hint = histogram.counterResetHint
    }
}
