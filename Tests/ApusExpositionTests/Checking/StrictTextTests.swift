import ApusExposition
import Testing

@Suite("Strict check of the text format")
struct StrictTextTests {
    private static func problem(_ text: String) -> ExpositionError? {
        let body = Array(text.utf8)
        do throws(ExpositionError) {
            try ExpositionCheck.check(body.span, format: .text)
            return nil
        } catch {
            return error
        }
    }

    static let good: [String] = [
        "", "\n\n", " \t\n", "#\n", "#a\n", "# EOF\n", "# UNIT a b\n", "# HELP a\n", "a 1\n", "a\t1\n", " a  1  2 \n",
        "a{b=\"1\",} 1\n", "a {\tb = \"1\" , c=\"2\" } 1\n", "a{}1\n", "a -Inf\n", "a nan\n", "a 1 -5\n",
        "{\"a b\",\"c d\"=\"e\"} 1\n", "# TYPE \"a b\" gauge\n{\"a b\"} 1\n", "a{b=\"\\\\\\n\\\"\"} 1\n",
        "# HELP a \"b\" \\\\ \\n\na 1\n", "a{b=\"\"} 1\na{c=\"\",b=\"2\"} 1\n", "a 1\n# HELP a b\n",
        "# TYPE a counter\na -1\n", "# TYPE a untyped\na 1\n", "# TYPE a gauge\nb 1\na 1\n",
        "a{b=\"1\"} 1\nc 1\na{b=\"2\"} 1\n", "a 1 1\na 2 2\n", "__a 1\n",
        "# TYPE a summary\na{quantile=\"0.5\"} NaN\na{quantile=\"0.9\"} -1\na_sum -1\na_count 2\n",
        "# TYPE a histogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"Inf\"} 1\na_sum NaN\na_count 1\n",
        "# TYPE a histogram\na_bucket{b=\"1\",le=\"+Inf\"} 1\na_bucket{b=\"2\",le=\"1\"} 0\na_bucket{b=\"2\",le=\"+Inf\"} 1\n",
        "# TYPE a histogram\n", "# TYPE a histogram\na_sum 1\na_count 1\n",
    ]

    @Test("valid text is taken", arguments: good)
    func taken(_ text: String) { #expect(Self.problem(text) == nil) }

    /// Texts with the line of the problem.
    static let bad: [(String, Int)] = [
        ("a 1", 1), ("a 1\n# HELP a b", 2), ("a\n", 1), ("a \n", 1), ("a 1\r\n", 1), ("a 1 2 3\n", 1), ("a 1 1.5\n", 1),
        ("a 1 99999999999999999999\n", 1), ("a 0x1p3\n", 1), ("a 1_0\n", 1), ("a 1e999\n", 1), ("a -NaN\n", 1),
        ("0a 1\n", 1), ("a-b 1\n", 1), ("é 1\n", 1), ("a{b:c=\"1\"} 1\n", 1), ("a{0=\"1\"} 1\n", 1), ("a{b} 1\n", 1),
        ("a{b=1} 1\n", 1), ("a{b='1'} 1\n", 1), ("a{b=\"1\"c=\"2\"} 1\n", 1), ("a{,} 1\n", 1), ("a{b=\"1\",,} 1\n", 1),
        ("a{b=\"1\" 1\n", 1), ("a{b=\"1\n", 1), ("a{b=\"\\t\"} 1\n", 1), ("a{b=\"1\",b=\"2\"} 1\n", 1),
        ("{b=\"1\"} 1\n", 1),
        ("a{__name__=\"b\"} 1\n", 1), ("a{\"b\"} 1\n", 1), ("a{b=\"1\"} 1 # {} 1\n", 1),
        ("# HELP a \\t\n", 1), ("# HELP a-b c\n", 1), ("# TYPE a-b gauge\n", 1), ("# TYPE a unknown\n", 1),
        ("# TYPE a info\n", 1), ("# TYPE a\n", 1), ("# TYPE a gauge x\n", 1), ("# TYPE a gauge\n# TYPE a gauge\n", 2),
        ("# HELP a b\n# HELP a b\n", 2), ("a 1\n# TYPE a gauge\n", 2),
        ("a 1\na 1\n", 2), ("a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 1\n", 2), ("a 1 5\na 2 5\n", 2),
        ("# TYPE a summary\na{quantile=\"x\"} 1\n", 2), ("# TYPE a histogram\na_bucket{le=\"x\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n", 3),
        ("# TYPE a summary\na{quantile=\"0.9\"} 1\na{quantile=\"0.5\"} 1\n", 3),
    ]

    @Test("text that contradicts the format is refused at the line of the problem", arguments: bad)
    func refused(_ text: String, line: Int) { #expect(Self.problem(text)?.line == line) }
}
