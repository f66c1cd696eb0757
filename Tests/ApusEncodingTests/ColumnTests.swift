import ApusBytes
import ApusEncoding
import ApusModel
import ApusTestSupport
import Testing

@Suite("Columns")
struct ColumnTests {
    @Test("timestamps of every shape read back as written", arguments: TimestampShape.allCases)
    func timestampsRoundTrip(shape: TimestampShape) throws {
        var generator = SeededGenerator(seed: 11)
        for count in [1, 2, 3, 4, 5, 32, 120, 241, 1_000] {
            for _ in 0..<20 {
                let column = shape.make(count: count, using: &generator)
                #expect(try decodedTimestamps(encoded(timestamps: column), count: count) == column)
            }
        }
    }

    @Test("values of every shape read back with the same bits", arguments: ValueShape.allCases)
    func valuesRoundTrip(shape: ValueShape) throws {
        var generator = SeededGenerator(seed: 12)
        for count in [1, 2, 3, 4, 5, 32, 120, 241, 1_000] {
            for _ in 0..<20 {
                let column = shape.make(count: count, using: &generator)
                let read = try decodedValues(encoded(values: column), count: count)
                #expect(read.map(\.bitPattern) == column.map(\.bitPattern), "\(shape), \(count) values")
            }
        }
    }

    @Test("special values keep their bits beside ordinary ones")
    func specialValues() throws {
        let specials: [Double] = [
            SpecialValue.staleMarker, SpecialValue.normalNaN, -0.0, 0.0, .infinity, -.infinity, .leastNonzeroMagnitude,
            -.leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude,
            Double(bitPattern: 0xFFF8_0000_0000_0000),
            Double(bitPattern: 0x7FF0_0000_0000_0001), 9_007_199_254_740_994, 2_251_799_813_685_248,
            -2_251_799_813_685_247,
            0.1 + 0.2, 1e22, 1e-14, 1e-15,
        ]
        for special in specials {
            for position in [0, 1, 60, 119] {
                var column = (0..<120).map { Double($0 * 3) / 10 }
                column[position] = special
                let read = try decodedValues(encoded(values: column), count: column.count)
                #expect(read.map(\.bitPattern) == column.map(\.bitPattern), "\(special) at \(position)")
            }
            let alone = try decodedValues(encoded(values: [special]), count: 1)
            #expect(alone.map(\.bitPattern) == [special.bitPattern])
        }
        let all = try decodedValues(encoded(values: specials), count: specials.count)
        #expect(all.map(\.bitPattern) == specials.map(\.bitPattern))
    }

    @Test("common shapes take few bytes")
    func sizes() {
        let regular = (0..<240).map { Int64(1_700_000_000_000 + $0 * 15_000) }
        #expect(encoded(timestamps: regular).count <= 12)
        var withGap = regular
        for index in 100..<240 { withGap[index] += 15_000 }
        #expect(encoded(timestamps: withGap).count <= 24)
        #expect(encoded(values: Array(repeating: 1, count: 240)).count == 2)
        #expect(encoded(values: (0..<240).map { Double($0 * 7) }).count <= 10)
        let percentages = (0..<240).map { Double(($0 * 37) % 100) / 100 }
        #expect(encoded(values: percentages).count <= 240)
        // A staleness marker costs an exception, not the form of the column.
        #expect(encoded(values: (0..<239).map { Double($0) } + [SpecialValue.staleMarker]).count <= 24)
    }

    @Test("a count beyond the limit is refused before anything is allocated")
    func countLimit() {
        let column = encoded(values: [1, 1])
        for count in [0, -1, ColumnLimits.maximumCount + 1, Int.max] {
            #expect(throws: ColumnError.countOutOfRange(count)) { try decodedValues(column, count: count) }
            #expect(throws: ColumnError.countOutOfRange(count)) { try decodedTimestamps(column, count: count) }
        }
        #expect(throws: ColumnError.unknownKind(9)) { try decodedValues([9], count: 1) }
        #expect(throws: ColumnError.trailingBytes(1)) { try decodedValues(column + [0], count: 2) }
    }

    @Test("columns cut at every byte are refused")
    func truncated() throws {
        var generator = SeededGenerator(seed: 13)
        for shape in ValueShape.allCases {
            let column = shape.make(count: 40, using: &generator)
            let whole = encoded(values: column)
            for length in 0..<whole.count {
                #expect(throws: ColumnError.self, "\(shape) cut at \(length)") {
                    try decodedValues(Array(whole[..<length]), count: 40)
                }
            }
        }
        for shape in TimestampShape.allCases {
            let whole = encoded(timestamps: shape.make(count: 40, using: &generator))
            for length in 0..<whole.count {
                #expect(throws: ColumnError.self, "\(shape) cut at \(length)") {
                    try decodedTimestamps(Array(whole[..<length]), count: 40)
                }
            }
        }
    }

    @Test("flipped bits and random bytes give an error or as many samples as asked for")
    func hostile() {
        var generator = SeededGenerator(seed: 14)
        for round in 0..<6_000 {
            let count = Int.random(in: 1...300, using: &generator)
            var valueBytes: [UInt8]
            var timestampBytes: [UInt8]
            if round % 3 == 0 {
                let length = Int.random(in: 0...200, using: &generator)
                valueBytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if !valueBytes.isEmpty { valueBytes[0] = UInt8.random(in: 0...4, using: &generator) }
                timestampBytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            } else {
                let shape = ValueShape.allCases[round % ValueShape.allCases.count]
                valueBytes = encoded(values: shape.make(count: count, using: &generator))
                timestampBytes = encoded(timestamps: TimestampShape.jittered.make(count: count, using: &generator))
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    flipBit(of: &valueBytes, using: &generator)
                    flipBit(of: &timestampBytes, using: &generator)
                }
            }
            if let values = try? decodedValues(valueBytes, count: count) { #expect(values.count == count) }
            if let timestamps = try? decodedTimestamps(timestampBytes, count: count) {
                #expect(timestamps.count == count)
            }
        }
    }

    private func flipBit(of bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    }
}

private func encoded(timestamps: [Int64]) -> [UInt8] {
    var encoder = ColumnEncoder()
    var writer = ByteWriter()
    encoder.appendTimestamps(timestamps.span, to: &writer)
    return writer.bytes
}

private func encoded(values: [Double]) -> [UInt8] {
    var encoder = ColumnEncoder()
    var writer = ByteWriter()
    encoder.appendValues(values.span, to: &writer)
    return writer.bytes
}

private func decodedTimestamps(_ bytes: [UInt8], count: Int) throws -> [Int64] {
    var decoder = ColumnDecoder()
    var result: [Int64] = []
    try decoder.decodeTimestamps(bytes.span.bytes, count: count, into: &result)
    return result
}

private func decodedValues(_ bytes: [UInt8], count: Int) throws -> [Double] {
    var decoder = ColumnDecoder()
    var result: [Double] = []
    try decoder.decodeValues(bytes.span.bytes, count: count, into: &result)
    return result
}
