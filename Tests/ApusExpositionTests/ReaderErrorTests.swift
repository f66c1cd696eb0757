import ApusExposition
import ApusModel
import Testing

@Suite("Errors of expositions")
struct ReaderErrorTests {
    typealias Problem = ExpositionError.Problem

    static let textCases: [(String, Int, Int, Problem)] = [
        ("a 1\n@b 2\n", 2, 1, .expectedMetricName),
        ("a", 1, 2, .expectedValue),
        ("a\n", 1, 2, .expectedValue),
        ("a{b=\"c\"}\n", 1, 9, .expectedValue),
        ("a{b=\"c\" 1\n", 1, 9, .expectedCommaOrBrace),
        ("a{b=\"c\n", 1, 5, .unterminatedText),
        ("a{b=\"c\\", 1, 5, .unterminatedText),
        ("a{b=c} 1\n", 1, 5, .expectedLabelValue),
        ("a{b} 1\n", 1, 4, .expectedEqual),
        ("a{,} 1\n", 1, 3, .expectedLabelName),
        ("a{1=\"x\"} 1\n", 1, 3, .expectedLabelName),
        ("a{b=\"x\",,} 1\n", 1, 9, .expectedLabelName),
        ("a{b=\"x\"c=\"y\"} 1\n", 1, 8, .expectedCommaOrBrace),
        ("{b=\"x\"} 1\n", 1, 8, .metricNameMissing),
        ("{} 1\n", 1, 3, .metricNameMissing),
        ("a{\"b\"} 1\n", 1, 3, .metricNameRepeated),
        ("{\"a\",\"b\"} 1\n", 1, 6, .metricNameRepeated),
        ("{\"\"} 1\n", 1, 2, .expectedLabelName),
        ("a{b=\"1\",c=\"\",b=\"2\"} 1\n", 1, 14, .duplicateLabel("b")),
        ("a{__name__=\"b\"} 1\n", 1, 3, .duplicateLabel("__name__")),
        ("ok 1\n\na x\n", 3, 3, .invalidValue("x")),
        ("a 0x1p2\n", 1, 3, .invalidValue("0x1p2")),
        ("a 1_000\n", 1, 3, .invalidValue("1_000")),
        ("a 1e999\n", 1, 3, .invalidValue("1e999")),
        ("a 1 2.5\n", 1, 5, .invalidTimestamp("2.5")),
        ("a 1 99999999999999999999\n", 1, 5, .invalidTimestamp("99999999999999999999")),
        ("a 1 2 3\n", 1, 7, .expectedNextEntry),
        ("a 1 # {} 1\n", 1, 5, .invalidTimestamp("#")),
        ("a 1\r\nb 2\r\n", 1, 4, .carriageReturn),
        ("# TYPE a counter\r\n", 1, 17, .carriageReturn),
        ("# TYPE a\n", 1, 9, .invalidMetricType("")),
        ("# TYPE a blob\n", 1, 10, .invalidMetricType("blob")),
        ("# TYPE a-b gauge\n", 1, 9, .expectedMetadataName),
        ("# HELP 1\n", 1, 8, .expectedMetadataName),
        ("# HELP \"a\n", 1, 8, .unterminatedText),
    ]

    @Test("each mistake in the text format is told with its place", arguments: textCases)
    func textErrors(_ body: String, _ line: Int, _ column: Int, _ problem: Problem) throws {
        let error = #expect(throws: ExpositionError.self) { try readFresh(body) }
        #expect(error?.problem == problem)
        #expect(error?.line == line && error?.column == column, "\(error.map(\.description) ?? "")")
    }

