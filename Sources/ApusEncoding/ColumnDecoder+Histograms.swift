import ApusBytes
package import ApusModel

extension ColumnDecoder {
    /// Appends samples of a column of values that takes all of `bytes`, of whatever kind.
    ///
    /// - Parameters:
    ///   - count: the number of samples of the column.
    ///   - kept: the positions of those that are appended; within `0..<count`.
    ///   - columns: takes the values and histograms; the timestamps are the caller's to append. Histograms get the positions that they
    ///     have in `columns.values`.
    package mutating func decodeSamples(
        _ bytes: RawSpan, count: Int, keeping kept: Range<Int>, into columns: inout SampleColumns
    ) throws(ColumnError) {
        guard bytes.byteCount > 0, unsafe bytes.unsafeLoad(as: UInt8.self) == ColumnKind.histograms else {
            return try decodeValues(bytes, count: count, keeping: kept, into: &columns.values)
        }
        try ColumnLimits.check(count)
        precondition(kept.lowerBound >= 0 && kept.upperBound <= count)
        var reader = ByteReader(bytes)
        _ = try reader.columnByte()
        let positions = try decodeFloats(&reader, count: count, keeping: kept, into: &columns.values)
        let hints = try Self.decodeHints(&reader, count: positions.count)
        let shift = columns.values.count - kept.count - kept.lowerBound
        var budget = ColumnLimits.maximumPopulations
        var first = 0
        while first < positions.count {
            let length = try reader.columnVarint()
            guard length >= 1, length <= UInt64(positions.count - first) else { throw .runOutOfRange(length) }
            let run = first..<(first + Int(length))
            let layout = try HistogramLayout.read(from: &reader)
            let bucketCount = layout.positiveBuckets.count + layout.negativeBuckets.count
            budget -= bucketCount * run.count + HistogramLayout.weight(layout) - bucketCount
            guard budget >= 0 else { throw .histogramTooLarge(count: UInt64(bucketCount)) }
            let isNeeded = run.contains { kept.contains(positions[$0]) }
            let transposed = try decodeColumns(
                &reader, count: 3 + bucketCount, length: run.count, isNeeded: isNeeded)
            if isNeeded {
                for position in run where kept.contains(positions[position]) {
                    let histogram = Self.histogram(
                        at: position - first, of: run.count, layout: layout, transposed: transposed.span,
                        hint: hints[position])
                    columns.histograms.append(
                        SampleColumns.PositionedHistogram(
                            position: positions[position] + shift, histogram: histogram))
                }
            }
            first = run.upperBound
        }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
    }

    /// Appends the kept values, NaN where a histogram stands, and gives the positions of the histograms.
    @_lifetime(reader: copy reader)
    private mutating func decodeFloats(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) -> [Int] {
        let floatCount = try reader.columnCount(limit: count - 1)
        let base = values.count
        values.append(contentsOf: repeatElement(.nan, count: kept.count))
        guard floatCount > 0 else { return Array(0..<count) }
        var positions: [Int] = []
        positions.reserveCapacity(count - floatCount)
        var floatPositions: [Int] = []
        floatPositions.reserveCapacity(floatCount)
        var next = 0
        for _ in 0..<floatCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            positions.append(contentsOf: next..<position)
            floatPositions.append(position)
            next = position + 1
        }
        positions.append(contentsOf: next..<count)
        var floats: [Double] = []
        let column = try reader.columnBytes(try reader.columnCount(limit: reader.remaining))
        try decodeValues(column, count: floatCount, into: &floats)
        for (position, value) in zip(floatPositions, floats) where kept.contains(position) {
            values[base + position - kept.lowerBound] = value
        }
        return positions
    }

    @_lifetime(reader: copy reader)
    private static func decodeHints(
        _ reader: inout ByteReader, count: Int
    ) throws(ColumnError) -> [NativeHistogram.CounterResetHint] {
        var hints: [NativeHistogram.CounterResetHint] = []
        hints.reserveCapacity(count)
        while hints.count < count {
            let stated = try reader.columnByte()
            guard let hint = NativeHistogram.CounterResetHint(rawValue: stated) else {
                throw .invalidHistogramField(Int64(stated))
            }
            let length = try reader.columnVarint()
            guard length >= 1, length <= UInt64(count - hints.count) else { throw .runOutOfRange(length) }
            hints.append(contentsOf: repeatElement(hint, count: Int(length)))
        }
        return hints
    }

    /// Reads columns of `length` values each, back to back; only passes over them when they are not needed.
    @_lifetime(reader: copy reader)
    private mutating func decodeColumns(
        _ reader: inout ByteReader, count: Int, length: Int, isNeeded: Bool
    ) throws(ColumnError) -> [Double] {
        var result: [Double] = []
        for column in 0..<count {
            let bytes = try reader.columnBytes(try reader.columnCount(limit: reader.remaining))
            guard isNeeded else { continue }
            // What is reserved follows from columns that were read, not from what a header claims.
            if column == 8 { result.reserveCapacity(count * length) }
            try decodeValues(bytes, count: length, into: &result)
        }
        return result
    }

    private static func histogram(
        at position: Int, of length: Int, layout: NativeHistogram, transposed: Span<Double>,
        hint: NativeHistogram.CounterResetHint
    ) -> NativeHistogram {
        var histogram = layout
        histogram.counterResetHint = hint
        histogram.count = transposed[position]
        histogram.sum = transposed[length + position]
        histogram.zeroCount = transposed[2 * length + position]
        var next = 3 * length + position
        for bucket in histogram.positiveBuckets.indices {
            histogram.positiveBuckets[bucket] = transposed[next]
            next += length
        }
        for bucket in histogram.negativeBuckets.indices {
            histogram.negativeBuckets[bucket] = transposed[next]
            next += length
        }
        return histogram
    }
}
