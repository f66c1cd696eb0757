package import ApusBytes
package import ApusModel

extension ColumnEncoder {
    /// Appends a column of values in which native histograms stand, bit-exact.
    ///
    /// Histograms that follow each other with one layout are written as columns over time: one of counts, one of sums, one of zero
    /// counts and one of each bucket.
    ///
    /// - Parameters:
    ///   - values: 1 to `ColumnLimits.maximumCount`; not looked at where a histogram stands.
    ///   - histograms: at least one, ascending and valid; each is `HistogramLayout.isStorable`, together they weigh at most
    ///     `ColumnLimits.maximumPopulations`.
    ///   - start: the position that `values[0]` has in the numbering of `histograms`.
    package mutating func appendHistograms(
        _ histograms: ArraySlice<SampleColumns.PositionedHistogram>, among values: Span<Double>, from start: Int,
        to writer: inout ByteWriter
    ) {
        precondition(values.count <= ColumnLimits.maximumCount && !histograms.isEmpty)
        writer.append(ColumnKind.histograms)
        appendFloats(values, without: histograms, from: start, to: &writer)
        appendHints(histograms, to: &writer)
        var first = histograms.startIndex
        while first < histograms.endIndex {
            var end = first + 1
            while end < histograms.endIndex,
                HistogramLayout.areEqual(histograms[first].histogram, histograms[end].histogram)
            {
                end += 1
            }
            appendRun(histograms[first..<end], to: &writer)
            first = end
        }
    }

    private mutating func appendFloats(
        _ values: Span<Double>, without histograms: ArraySlice<SampleColumns.PositionedHistogram>, from start: Int,
        to writer: inout ByteWriter
    ) {
        writer.appendVarint(UInt64(values.count - histograms.count))
        guard values.count > histograms.count else { return }
        var floats: [Double] = []
        var next = histograms.startIndex
        var gapStart = 0
        for position in 0..<values.count {
            if next < histograms.endIndex, histograms[next].position - start == position {
                next += 1
                continue
            }
            writer.appendVarint(UInt64(position - gapStart))
            gapStart = position + 1
            floats.append(values[position])
        }
        appendNested(floats, to: &writer)
    }

    private func appendHints(
        _ histograms: ArraySlice<SampleColumns.PositionedHistogram>, to writer: inout ByteWriter
    ) {
        var first = histograms.startIndex
        while first < histograms.endIndex {
            let hint = histograms[first].histogram.counterResetHint
            let end = histograms[first...].firstIndex { $0.histogram.counterResetHint != hint } ?? histograms.endIndex
            writer.append(hint.rawValue)
            writer.appendVarint(UInt64(end - first))
            first = end
        }
    }

    private mutating func appendRun(
        _ run: ArraySlice<SampleColumns.PositionedHistogram>, to writer: inout ByteWriter
    ) {
        guard let layout = run.first?.histogram else { return }
        writer.appendVarint(UInt64(run.count))
        HistogramLayout.append(layout, to: &writer)
        appendNested(run.map(\.histogram.count), to: &writer)
        appendNested(run.map(\.histogram.sum), to: &writer)
        appendNested(run.map(\.histogram.zeroCount), to: &writer)
        for bucket in layout.positiveBuckets.indices {
            appendNested(run.map { $0.histogram.positiveBuckets[bucket] }, to: &writer)
        }
        for bucket in layout.negativeBuckets.indices {
            appendNested(run.map { $0.histogram.negativeBuckets[bucket] }, to: &writer)
        }
    }

    private mutating func appendNested(_ values: [Double], to writer: inout ByteWriter) {
        var column = ByteWriter(capacity: 64)
        appendValues(values.span, to: &column)
        writer.appendLengthPrefixed(column.bytes.span)
    }
}
