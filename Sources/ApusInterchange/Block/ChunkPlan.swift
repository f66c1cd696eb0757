import ApusEncoding
import ApusModel

/// Cuts the samples of a series into chunks as Prometheus wants them.
///
/// A chunk has samples of one kind. Histograms of one chunk have one layout and, unless they are gauges, no reset between them,
/// for its readers take that for granted.
struct ChunkPlan {
    /// One chunk.
    struct Part {
        var encoding: ChunkEncoding
        /// The positions of its samples.
        var samples: Range<Int>
        /// The numbers of its histograms; empty for floats.
        var histograms: Range<Int>
        var reset: HistogramChunkHeader.Reset
    }

    private var position = 0
    private var histogram = 0
    private let limit: Int

    /// A plan for all of `columns`.
    init(_ columns: borrowing SampleColumns, limit: Int = PrometheusBlockWriter.maximumChunkSamples) {
        self.limit = limit
    }

    /// The next chunk, or `nil` at the end.
    mutating func next(of columns: borrowing SampleColumns) -> Part? {
        guard position < columns.count else { return nil }
        let start = position
        guard histogram < columns.histograms.count, columns.histograms[histogram].position == start else {
            let following =
                histogram < columns.histograms.count ? columns.histograms[histogram].position : columns.count
            position = min(following, start + limit)
            return Part(encoding: .float, samples: start..<position, histograms: 0..<0, reset: .unknown)
        }
        let first = histogram
        let leader = columns.histograms[first].histogram
        let isInteger = IntegerHistogramChunk.canEncode(leader)
        var reset: HistogramChunkHeader.Reset = leader.counterResetHint == .gauge ? .gauge : .unknown
        if leader.counterResetHint == .reset { reset = .reset }
        if reset == .unknown, first > 0, columns.histograms[first - 1].position == start - 1,
            Self.isReset(from: columns.histograms[first - 1].histogram, to: leader)
        {
            reset = .reset
        }
        while position < columns.count, position - start < limit, histogram < columns.histograms.count,
            columns.histograms[histogram].position == position
        {
            let next = columns.histograms[histogram].histogram
            if histogram > first {
                guard HistogramLayout.areEqual(leader, next), IntegerHistogramChunk.canEncode(next) == isInteger,
                    (next.counterResetHint == .gauge) == (reset == .gauge),
                    reset == .gauge || !Self.isReset(from: columns.histograms[histogram - 1].histogram, to: next)
                else { break }
            }
            position += 1
            histogram += 1
        }
        return Part(
            encoding: isInteger ? .integerHistogram : .floatHistogram, samples: start..<position,
            histograms: first..<histogram, reset: reset)
    }

    /// Whether a counter began anew between two neighbouring histograms, as far as they tell.
    private static func isReset(from earlier: NativeHistogram, to later: NativeHistogram) -> Bool {
        if later.counterResetHint == .reset { return true }
        if earlier.counterResetHint == .gauge || later.counterResetHint == .gauge { return false }
        guard HistogramLayout.areEqual(earlier, later) else { return later.count < earlier.count }
        return later.count < earlier.count || later.zeroCount < earlier.zeroCount
            || zip(earlier.positiveBuckets, later.positiveBuckets).contains { $1 < $0 }
            || zip(earlier.negativeBuckets, later.negativeBuckets).contains { $1 < $0 }
    }
}
