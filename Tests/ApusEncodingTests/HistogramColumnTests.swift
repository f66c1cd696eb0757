import ApusBytes
import ApusEncoding
import ApusModel
import ApusTestSupport
import Testing

@Suite("Columns of native histograms")
struct HistogramColumnTests {
    @Test("histograms of every shape read back with the same bits", arguments: HistogramShape.allCases)
    func roundTrip(shape: HistogramShape) throws {
        var generator = SeededGenerator(seed: 21)
        for count in [1, 2, 3, 8, 32, 130] {
            for _ in 0..<6 {
                let samples = shape.make(count: count, using: &generator)
                expectSame(try decoded(encoded(samples), count: count), samples, "\(shape), \(count) samples")
            }
        }
    }

    @Test("a part of a column is the same as that part of the whole")
    func parts() throws {
        var generator = SeededGenerator(seed: 22)
        for shape in HistogramShape.allCases {
            let samples = shape.make(count: 40, using: &generator)
            let bytes = encoded(samples)
            for _ in 0..<20 {
                let first = Int.random(in: 0...40, using: &generator)
                let kept = first..<Int.random(in: first...40, using: &generator)
                let part = try decoded(bytes, count: 40, keeping: kept)
                expectSame(part, slice(samples, kept), "\(shape), \(kept)")
            }
        }
    }

    @Test("parts of columns of floats are the same as those parts of the whole", arguments: ValueShape.allCases)
    func partsOfFloats(shape: ValueShape) throws {
        var generator = SeededGenerator(seed: 23)
        for count in [1, 2, 3, 130] {
            let values = shape.make(count: count, using: &generator)
            var encoder = ColumnEncoder()
            var writer = ByteWriter()
            encoder.appendValues(values.span, to: &writer)
            let bytes = writer.bytes
            for _ in 0..<30 {
                let first = Int.random(in: 0...count, using: &generator)
                let kept = first..<Int.random(in: first...count, using: &generator)
                var decoder = ColumnDecoder()
                var part: [Double] = [7]
                try decoder.decodeValues(bytes.span.bytes, count: count, keeping: kept, into: &part)
                #expect(part.dropFirst().map(\.bitPattern) == values[kept].map(\.bitPattern), "\(shape), \(kept)")
            }
        }
    }

    @Test("counters of one layout take little more than their changes")
    func size() {
        var generator = SeededGenerator(seed: 24)
        let samples = HistogramShape.counter.make(count: 120, using: &generator)
        let buckets = samples.histograms[0].histogram.positiveBuckets.count
        #expect(encoded(samples).count < 120 * (buckets + 12))
        let constant = (0..<120).map { _ in samples.histograms[0].histogram }
        var columns = SampleColumns()
        for (index, histogram) in constant.enumerated() { columns.append(histogram, at: Int64(index)) }
        #expect(encoded(columns).count < 60 + 5 * (buckets + 3))
    }

    @Test("columns cut at every byte are refused")
    func truncated() throws {
        var generator = SeededGenerator(seed: 25)
        for shape in HistogramShape.allCases {
            let whole = encoded(shape.make(count: 9, using: &generator))
            for length in 0..<whole.count {
                #expect(throws: ColumnError.self, "\(shape) cut at \(length)") {
                    try decoded(Array(whole[..<length]), count: 9)
                }
            }
            #expect(throws: ColumnError.self) { try decoded(whole + [0], count: 9) }
        }
    }

    @Test("flipped bits and random bytes give an error or as many samples as asked for")
    func hostile() {
        var generator = SeededGenerator(seed: 26)
        for round in 0..<4_000 {
            let count = Int.random(in: 1...60, using: &generator)
            var bytes: [UInt8]
            if round % 4 == 0 {
                bytes =
                    [4]
                    + (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
            } else {
                let shape = HistogramShape.allCases[round % HistogramShape.allCases.count]
                bytes = encoded(shape.make(count: count, using: &generator))
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
            }
            if let read = try? decoded(bytes, count: count) { #expect(read.values.count == count) }
        }
    }

    @Test("a layout that claims more than there is or may be is refused before memory is taken")
    func claims() {
        // One histogram; spans of 2³² − 1 buckets, of 16,385, of more than bytes follow; too many bounds.
        let start: [UInt8] = [4, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let spans: [[UInt8]] = [
            [1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [1, 0, 0x81, 0x80, 0x01], [1, 0, 0x64], [0xFF, 0xFF, 0xFF, 0x7F],
            [0, 0, 0xFF, 0xFF, 0x7F],
        ]
        for span in spans {
            #expect(throws: ColumnError.self, "\(span)") {
                try decoded(start + span + Array(repeating: 0, count: 30), count: 1)
            }
        }
        #expect(throws: ColumnError.runOutOfRange(2)) { try decoded([4, 0, 0, 2], count: 1) }
        #expect(throws: ColumnError.runOutOfRange(0)) { try decoded([4, 0, 0, 0], count: 1) }
        #expect(throws: ColumnError.invalidHistogramField(4)) { try decoded([4, 0, 4, 1], count: 1) }
        #expect(throws: ColumnError.countOutOfRange(0)) { try decoded([4, 0, 0, 1], count: 0) }
    }

    private func slice(_ samples: SampleColumns, _ range: Range<Int>) -> SampleColumns {
        var result = SampleColumns()
        result.values = Array(samples.values[range])
        for entry in samples.histograms where range.contains(entry.position) {
            result.histograms.append(
                SampleColumns.PositionedHistogram(
                    position: entry.position - range.lowerBound, histogram: entry.histogram))
        }
        return result
    }
}

private func encoded(_ samples: SampleColumns) -> [UInt8] {
    var encoder = ColumnEncoder()
    var writer = ByteWriter()
    encoder.appendHistograms(samples.histograms[...], among: samples.values.span, from: 0, to: &writer)
    return writer.bytes
}

private func decoded(_ bytes: [UInt8], count: Int, keeping kept: Range<Int>? = nil) throws -> SampleColumns {
    var decoder = ColumnDecoder()
    var result = SampleColumns()
    try decoder.decodeSamples(
        bytes.span.bytes, count: count, keeping: kept ?? 0..<max(0, count), into: &result)
    return result
}

private func expectSame(_ read: SampleColumns, _ wanted: SampleColumns, _ context: String) {
    #expect(read.values.count == wanted.values.count, "\(context)")
    #expect(read.histograms.map(\.position) == wanted.histograms.map(\.position), "\(context)")
    #expect(
        read.histograms.map { HistogramBits($0.histogram) } == wanted.histograms.map { HistogramBits($0.histogram) },
        "\(context)")
    let positions = Set(wanted.histograms.map(\.position))
    for position in wanted.values.indices where !positions.contains(position) {
        #expect(read.values[position].bitPattern == wanted.values[position].bitPattern, "\(context)")
    }
}
