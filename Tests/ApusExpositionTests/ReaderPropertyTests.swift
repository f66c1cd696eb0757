import ApusExposition
import ApusModel
import ApusTestSupport
import Testing

@Suite("Properties of reading and writing")
struct ReaderPropertyTests {
    /// A family as it is handed to the writer and expected from the reader.
    private struct Family {
        var name: String
        var type: MetricType
        var samples: [(labels: [Label], value: Double, timestamp: Int64?)] = []
    }

    private static func pick<Element>(_ elements: [Element], _ generator: inout SeededGenerator) -> Element {
        elements[Int.random(in: elements.indices, using: &generator)]
    }

    private static func families(_ generator: inout SeededGenerator) -> [Family] {
        let alphabet: [Character] = [
            "a", "B", "7", "_", ".", " ", "\"", "\\", "\n", "\t", "{", "}", ",", "=", "#", "한", "🐦",
        ]
        func text(_ lengths: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: lengths, using: &generator)).map { _ in Self.pick(alphabet, &generator) }
            )
        }
        return (0..<Int.random(in: 1...8, using: &generator)).map { number in
            let suffix = text(0...4)
            var family = Family(
                name: Bool.random(using: &generator) ? "family_\(number)" : "f\(number).\(suffix)",
                type: Self.pick([.gauge, .unknown, .counter], &generator))
            if family.type == .counter { family.name += "_total" }
            for sample in 0..<Int.random(in: 0...6, using: &generator) {
                var labels = [Label(name: "sample", value: "\(sample)")]
                for label in 0..<Int.random(in: 0...3, using: &generator) {
                    labels.append(
                        Label(
                            name: Bool.random(using: &generator) ? "l\(label)" : "\(label)" + text(0...5),
                            value: text(1...9)))
                }
                let values = [
                    Double(bitPattern: generator.next()), Double(Int.random(in: -1_000...1_000, using: &generator)),
                    Double.random(in: -1...1, using: &generator), .infinity, -0.0, .nan,
                ]
                let value = Self.pick(values, &generator)
                let timestamp =
                    Int.random(in: 0...3, using: &generator) == 0
                    ? Int64.random(in: -4_000_000_000_000...4_000_000_000_000, using: &generator) : nil
                family.samples.append((labels, value, timestamp))
            }
            return family
        }
    }

    @Test("what is written is read back", arguments: [ExpositionFormat.text, .openMetrics])
    func roundTrip(_ format: ExpositionFormat) throws {
        for seed in 0..<300 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let families = Self.families(&generator)
            let mediaType = ExpositionMediaType(format: format, version: "1.0.0", escaping: .allowUTF8)
            var writer = ExpositionWriter(mediaType)
            var expected: [ReadSample] = []
            for family in families {
                writer.beginFamily(family.name, type: family.type, help: "Help of \\ \"\(family.name)\".")
                for sample in family.samples {
                    var bytes: [UInt8] = []
                    for label in sample.labels {
                        ExpositionText.appendLabel(
                            label.name, value: label.value, escaping: .allowUTF8, isFirst: bytes.isEmpty, to: &bytes)
                    }
                    writer.appendSample(labels: bytes.span, value: sample.value, timestamp: sample.timestamp)
                    expected.append(
                        ReadSample(
                            labels: LabelSet([Label(name: "__name__", value: family.name)] + sample.labels),
                            value: sample.value.isNaN ? SpecialValue.normalNaN : sample.value,
                            timestamp: sample.timestamp))
                }
            }
            let body = writer.finish()
            #expect(try readFresh(body, as: format).samples == expected, "seed \(seed)")
        }
    }

    private static func mutated(_ lines: [[UInt8]], _ generator: inout SeededGenerator) -> [[UInt8]] {
        var lines = lines
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let index = Int.random(in: 0..<lines.count, using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: lines.remove(at: index)
            case 1: lines.insert(Self.pick(lines, &generator), at: index)
            case 2: lines.swapAt(index, Int.random(in: 0..<lines.count, using: &generator))
            case 3: lines.insert(Array("new_\(generator.next() % 50){a=\"b\"} 1".utf8), at: index)
            case 4: lines[index] += Array(" 12345".utf8)
            case 5:
                guard !lines[index].isEmpty else { continue }
                let position = Int.random(in: 0..<lines[index].count, using: &generator)
                lines[index][position] = UInt8.random(in: 0...255, using: &generator)
            default: lines.shuffle(using: &generator)
            }
            if lines.isEmpty { lines = [[]] }
        }
        return lines
    }

    private static let page = """
        # HELP a Help of a.
        # TYPE a counter
        a{x="1",y="2"} 1
        a{x="2",y="2"} 2.5
        a{y="2",x="1"} 3
        a 4
        ab 5
        # TYPE h histogram
        h_bucket{le="1"} 6
        h_bucket{le="1.0"} 7 1000
        h_bucket{le="+Inf"} 8
        h_sum 9e-3
        h_count 10
        # TYPE a counter
        # TYPE s summary
        s{quantile="0.50"} NaN
        s{le="1"} 123456789012345678901234567890
        h_bucket{le="1"} 12
        {"a.b","c d"="}"} 13
        a {x="3"} 14
        """

    @Test("a reader that knows the target reads every body as one that does not", arguments: 0..<8 as Range<UInt64>)
    func predictedEqualsFresh(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let original = Self.page.split(separator: "\n").map { Array($0.utf8) }
        var lines = original
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        var readCount = 0
        var slots: [LabelSet: UInt32] = [:]
        for round in 0..<600 {
            lines = Self.mutated(round % 5 == 0 ? original : lines, &generator)
            let format: ExpositionFormat = round % 7 == 0 ? .openMetrics : .text
            var body = Array(lines.joined(separator: [0x0A]))
            if format == .openMetrics { body += Array("\n# EOF".utf8) }
            let fresh = Result { () throws(ExpositionError) in try readFresh(body, as: format) }
            let known = Result { () throws(ExpositionError) in
                try read(body, as: format, with: &reader, into: &scraped)
            }
            #expect(known == fresh, "seed \(seed), round \(round)")
            guard case .success(let result) = known else {
                #expect(scraped.count == 0)
                continue
            }
            readCount += 1
            // A series keeps its slot as long as it is not forgotten, and new slots are exactly those not told before.
            var told = Set(scraped.newSlots)
            #expect(told.count == scraped.newSlots.count)
            for (sample, slot) in zip(result.samples, scraped.slots) {
                if let before = slots[sample.labels] {
                    #expect(before == slot)
                } else {
                    #expect(told.contains(slot))
                    slots[sample.labels] = slot
                }
            }
            told.subtract(scraped.slots)
            #expect(told.isEmpty)
            if round % 50 == 49 {
                let freed = Set(reader.forget(unseenFor: 5))
                slots = slots.filter { !freed.contains($0.value) }
                let count = reader.seriesCount
                #expect(count == slots.count)
            }
        }
        #expect(readCount > 50)
    }

    @Test("random bytes are refused or read, never more", arguments: [ExpositionFormat.text, .openMetrics])
    func fuzz(_ format: ExpositionFormat) {
        var generator = SeededGenerator(seed: 99)
        let pieces = [
            "a", "{", "}", "\"", "\\", "=", ",", " ", "\n", "#", "# TYPE ", "# HELP ", "1", "e", ".", "-", "\0", "le",
            "\t", "# EOF\n",
        ]
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        var readCount = 0
        for round in 0..<8_000 {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                if Int.random(in: 0..<20, using: &generator) == 0 {
                    body.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    body += Array(Self.pick(pieces, &generator).utf8)
                }
            }
            if format == .openMetrics {
                body += Array("\n# EOF\n".utf8.dropFirst(body.last == 0x0A || body.isEmpty ? 1 : 0))
            }
            let fresh = Result { () throws(ExpositionError) in try readFresh(body, as: format) }
            let known = Result { () throws(ExpositionError) in
                try read(body, as: format, with: &reader, into: &scraped)
            }
            #expect(known == fresh, "round \(round)")
            if case .success = known { readCount += 1 }
        }
        #expect(readCount > 100)
    }
}
