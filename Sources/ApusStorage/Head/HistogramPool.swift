import ApusEncoding
import ApusModel

/// The histograms in the open buffers of the head, by number.
struct HistogramPool {
    private var items: [NativeHistogram] = []
    private var free: [UInt32] = []

    /// The histogram with a number.
    subscript(_ number: UInt32) -> NativeHistogram { items[Int(number)] }

    /// Takes a histogram and gives its number; its hint becomes what follows from the one stored before it in its series, `nil` when
    /// that is not known.
    ///
    /// Layouts are shared with the one before where they are equal.
    mutating func insert(_ histogram: NativeHistogram, after previous: UInt32?) -> UInt32 {
        var histogram = histogram
        if let previous {
            histogram.counterResetHint = histogram.hint(after: items[Int(previous)])
            if HistogramLayout.areEqual(histogram, items[Int(previous)]) {
                histogram.positiveSpans = items[Int(previous)].positiveSpans
                histogram.negativeSpans = items[Int(previous)].negativeSpans
                histogram.customBounds = items[Int(previous)].customBounds
            }
        } else if histogram.counterResetHint == .notReset {
            histogram.counterResetHint = .unknown
        }
        if let number = free.popLast() {
            items[Int(number)] = histogram
            return number
        }
        items.append(histogram)
        return UInt32(items.count - 1)
    }

    /// Gives a number back.
    mutating func remove(_ number: UInt32) {
        items[Int(number)] = NativeHistogram()
        free.append(number)
    }
}

extension NativeHistogram {
    /// What is known of a reset when this histogram directly follows `previous` in its series.
    ///
    /// A statement of the source that there was a reset, or that it is a gauge, stands. Otherwise histograms of one layout are
    /// compared; of others readers find out. Source: Prometheus, which decides the same when it appends to a chunk.
    func hint(after previous: borrowing NativeHistogram) -> CounterResetHint {
        if counterResetHint == .gauge || counterResetHint == .reset { return counterResetHint }
        if previous.counterResetHint == .gauge { return .unknown }
        if count < previous.count { return .reset }
        guard HistogramLayout.areEqual(self, previous) else { return .unknown }
        let isLower =
            zeroCount < previous.zeroCount || Self.isAnyLower(positiveBuckets, previous.positiveBuckets)
            || Self.isAnyLower(negativeBuckets, previous.negativeBuckets)
        return isLower ? .reset : .notReset
    }

    private static func isAnyLower(_ populations: [Double], _ previous: [Double]) -> Bool {
        zip(populations, previous).contains { $0 < $1 }
    }
}
