import ApusBytes
import ApusTestSupport
import Testing

@Suite("Number text")
struct NumberTextTests {
    @Test(
        "floats are spelled as the peers spell them",
        arguments: [
            (0.0, "0", "0.0", "0", "0"), (-0.0, "-0", "-0.0", "-0", "-0"), (1, "1", "1.0", "1", "1"),
            (100_000, "100000", "100000.0", "100000", "100000"),
            (1_000_000, "1e+06", "1e+06", "1000000", "1000000"),
            (123_456_789, "1.23456789e+08", "1.23456789e+08", "123456789", "123456789"),
            (0.1, "0.1", "0.1", "0.1", "0.1"), (0.0001, "0.0001", "0.0001", "0.0001", "0.0001"),
            (0.00001, "1e-05", "1e-05", "0.00001", "0.00001"),
            (0.000001, "1e-06", "1e-06", "0.000001", "0.000001"),
            (0.0000001, "1e-07", "1e-07", "1e-07", "0.0000001"),
            (1e21, "1e+21", "1e+21", "1e+21", "1000000000000000000000"),
            (123_456.789, "123456.789", "123456.789", "123456.789", "123456.789"),
            (
                Double.leastNonzeroMagnitude, "5e-324", "5e-324", "5e-324",
                "0." + String(repeating: "0", count: 323) + "5"
            ),
            (
                1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308", "1.7976931348623157e+308",
                "17976931348623157" + String(repeating: "0", count: 292)
            ),
            (.infinity, "+Inf", "+Inf", "+Inf", "+Inf"), (-.infinity, "-Inf", "-Inf", "-Inf", "-Inf"),
            (.nan, "NaN", "NaN", "NaN", "NaN"), (-1234.5, "-1234.5", "-1234.5", "-1234.5", "-1234.5"),
            (1e15, "1e+15", "1e+15", "1000000000000000", "1000000000000000"),
        ] as [(Double, String, String, String, String)])
    func spelling(value: Double, general: String, openMetrics: String, json: String, fixed: String) {
        #expect(NumberText.string(value, .general) == general)
        #expect(NumberText.string(value, .openMetrics) == openMetrics)
        #expect(NumberText.string(value, .json) == json)
        #expect(NumberText.string(value, .fixed) == fixed)
    }