    static let openMetricsCases: [(String, Int, Int, Problem)] = [
        ("", 1, 1, .missingEOF),
        ("a 1\n", 2, 1, .missingEOF),
        ("a 1\n# EOF\nb 2\n", 3, 1, .dataAfterEOF),
        ("a 1\n# EOF\n\n", 3, 1, .dataAfterEOF),
        ("a 1\n\n# EOF\n", 2, 1, .blankLine),
        ("# a comment\n# EOF\n", 1, 1, .invalidComment),
        ("#EOF\n", 1, 1, .invalidComment),
        (" a 1\n# EOF\n", 1, 1, .expectedMetricName),
        ("a  1\n# EOF\n", 1, 3, .expectedValue),
        ("a 1 \n# EOF\n", 1, 5, .invalidTimestamp("")),
        ("a 1 NaN\n# EOF\n", 1, 5, .invalidTimestamp("NaN")),
        ("a{b=\"c\",} 1\n# EOF\n", 1, 8, .unexpectedComma),
        ("a{ b=\"c\"} 1\n# EOF\n", 1, 3, .expectedLabelName),
        ("# TYPE a untyped\n# EOF\n", 1, 10, .invalidMetricType("untyped")),
        ("# UNIT a_s seconds\n# EOF\n", 1, 12, .unitNotSuffix(unit: "seconds", metric: "a_s")),
        ("a 1 # {b=\"c\"}\n# EOF\n", 1, 14, .invalidExemplar),
        ("a 1 # b\n# EOF\n", 1, 4, .invalidExemplar),
        ("a 1 # {b=\"c\"} x\n# EOF\n", 1, 15, .invalidValue("x")),
        ("a 1 # {b=\"c\"} 1 2 3\n# EOF\n", 1, 18, .invalidExemplar),
    ]

    @Test("each mistake in OpenMetrics is told with its place", arguments: openMetricsCases)
    func openMetricsErrors(_ body: String, _ line: Int, _ column: Int, _ problem: Problem) throws {
        let error = #expect(throws: ExpositionError.self) { try readFresh(body, as: .openMetrics) }
        #expect(error?.problem == problem)
        #expect(error?.line == line && error?.column == column, "\(error.map(\.description) ?? "")")
    }

    @Test("text that is not UTF-8, and a NUL in a name, is refused with the part that holds it")
    func invalidText() {
        let cases: [([UInt8], Problem)] = [
            (Array("a{b=\"".utf8) + [0xFF] + Array("\"} 1\n".utf8), .invalidUTF8("value of label b")),
            (Array("a{\"b".utf8) + [0x00] + Array("\"=\"c\"} 1\n".utf8), .invalidUTF8("label name")),
            (Array("{\"a".utf8) + [0x00] + Array("\"} 1\n".utf8), .invalidUTF8("metric name")),
            (Array("{\"".utf8) + [0xC3, 0x28] + Array("\"} 1\n".utf8), .invalidUTF8("metric name")),
            (Array("{a,\"".utf8), .expectedEqual),
            (Array("# HELP a ".utf8) + [0xFE, 0x0A], .invalidUTF8("help text")),
            (Array("a 1".utf8) + [0x00, 0x0A], .invalidValue("1\0")),
            ([0x00], .expectedMetricName),
            ([0xFF, 0xFE], .expectedMetricName),
        ]
        for (body, problem) in cases {
            let error = #expect(throws: ExpositionError.self) { try readFresh(body) }
            #expect(error?.problem == problem)
        }
    }

    @Test("a NUL may stand in the value of a label, as in the peers")
    func nulInValue() throws {
        let body = Array("a{b=\"c".utf8) + [0x00] + Array("\"} 1\n".utf8)
        let read = try readFresh(body)
        #expect(read.samples.map(\.labels) == [labels("a", ["b": "c\0"])])
    }

    @Test("the message says line, column, what, and shows the text")
    func message() {
        let error = #expect(throws: ExpositionError.self) { try readFresh("ok 1\nmetric{label=\"x\"} blubb\n") }
        #expect(
            error?.description
                == "line 2, column 19: expected a number as value, got \"blubb\" "
                + "while parsing: \"metric{label=\\\"x\\\"} blubb\"")
    }

    @Test("huge lines, many labels and deep repetition are read or refused in bounded time")
    func huge() throws {
        let line = "a{b=\"" + String(repeating: "x", count: 5_000_000)
        #expect(throws: ExpositionError.self) { try readFresh(line) }
        #expect(try readFresh(line + "\"} 1").samples.count == 1)
        let many = "a{" + (0..<10_000).map { "l\($0)=\"v\"" }.joined(separator: ",") + "} 1\n"
        #expect(try readFresh(many).samples.first?.labels.count == 10_001)
        #expect(throws: ExpositionError.self) { try readFresh(String(repeating: "{", count: 1_000_000)) }
        #expect(throws: ExpositionError.self) { try readFresh("a 1 " + String(repeating: "9", count: 1_000_000)) }
        #expect(throws: ExpositionError.self) { try readFresh("a " + String(repeating: "9", count: 1_000_000)) }
    }
}
