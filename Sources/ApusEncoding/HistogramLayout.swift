package import ApusBytes
package import ApusModel

/// What neighbouring histograms of a series usually share: all but count, sum, populations and hint.
///
/// The form is part of `docs/formats/columns.md` and `docs/formats/wal.md`.
package enum HistogramLayout {
    /// Whether two histograms have the same layout, bit by bit.
    package static func areEqual(_ a: borrowing NativeHistogram, _ b: borrowing NativeHistogram) -> Bool {
        a.schema == b.schema && a.zeroThreshold.bitPattern == b.zeroThreshold.bitPattern
            && a.positiveSpans == b.positiveSpans && a.negativeSpans == b.negativeSpans
            && a.customBounds.elementsEqual(b.customBounds) { $0.bitPattern == $1.bitPattern }
    }

    /// Whether a histogram is small enough to be stored.
    package static func isStorable(_ histogram: borrowing NativeHistogram) -> Bool {
        histogram.positiveBuckets.count + histogram.negativeBuckets.count <= ColumnLimits.maximumBuckets
            && max(histogram.positiveSpans.count, histogram.negativeSpans.count) <= ColumnLimits.maximumBuckets
            && histogram.customBounds.count <= ColumnLimits.maximumBuckets
    }

    /// What a histogram counts against `ColumnLimits.maximumPopulations`, at most.
    package static func weight(_ histogram: borrowing NativeHistogram) -> Int {
        histogram.positiveBuckets.count + histogram.negativeBuckets.count + histogram.positiveSpans.count
            + histogram.negativeSpans.count + histogram.customBounds.count
    }

    /// Appends the layout of a histogram.
    package static func append(_ histogram: borrowing NativeHistogram, to writer: inout ByteWriter) {
        writer.appendSignedVarint(Int64(histogram.schema))
        writer.appendLittleEndian(histogram.zeroThreshold.bitPattern)
        for spans in [histogram.positiveSpans, histogram.negativeSpans] {
            writer.appendVarint(UInt64(spans.count))
            for span in spans {
                writer.appendSignedVarint(Int64(span.offset))
                writer.appendVarint(UInt64(span.length))
            }
        }
        writer.appendVarint(UInt64(histogram.customBounds.count))
        for bound in histogram.customBounds { writer.appendLittleEndian(bound.bitPattern) }
    }

    /// Reads a layout into a histogram without observations: its populations are zeros, as many as its spans want.
    ///
    /// What is read is valid (`NativeHistogram.validate`) and within `ColumnLimits`; nothing larger is allocated before that is known.
    @_lifetime(reader: copy reader)
    package static func read(from reader: inout ByteReader) throws(ColumnError) -> NativeHistogram {
        var histogram = NativeHistogram()
        let schema = try reader.columnSignedVarint()
        guard let narrow = Int32(exactly: schema) else { throw .invalidHistogramField(schema) }
        histogram.schema = narrow
        histogram.zeroThreshold = Double(bitPattern: try reader.columnWord())
        var bucketCount = 0
        histogram.positiveSpans = try readSpans(from: &reader, bucketCount: &bucketCount)
        let positiveCount = bucketCount
        histogram.negativeSpans = try readSpans(from: &reader, bucketCount: &bucketCount)
        // A bound takes eight bytes.
        let boundCount = try reader.columnCount(limit: min(ColumnLimits.maximumBuckets, reader.remaining / 8))
        histogram.customBounds.reserveCapacity(boundCount)
        for _ in 0..<boundCount { histogram.customBounds.append(Double(bitPattern: try reader.columnWord())) }
        // Every bucket takes at least one byte in what follows, whatever the form.
        guard bucketCount <= reader.remaining else { throw .histogramTooLarge(count: UInt64(bucketCount)) }
        histogram.positiveBuckets = Array(repeating: 0, count: positiveCount)
        histogram.negativeBuckets = Array(repeating: 0, count: bucketCount - positiveCount)
        do throws(HistogramError) { try histogram.validate() } catch { throw .invalidHistogram(error) }
        return histogram
    }

    @_lifetime(reader: copy reader)
    private static func readSpans(
        from reader: inout ByteReader, bucketCount: inout Int
    ) throws(ColumnError) -> [NativeHistogram.Span] {
        // A span takes two bytes.
        let count = try reader.columnCount(limit: min(ColumnLimits.maximumBuckets, reader.remaining / 2))
        var spans: [NativeHistogram.Span] = []
        spans.reserveCapacity(count)
        for _ in 0..<count {
            let offset = try reader.columnSignedVarint()
            let length = try reader.columnVarint()
            guard let narrow = Int32(exactly: offset) else { throw .invalidHistogramField(offset) }
            guard length <= UInt64(ColumnLimits.maximumBuckets - bucketCount) else {
                throw .histogramTooLarge(count: length)
            }
            bucketCount += Int(length)
            spans.append(NativeHistogram.Span(offset: narrow, length: UInt32(length)))
        }
        return spans
    }
}
