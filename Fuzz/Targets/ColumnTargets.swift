import ApusBytes
import ApusEncoding
import ApusModel

/// The codecs of columns: two bytes say how many samples, the rest is the column.
///
/// What decodes must come back the same, to the bit, when it is encoded again.
enum ColumnTargets {
    static let all = [timestamps, values, histograms]

    private static let timestamps = FuzzTarget("timestamps", seeds: timestampSeeds) { bytes in
        var input = ByteInput(bytes)
        let count = input.number()
        let column = input.remainder()
        var decoder = ColumnDecoder()
        guard let first = decodeTimestamps(column, count, &decoder) else { return }
        demand(first.count == count, "\(first.count) timestamps instead of \(count)")
        let again = decodeTimestamps(encoded(first), count, &decoder)
        demand(again == first, "timestamps change when they are encoded again: \(first)")
    }

    private static let values = FuzzTarget("values", seeds: valueSeeds) { bytes in
        var input = ByteInput(bytes)
        let count = input.number()
        let column = input.remainder()
        var decoder = ColumnDecoder()
        guard let first = decodeSamples(column, count, 0..<count, &decoder) else { return }
        demand(first.values.count == count, "\(first.values.count) values instead of \(count)")
        if first.histograms.isEmpty {
            let again = decodeSamples(encoded(first.values), count, 0..<count, &decoder)
            let isSame = again?.values.map(\.bitPattern) == first.values.map(\.bitPattern)
            demand(isSame, "values change when they are encoded again: \(first.values)")
        }
        comparePart(column, first, &decoder)
    }

    private static let histograms = FuzzTarget("histograms", seeds: histogramSeeds) { bytes in
        var input = ByteInput(bytes)
        let count = input.number()
        // The kind of a column with histograms; the fuzzer need not find it.
        let column = [4] + input.remainder()
        var decoder = ColumnDecoder()
        guard let first = decodeSamples(column, count, 0..<count, &decoder) else { return }
        demand(first.values.count == count, "\(first.values.count) values instead of \(count)")
        comparePart(column, first, &decoder)
    }

    /// A part of a column must be the same as that part of the whole.
    private static func comparePart(_ column: [UInt8], _ whole: SampleColumns, _ decoder: inout ColumnDecoder) {
        let count = whole.values.count
        let kept = (count / 3)..<(count - count / 4)
        guard let part = decodeSamples(column, count, kept, &decoder) else { return }
        demand(
            part.values.map(\.bitPattern) == whole.values[kept].map(\.bitPattern),
            "a part of a column differs from the whole")
        let expected = whole.histograms.filter { kept.contains($0.position) }
        demand(
            part.histograms.map(\.position) == expected.map { $0.position - kept.lowerBound },
            "histograms of a part stand elsewhere")
    }

    private static func decodeTimestamps(_ column: [UInt8], _ count: Int, _ decoder: inout ColumnDecoder) -> [Int64]? {
        var result: [Int64] = []
        do throws(ColumnError) {
            try decoder.decodeTimestamps(column.span.bytes, count: count, into: &result)
        } catch {
            return nil
        }
        return result
    }

    private static func decodeSamples(
        _ column: [UInt8], _ count: Int, _ kept: Range<Int>, _ decoder: inout ColumnDecoder
    ) -> SampleColumns? {
        var result = SampleColumns()
        do throws(ColumnError) {
            try decoder.decodeSamples(column.span.bytes, count: count, keeping: kept, into: &result)
        } catch {
            return nil
        }
        return result
    }

    // MARK: Seeds

    private static func encoded(_ timestamps: [Int64]) -> [UInt8] {
        var encoder = ColumnEncoder()
        var writer = ByteWriter()
        encoder.appendTimestamps(timestamps.span, to: &writer)
        return writer.bytes
    }

    private static func encoded(_ values: [Double]) -> [UInt8] {
        var encoder = ColumnEncoder()
        var writer = ByteWriter()
        encoder.appendValues(values.span, to: &writer)
        return writer.bytes
    }

    private static func withCount(_ count: Int, _ column: [UInt8]) -> [UInt8] {
        [UInt8(count & 0xFF), UInt8(count >> 8)] + column
    }

    private static let timestampSeeds: [[UInt8]] = {
        let regular: [Int64] = (0..<120).map { 1_700_000_000_000 + Int64($0) * 15_000 }
        let irregular: [Int64] = (0..<120).map { (index: Int64) -> Int64 in
            1_700_000_000_000 + index * 15_000 + index * index % 7
        }
        let columns: [[Int64]] = [
            [0], [1_700_000_000_000, 1_700_000_015_000], regular, irregular, [.min, .max, 0, -1, 1],
        ]
        return columns.map { withCount($0.count, encoded($0)) }
    }()

    private static let valueSeeds: [[UInt8]] = {
        let squares: [Double] = (0..<120).map { Double($0 * $0) }
        let eighths: [Double] = (0..<120).map { Double($0) / 8 }
        let tenths: [Double] = (0..<120).map { Double($0) * 0.1 }
        let roots: [Double] = (0..<50).map { Double($0).squareRoot() }
        let mostlyHundreds: [Double] = (0..<60).map { $0 == 30 ? Double.pi : Double($0) * 100 }
        let special: [Double] = [
            .nan, SpecialValue.staleMarker, -0.0, .infinity, .leastNonzeroMagnitude, 1, 2, 3, 4, 5, 6, 7,
        ]
        let columns: [[Double]] = [
            [1], Array(repeating: 3.5, count: 120), squares, eighths, tenths, roots, mostlyHundreds, special,
        ]
        return columns.map { withCount($0.count, encoded($0)) }
    }()

    private static let histogramSeeds: [[UInt8]] = [1, 5, 40].map { (count: Int) -> [UInt8] in
        var columns = SampleColumns()
        for index in 0..<count {
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 3)]
            histogram.positiveBuckets = [Double(index), Double(index * 2), 5]
            histogram.count = Double(index * 3 + 5)
            histogram.sum = Double(index) * 1.5
            if index % 7 == 6 {
                columns.append(Double(index), at: Int64(index))
            } else {
                columns.append(histogram, at: Int64(index))
            }
        }
        var encoder = ColumnEncoder()
        var writer = ByteWriter()
        encoder.appendHistograms(columns.histograms[...], among: columns.values.span, from: 0, to: &writer)
        return withCount(count, Array(writer.bytes.dropFirst()))
    }
}
