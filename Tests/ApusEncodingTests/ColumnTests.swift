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
                for effort in efforts {
                    let bytes = encoded(values: column, effort)
                    let read = try decodedValues(bytes, count: count)
                    #expect(read.map(\.bitPattern) == column.map(\.bitPattern), "\(shape), \(count) values, \(effort)")
                    let lower = Int.random(in: 0..<count, using: &generator)
                    let kept = lower..<Int.random(in: lower...count, using: &generator)
                    let part = try decodedValues(bytes, count: count, keeping: kept)
                    #expect(
                        part.map(\.bitPattern) == column[kept].map(\.bitPattern),
                        "\(shape), \(kept) of \(count), \(effort)")
                }
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
                // Decimals, multiples, and sums that are no decimals.
                for step in [0.3, 4_096, 0.1234567890123] {
                    var column = (0..<120).map { Double($0 * $0 % 17) * step + 0.75 }
                    column[position] = special
                    for effort in efforts {
                        let read = try decodedValues(encoded(values: column, effort), count: column.count)
                        #expect(
                            read.map(\.bitPattern) == column.map(\.bitPattern),
                            "\(special) at \(position) among steps of \(step), \(effort)")
                    }
                }
            }
            let alone = try decodedValues(encoded(values: [special]), count: 1)
            #expect(alone.map(\.bitPattern) == [special.bitPattern])
        }
        for effort in efforts {
            let all = try decodedValues(encoded(values: specials, effort), count: specials.count)
            #expect(all.map(\.bitPattern) == specials.map(\.bitPattern))
        }
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
        // A staleness marker costs an exception, not the form of the column; at most a bit for each where it is written quickly.
        let ended = (0..<239).map { Double($0) } + [SpecialValue.staleMarker]
        #expect(encoded(values: ended, .thorough).count <= 24)
        #expect(encoded(values: ended).count <= 24 + 240 / 8)
    }

    @Test("what is written for blocks is small where many samples are equal, have a common divisor, or are no decimals")
    func thoroughSizes() {
        var generator = SeededGenerator(seed: 15)
        func bytes(_ shape: ValueShape) -> Int {
            encoded(values: shape.make(count: 960, using: &generator), .thorough).count
        }
        // A bit for each, and 7 bits for the 3 in 10 that differ, by 1,000 to 1,100.
        #expect(bytes(.idleCounter) <= 960 * (10 + 3 * 7) / 80 + 40)
        // 20 bits instead of 32.
        #expect(bytes(.multiples) <= 960 * 20 / 8 + 24)
        // Sums of floats of up to 4,000,000 with 53 bits: half of them differ, in 44 bits.
        #expect(bytes(.floatCounter) <= 960 * (8 + 5 * 44) / 80 + 64)
        #expect(bytes(.steps) <= 160)
    }

    @Test("a header of a scaled column that claims what cannot be is refused")
    func scaledHeaders() {
        let column = (0..<40).map { Double($0 * $0 % 7) * 12 }
        var bytes = encoded(values: column, .thorough)
        #expect(bytes[0] == 5)
        #expect(bytes[1] & 64 != 0, "no divisor: \(bytes)")
        // A power of two beyond what a double has; a divisor beside one; more raw values than samples.
        #expect(throws: ColumnError.invalidScale(1_024)) {
            try decodedValues([5, 15 << 2, 0x80, 0x10, 0, 0, 0], count: 2)
        }
        #expect(throws: ColumnError.invalidDecimal(0x7C)) { try decodedValues([5, 0x7C, 0, 0, 0, 0], count: 2) }
        #expect(throws: ColumnError.self) { try decodedValues([5, 0x80, 3, 0, 0, 0], count: 2) }
        // A bit beyond the end of the bitmap.
        #expect(throws: ColumnError.invalidBitmap) { try decodedValues([5, 0, 0, 128, 0xF, 1, 0, 0], count: 3) }
        bytes[2] = 0xFF
        bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], at: 3)
        #expect(throws: ColumnError.self) { try decodedValues(bytes, count: 40) }
    }

    @Test("a group of exclusive-ors that claims what cannot be is refused")
    func xorGroups() throws {
        let first: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
        // Two differences of 4 bits, 48 bits up; then a group of 1 and 0 behind a bitmap.
        #expect(try decodedValues(first + [4, 48, 0x21], count: 3) == [1, 1.0625, 1.1875])
        #expect(try decodedValues(first + [0x84, 48, 2, 1], count: 3) == [1, 1, 1.0625])
        // No width, but a shift; more bits than a float has; a bit beyond the end of the bitmap; bytes behind the last group.
        #expect(throws: ColumnError.invalidWidth(0x80)) { try decodedValues(first + [0x80, 3, 0, 0], count: 3) }
        #expect(throws: ColumnError.invalidWidth(33)) { try decodedValues(first + [33, 32, 0, 0], count: 3) }
        #expect(throws: ColumnError.invalidWidth(65)) { try decodedValues(first + [65, 0, 0, 0], count: 3) }
        #expect(throws: ColumnError.invalidBitmap) { try decodedValues(first + [0x84, 48, 4, 1], count: 3) }
        #expect(throws: ColumnError.trailingBytes(1)) { try decodedValues(first + [0, 0], count: 3) }
        #expect(throws: ColumnError.self) { try decodedValues(first + [4, 48], count: 3) }
    }

    @Test("exclusive-ors of every width and shift read back, whole and in part, all of them changing or few")
    func xorGroupWidths() throws {
        var generator = SeededGenerator(seed: 17)
        for width in 1...64 {
            for shift in Set([0, (64 - width) / 3, 64 - width]) {
                for changing in [100, 20] {
                    var bits = UInt64.random(in: .min ... .max, using: &generator)
                    let column = (0..<150).map { _ in
                        if Int.random(in: 0..<100, using: &generator) < changing {
                            let difference = UInt64.random(in: .min ... .max, using: &generator) >> (64 - width)
                            bits ^= difference << shift
                        }
                        return Double(bitPattern: bits)
                    }
                    let bytes = encoded(values: column)
                    #expect(bytes[0] == 6, "\(width) bits, shifted by \(shift)")
                    let lower = Int.random(in: 0..<150, using: &generator)
                    for kept in [0..<150, lower..<Int.random(in: lower...150, using: &generator), 64..<129] {
                        let read = try decodedValues(bytes, count: 150, keeping: kept)
                        #expect(
                            read.map(\.bitPattern) == column[kept].map(\.bitPattern),
                            "\(kept) of \(width) bits, shifted by \(shift), \(changing) % changing")
                    }
                }
            }
        }
    }

    @Test("a sparse run read in part gives the same as that part of the whole, wherever it begins and ends")
    func sparseParts() throws {
        var generator = SeededGenerator(seed: 18)
        for shape in [ValueShape.idleCounter, .idleGauge, .mostlyZero, .climb, .floatCounter] {
            let column = shape.make(count: 61, using: &generator)
            let bytes = encoded(values: column, .thorough)
            #expect(bytes.dropFirst(2).contains(128), "\(shape) is not sparse: \(bytes)")
            for lower in 0...61 {
                for upper in lower...61 {
                    let part = try decodedValues(bytes, count: 61, keeping: lower..<upper)
                    #expect(
                        part.map(\.bitPattern) == column[lower..<upper].map(\.bitPattern),
                        "\(shape), \(lower)..<\(upper)")
                }
            }
        }
    }

    @Test("exclusive-ors as one stream of bits, which earlier versions wrote, are read")
    func earlierXor() throws {
        var generator = SeededGenerator(seed: 16)
        for shape in ValueShape.allCases {
            for count in [1, 2, 33, 100] {
                let column = shape.make(count: count, using: &generator)
                let bytes = XorStream.encoded(column)
                let read = try decodedValues(bytes, count: count)
                #expect(read.map(\.bitPattern) == column.map(\.bitPattern), "\(shape), \(count) values")
                let kept = (count / 3)..<(count - count / 4)
                let part = try decodedValues(bytes, count: count, keeping: kept)
                #expect(part.map(\.bitPattern) == column[kept].map(\.bitPattern), "\(shape), \(kept) of \(count)")
                guard count == 33 else { continue }
                for length in 0..<bytes.count {
                    #expect(throws: ColumnError.self, "\(shape) cut at \(length)") {
                        try decodedValues(Array(bytes[..<length]), count: count)
                    }
                }
            }
        }
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
            for effort in efforts {
                let whole = encoded(values: column, effort)
                for length in 0..<whole.count {
                    #expect(throws: ColumnError.self, "\(shape) cut at \(length), \(effort)") {
                        try decodedValues(Array(whole[..<length]), count: 40)
                    }
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
                if !valueBytes.isEmpty { valueBytes[0] = UInt8.random(in: 0...6, using: &generator) }
                timestampBytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            } else {
                let shape = ValueShape.allCases[round % ValueShape.allCases.count]
                let effort = round % 2 == 0 ? ColumnEncoder.Effort.thorough : .quick
                valueBytes = encoded(values: shape.make(count: count, using: &generator), effort)
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

private let efforts = [ColumnEncoder.Effort.quick, .thorough]

private func encoded(values: [Double], _ effort: ColumnEncoder.Effort = .quick) -> [UInt8] {
    var encoder = ColumnEncoder(effort: effort)
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

private func decodedValues(_ bytes: [UInt8], count: Int, keeping kept: Range<Int>? = nil) throws -> [Double] {
    var decoder = ColumnDecoder()
    var result: [Double] = []
    if let kept {
        try decoder.decodeValues(bytes.span.bytes, count: count, keeping: kept, into: &result)
    } else {
        try decoder.decodeValues(bytes.span.bytes, count: count, into: &result)
    }
    return result
}