    @Test("every finite double reads back as itself, in every style")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<200_000 {
            let value: Double =
                switch round % 4 {
                case 0: Double(bitPattern: generator.next())
                case 1: Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &generator)) / 1000
                case 2: Double.random(in: -1e6...1e6, using: &generator)
                default: Double(Int64(truncatingIfNeeded: generator.next()) >> 11)
                }
            guard value.isFinite else { continue }
            for style in [NumberText.FloatStyle.general, .openMetrics, .json, .plain, .fixed] {
                let text = NumberText.string(value, style)
                let bytes = Array(text.utf8)
                #expect(NumberText.parseFloat(bytes.span)?.bitPattern == value.bitPattern, "\(value) as \(text)")
            }
        }
    }

    @Test("the spelling has no more digits than the standard library's shortest one")
    func shortest() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50_000 {
            let value = Double(Int64.random(in: 1...99_999_999_999, using: &generator)) / 1e4
            let ours = NumberText.string(value, .fixed).filter(\.isNumber)
            let reference =
                value.description.hasSuffix(".0") ? String(value.description.dropLast(2)) : value.description
            #expect(ours == reference.filter(\.isNumber), "\(value)")
        }
    }

    @Test(
        "text that is not a decimal float is refused",
        arguments: [
            "", "-", "+", ".", "e5", "1e", "1e+", "0x10", "1_000", "1 ", " 1", "1.2.3", "infi", "nanx", "-nan", "1e400",
            "--1",
        ])
    func refused(text: String) {
        let bytes = Array(text.utf8)
        #expect(NumberText.parseFloat(bytes.span) == nil)
    }

    @Test(
        "accepted forms read to their values",
        arguments: [
            ("1", 1), ("+1", 1), ("-1.5e3", -1500), (".5", 0.5), ("5.", 5), ("1E2", 100), ("Inf", .infinity),
            ("+inf", .infinity),
            ("-INFINITY", -.infinity), ("0.30000000000000004", 0.30000000000000004),
            ("9007199254740993", 9007199254740992),
            ("123456789012345678901234567890", 123456789012345677877719597056), ("1e-400", 0),
            ("2.2250738585072014e-308", Double.leastNormalMagnitude),
        ] as [(String, Double)])
    func accepted(text: String, value: Double) {
        let bytes = Array(text.utf8)
        #expect(NumberText.parseFloat(bytes.span) == value)
    }

    @Test("integers are read exactly and overflow is refused")
    func integers() {
        for text in ["0", "-1", "9223372036854775807", "-9223372036854775808", "+12"] {
            let bytes = Array(text.utf8)
            #expect(NumberText.parseInteger(bytes.span) == Int64(text))
        }
        for text in ["", "-", "9223372036854775808", "-9223372036854775809", "1.0", "99999999999999999999"] {
            let bytes = Array(text.utf8)
            #expect(NumberText.parseInteger(bytes.span) == nil, "\(text)")
        }
    }

    @Test("the shortest decimals are those of the standard library, on random bits, sums and short decimals")
    func shortestDecimals() {
        var generator = SeededGenerator(seed: 41)
        var served = 0
        for round in 0..<100_000 {
            let value: Double
            switch round % 4 {
            case 0:
                let exponent = UInt64.random(in: (1_023 - 12)...(1_023 + 54), using: &generator)
                value = Double(bitPattern: exponent << 52 | UInt64.random(in: 0..<(1 << 52), using: &generator))
            case 1: value = Double.random(in: 0..<1, using: &generator) + Double(round)
            case 2: value = Double(UInt64.random(in: 0..<1_000_000_000_000, using: &generator)) / 1e8
            default:
                // Next to a short decimal, where the two ends of an interval matter.
                let short = Double(UInt64.random(in: 1..<100_000, using: &generator)) / 1_000
                value = round % 8 == 3 ? short.nextUp : short.nextDown
            }
            guard let (integer, places) = NumberText.shortestDecimal(value) else { continue }
            served += 1
            var bytes: [UInt8] = []
            NumberText.append(value, .fixed, to: &bytes)
            #expect(Double("\(integer)e-\(places)") == value)
            #expect(Double(String(decoding: bytes, as: UTF8.self)) == value)
            let wanted = value.description.filter(\.isNumber).drop { $0 == "0" }
            let written = "\(integer)"
            #expect(trimmed(String(wanted.prefix { $0 != "e" })) == trimmed(written), "\(value)")
        }
        #expect(served > 80_000)
    }

    @Test("a sample value written into a buffer is spelled as in JSON, whatever it is")
    func writtenSampleValues() {
        var generator = SeededGenerator(seed: 43)
        var values: [Double] = [
            0, -0.0, .nan, .infinity, -.infinity, 1e15, 1e16, -1e21, 1e-7, 0.001, 0.1, -0.5, 100, 120.5,
            0.30000000000000004,
            999_999_999_999_999, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.999_999_9, 12_345_678_901_234_568,
        ]
        for round in 0..<50_000 {
            switch round % 5 {
            case 0: values.append(Double(bitPattern: UInt64.random(in: 0...(.max), using: &generator)))
            case 1: values.append(Double.random(in: -1...1, using: &generator))
            case 2: values.append(Double(Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &generator)))
            case 3: values.append(Double(Int64.random(in: -10_000_000...10_000_000, using: &generator)) / 100)
            default: values.append(Double.random(in: 0...1e9, using: &generator) / 60)
            }
        }
        var wrong = 0
        for value in values {
            var room = [UInt8](repeating: 0, count: 2 + NumberText.longestDecimal)
            var end = 1
            do {
                var span = room.mutableSpan
                NumberText.writeSampleValue(value, to: &span, at: &end)
            }
            let written = String(decoding: room[1..<end], as: UTF8.self)
            let isSame = written == NumberText.string(value, .json)
            if !isSame { wrong += 1 }
            #expect(isSame || wrong > 5, "\(value) as \(written)")
        }
        #expect(wrong == 0)
    }

    @Test(
        "decimals are written with their digits, their point and the zeros around it",
        arguments: [
            (0, 0, "0"), (7, 0, "7"), (10, 0, "10"), (100, 2, "1.00"), (5, 1, "0.5"), (5, 3, "0.005"),
            (123, 3, "0.123"),
            (1_234_567, 3, "1234.567"), (99, 1, "9.9"), (UInt64.max, 0, "18446744073709551615"),
            (UInt64.max, 19, "1.8446744073709551615"), (1, 19, "0.0000000000000000001"),
        ])
    func writtenDecimals(integer: UInt64, places: Int, text: String) {
        var room = [UInt8](repeating: 0, count: NumberText.longestDecimal)
        var end = 0
        do {
            var span = room.mutableSpan
            NumberText.writeDecimal(integer, places: places, to: &span, at: &end)
        }
        #expect(String(decoding: room[..<end], as: UTF8.self) == text)
    }

    private func trimmed(_ digits: String) -> String {
        var digits = digits
        while digits.last == "0" { digits.removeLast() }
        return digits
    }
}
