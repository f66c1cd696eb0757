import ApusBytes
import ApusTestSupport
import Testing

struct ProtobufTests {
    @Test("what is written is read back, with fields in between that nobody knows")
    func roundTrip() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let number =
                UInt64.random(in: 0...(.max), using: &generator) >> UInt64.random(in: 0..<64, using: &generator)
            let signed = Int64(bitPattern: UInt64.random(in: 0...(.max), using: &generator))
            let text = String((0..<Int.random(in: 0..<300, using: &generator)).map { _ in "é" })
            let doubles = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Double(bitPattern: UInt64.random(in: 0...(.max), using: &generator))
            }
            let integers = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Int64(bitPattern: UInt64.random(in: 0...(.max), using: &generator))
            }
            var writer = ProtobufWriter()
            writer.appendUnsigned(1, number)
            writer.appendText(100, "unknown")
            writer.appendSigned(2, signed)
            writer.appendZigZag(3, signed)
            writer.appendMessage(4) { inner in
                inner.appendText(1, text)
                inner.appendDouble(9, 1)
            }
            writer.appendDoubles(5, doubles)
            writer.appendZigZags(6, integers)
            writer.appendUnsigneds(7, [1, .max, 300])
            let bytes = writer.bytes

            var reader = ProtobufReader(bytes.span)
            var readDoubles: [Double] = []
            var readIntegers: [Int64] = []
            var readUnsigneds: [UInt32] = []
            var seen: [Int] = []
            while let tag = try reader.readTag() {
                seen.append(tag.field)
                switch tag.field {
                case 1: #expect(try reader.readUnsigned(tag) == number)
                case 2: #expect(try reader.readSigned(tag) == signed)
                case 3: #expect(try reader.readZigZag(tag) == signed)
                case 4:
                    var inner = ProtobufReader(bytes.span, in: try reader.readRange(tag))
                    while let tag = try inner.readTag() {
                        if tag.field == 1 {
                            let range = try inner.readRange(tag)
                            #expect(String(decoding: bytes[range], as: UTF8.self) == text)
                        } else {
                            try inner.skip(tag)
                        }
                    }
                case 5: try reader.readDoubles(tag, into: &readDoubles)
                case 6: try reader.readZigZags(tag, into: &readIntegers)
                case 7: try reader.readUnsigneds(tag, into: &readUnsigneds)
                default: try reader.skip(tag)
                }
            }
            #expect(seen == [1, 100, 2, 3, 4, 5, 6, 7], "seed \(seed)")
            #expect(readDoubles.map(\.bitPattern) == doubles.map(\.bitPattern), "seed \(seed)")
            #expect(readIntegers == integers, "seed \(seed)")
            #expect(readUnsigneds == [1, .max, 300])
        }
    }

    /// Walks a message and everything in it that could be a message; throws or ends.
    private static func walk(_ bytes: [UInt8], in range: Range<Int>, depth: Int = 0) throws(ProtobufError) {
        var doubles: [Double] = []
        var integers: [Int64] = []
        var reader = ProtobufReader(bytes.span, in: range)
        while let tag = try reader.readTag() {
            let isRange = tag.rawValue & 7 == 2
            switch tag.field % 4 {
            case 0 where isRange && depth < 8:
                let inner = try reader.readRange(tag)
                try? walk(bytes, in: inner, depth: depth + 1)
            case 1 where isRange: try reader.readDoubles(tag, into: &doubles)
            case 2 where isRange: try reader.readZigZags(tag, into: &integers)
            default: try reader.skip(tag)
            }
        }
    }

    @Test("a message that is cut anywhere throws or ends, and never reads beyond")
    func truncation() throws {
        var writer = ProtobufWriter()
        writer.appendUnsigned(1, .max)
        writer.appendDouble(2, .pi)
        writer.appendMessage(4) { $0.appendMessage(4) { $0.appendText(1, "text") } }
        writer.appendDoubles(5, [1, 2, 3])
        let bytes = writer.bytes
        try Self.walk(bytes, in: 0..<bytes.count)
        var refused = 0
        for end in 0..<bytes.count {
            do {
                try Self.walk(Array(bytes[..<end]), in: 0..<end)
            } catch {
                refused += 1
            }
        }
        // Only the ends of whole fields are whole messages.
        #expect(refused == bytes.count - 4)
    }

    @Test("random bytes throw or end")
    func randomBytes() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...(.max), using: &generator) }
            try? Self.walk(bytes, in: 0..<bytes.count)
        }
    }

    @Test(
        "hostile input is refused with its place",
        arguments: [
            // A length of 2⁶³, and of all ones.
            ([0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], .truncated(offset: 11)),
            ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated(offset: 11)),
            // Eleven bytes, and ten with too many bits.
            ([0x08] + Array(repeating: 0x80, count: 11), .varintTooLong(offset: 1)),
            ([0x08] + Array(repeating: 0xFF, count: 9) + [0x02], .varintTooLong(offset: 1)),
            // Field 0, and wire types 6 and 7.
            ([0x00], .invalidTag(offset: 0)), ([0x02], .invalidTag(offset: 0)),
            ([0x0E], .invalidTag(offset: 0)), ([0x0F], .invalidTag(offset: 0)),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x00], .invalidTag(offset: 0)),
            // Groups that are not closed, closed wrongly, or only closed; and nested without end.
            ([0x0B, 0x08, 0x01], .truncated(offset: 3)), ([0x0B, 0x14], .unbalancedGroup(offset: 1)),
            ([0x0C], .unbalancedGroup(offset: 1)),
            (Array(repeating: 0x0B, count: 100_000), .unbalancedGroup(offset: 64)),
            ([0x09, 1, 2, 3], .truncated(offset: 4)), ([0x0D, 1], .truncated(offset: 2)),
        ] as [([UInt8], ProtobufError)])
    func hostile(_ bytes: [UInt8], _ expected: ProtobufError) {
        #expect(throws: expected) {
            var reader = ProtobufReader(bytes.span)
            while let tag = try reader.readTag() { try reader.skip(tag) }
        }
    }

    @Test("closed groups are passed over")
    func groups() throws {
        let bytes: [UInt8] = [0x0B, 0x13, 0x08, 0x01, 0x14, 0x0C, 0x10, 0x05]
        var reader = ProtobufReader(bytes.span)
        let first = try #require(try reader.readTag())
        try reader.skip(first)
        let second = try #require(try reader.readTag())
        #expect(second.field == 2)
        #expect(try reader.readUnsigned(second) == 5)
    }

    @Test("a field of another wire type than its own is refused")
    func wrongWireType() throws {
        var writer = ProtobufWriter()
        writer.appendUnsigned(3, 1)
        let bytes = writer.bytes
        var reader = ProtobufReader(bytes.span)
        let tag = try #require(try reader.readTag())
        #expect(throws: ProtobufError.wrongWireType(offset: 1, field: 3)) { try reader.readDouble(tag) }
    }

    @Test("a message is as long as its fields, also around the lengths at which its length takes one byte more")
    func lengths() {
        for length in [0, 1, 120, 121, 122, 123, 124, 125, 126, 127, 128, 16_370, 16_380, 16_384, 2_097_160] {
            let content = [UInt8](repeating: 7, count: length)
            for field in [1, 15, 16, 300] {
                var inner = ProtobufWriter()
                inner.appendBytes(1, content.span)
                inner.appendText(2, "v")
                let bytes = inner.bytes
                var expected = ProtobufWriter()
                expected.appendBytes(field, bytes.span)
                var nested = ProtobufWriter()
                nested.appendMessage(field) { message in
                    message.appendBytes(1, content.span)
                    message.appendText(2, "v")
                }
                var entry = ProtobufWriter()
                entry.appendEntry(field, key: content.span, value: Array("v".utf8).span)
                #expect(nested.bytes == expected.bytes && entry.bytes == expected.bytes, "\(length) \(field)")
            }
        }
    }
}
