import ApusExposition
import Testing

/// Cases beside the conformance ones: what the specification says and those do not touch.
@Suite("Strict check of OpenMetrics")
struct StrictOpenMetricsTests {
    private static func problem(_ text: String) -> ExpositionError? {
        let body = Array(text.utf8)
        do throws(ExpositionError) {
            try ExpositionCheck.check(body.span, format: .openMetrics)
            return nil
        } catch {
            return error
        }
    }

    /// Bodies without their `# EOF`.
    static let good: [String] = [
        "",
        // Numbers.
        "a -0\n", "a .5\n", "a 5.\n", "a +1\n", "a 1E3\n", "a nan\n", "a -infinity\n", "a 1e-400\n",
        // Names.
        ":a: 1\n", "_a 1\n", "a{_b=\"1\"} 1\n", "a{} 1\n",
        "# TYPE \"a b\" counter\n{\"a b_total\",\"c d\"=\"e\"} 1\n",
        // Texts.
        "# HELP a \"quoted\" \\\" \\\\ \\n \\x\n", "# HELP a  two blanks \n", "a{b=\"\\x\\n\\\"\"} 1\n",
        "a{b=\"c\r\"} 1\n",
        "a{b=\"c\0\"} 1\n", "a{b=\"} # { 1\"} 1\n",
        // Timestamps.
        "a 1 -5\n", "# TYPE a gauge\na 1 1.10\na 2 1.1\n", "# TYPE a gauge\na 1 1.0\na 2 1\na 3 1e0\n",
        "# TYPE a gauge\na 1 -0.5\na 2 0.2\n", "# TYPE a gauge\na 1 -2.5\na 2 -2.25\n",
        "# TYPE a gauge\na 1 1604676851.000000001\na 2 1604676851.000000002\n",
        // Metadata.
        "# UNIT a_s s\n# HELP a_s x\n# TYPE a_s counter\na_s_total 1\n", "# TYPE a_s gauge\n# UNIT a_s \na_s 1\n",
        "# TYPE a_total gauge\na_total 1\n", "# TYPE a gauge\n# TYPE b gauge\na_c 1\n",
        // Families of which there are no metrics.
        "# TYPE a histogram\n# TYPE b counter\n# TYPE c summary\n",
        // Types.
        "# TYPE a counter\na_created 1\na_total 1\n", "# TYPE a counter\na_total{b=\"1\"} 1\na_total{b=\"2\"} 0.5\n",
        "# TYPE a info\na_info{b=\"1\"} 1\na_info{b=\"2\"} 1.0\n",
        "# TYPE a stateset\na{a=\"x\",b=\"1\"} 1\na{a=\"y\",b=\"1\"} 0\na{a=\"x\",b=\"2\"} 0\n",
        "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"y\"} 1\n", "# TYPE a stateset\n",
        "# TYPE le stateset\nle{le=\"x\"} 1\n",
        "# TYPE a summary\na{quantile=\"1\"} NaN\na{quantile=\"0\"} 3\na_created 5\n",
        "# TYPE a summary\na_created 5\n",
        "# TYPE a summary\na_count{b=\"1\"} 1 5\na_sum{b=\"1\"} 1 5\na_count{b=\"1\"} 2 6\na_sum{b=\"1\"} 2 6\n",
        "# TYPE a histogram\na_count 1\na_sum 0\na_created 5\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n",
        "# TYPE a histogram\na_bucket{le=\"1e-3\"} 0 1\na_bucket{le=\"+Inf\"} 1 1.0\na_bucket{le=\"1e-3\"} 1 2\na_bucket{le=\"+Inf\"} 1 2\n",
        "# TYPE a gaugehistogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 1\na_gcount 1\na_gsum -5\n",
        "# TYPE a unknown\na{b=\"1\"} NaN\n",
        // Exemplars.
        "# TYPE a counter\na_total 1 # {} 1\n", "# TYPE a counter\na_total 1 5 # {b=\"c\",d=\"e\"} NaN -7\n",
        "# TYPE a counter\na_total 1 # {b=\"\(String(repeating: "요", count: 127))\"} 1\n",
        "# TYPE a histogram\na_bucket{le=\"1\"} 1 # {} 1\na_bucket{le=\"+Inf\"} 1 # {} 9 5\n",
    ]

    @Test("valid text is taken", arguments: good)
    func taken(_ text: String) {
        #expect(Self.problem(text + "# EOF\n") == nil)
        #expect(Self.problem(text + "# EOF") == nil)
    }

    /// Bodies without their `# EOF`, with the line of the problem.
    static let bad: [(String, Int)] = [
        // Lines.
        ("a 1\r\n", 1), ("# HELP a b\r\n", 1), ("# TYPE a gauge\r\n", 1), ("a 1\n \n", 2), ("#\n", 1), ("# a\n", 1),
        ("# help a b\n", 1), ("#TYPE a gauge\n", 1), ("#  TYPE a gauge\n", 1), ("# TYPE  a gauge\n", 1),
        ("\u{FEFF}a 1\n", 1), (" a 1\n", 1), ("a\t1\n", 1), ("a 1\t2\n", 1), ("a {b=\"1\"} 1\n", 1),
        ("a{ b=\"1\"} 1\n", 1),
        ("a{b =\"1\"} 1\n", 1), ("a{b= \"1\"} 1\n", 1), ("a{b=\"1\", c=\"2\"} 1\n", 1), ("a{b=\"1\" } 1\n", 1),
        ("a{,} 1\n", 1), ("a{b=\"1\"}  1\n", 1), ("a 1  2\n", 1), ("a 1 2 \n", 1), ("a 1 2 3\n", 1), ("# EOF\n", 2),
        ("# EOF \n", 1), ("#EOF\n", 1),
        // Numbers.
        ("a -NaN\n", 1), ("a 1e999\n", 1), ("a 1e\n", 1), ("a .\n", 1), ("a e5\n", 1), ("a --1\n", 1), ("a 1,5\n", 1),
        ("a 1d\n", 1), ("a in\n", 1), ("a 1 1e\n", 1), ("a 1 nan\n", 1), ("a 1 infinity\n", 1), ("a 1 1_0\n", 1),
        // Names and texts.
        ("a{b:c=\"1\"} 1\n", 1), ("a{__b=\"1\"} 1\n", 1), ("a{__name__=\"b\"} 1\n", 1), ("{__name__=\"a\"} 1\n", 1),
        ("{b=\"1\"} 1\n", 1), ("é 1\n", 1), ("a{é=\"1\"} 1\n", 1), ("\"a\" 1\n", 1), ("{\"a\",\"b\"} 1\n", 1),
        ("a{\"b\"} 1\n", 1), ("a{b=\"1\",b=\"\"} 1\n", 1), ("# HELP a b\\\n", 1), ("# HELP a b\\\\\\\n", 1),
        ("# HELP a-b c\n", 1), ("# TYPE 0a gauge\n", 1), ("a{b=\"c\n", 1), ("a{b=\"c\\\"} 1\n", 1),
        // Metadata.
        ("# TYPE a Gauge\n", 1), ("# TYPE a gauge histogram\n", 1), ("# TYPE a\n", 1), ("# UNIT a a\n", 1),
        ("# UNIT as s\n", 1), ("# UNIT a_s_total s\n", 1), ("# UNIT a_s s s\n", 1), ("# UNIT a_s s\n# UNIT a_s \n", 2),
        ("# UNIT a \n# UNIT a \n", 2), ("# HELP a \n# HELP a x\n", 2), ("# TYPE a gauge\n# TYPE a gauge\n", 2),
        ("# TYPE a gauge\n# TYPE b gauge\n# HELP a x\n", 3), ("a 1\n# HELP a x\n", 2),
        ("# TYPE a gauge\na 1\nb 1\na 2\n", 4), ("# TYPE a counter\na_total 1\n# UNIT a \n", 3),
        // Families that clash.
        ("# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 1\n", 3),
        ("# TYPE a_total counter\na_total 1\n", 2), ("# TYPE a_sum gauge\n# TYPE a summary\n", 2),
        ("# TYPE a_created unknown\n# TYPE a histogram\n", 2), ("# TYPE a info\n# TYPE a_info gauge\n", 2),
        ("a_bucket 1\n# TYPE a gaugehistogram\n", 2), ("# TYPE a gauge\na 1\n# TYPE a_c gauge\n# TYPE a info\n", 4),
        // Metrics.
        ("# TYPE a gauge\na 1\na 1\n", 3), ("a{b=\"1\"} 1\na{b=\"1\"} 2\n", 2),
        ("a{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 1\n", 3), ("# TYPE a counter\na_total 1\na_created 1\na_total 1\n", 4),
        ("# TYPE a info\na_info{b=\"1\"} 1\na_info{b=\"1\"} 1\n", 3),
        ("# TYPE a stateset\na{a=\"x\"} 1\na{a=\"x\"} 0\n", 3),
        ("# TYPE a summary\na{quantile=\"0.5\"} 1\na{quantile=\"0.5\"} 1\n", 3),
        ("# TYPE a summary\na_count 1 1\na_count 2 2\na_sum 1 1\na_sum 2 2\n", 4),
        ("# TYPE a gauge\na 1 2.10\na 2 2.09\n", 3), ("# TYPE a gauge\na 1 -1.5\na 2 -2.5\n", 3),
        ("# TYPE a counter\na_total 1 5\na_created 1\n", 3),
        // Values.
        ("# TYPE a counter\na_total -0.5\n", 2), ("# TYPE a counter\na 1\n", 2), ("# TYPE a counter\na_created 1\n", 2),
        ("# TYPE a counter\na_created{b=\"1\"} 1\na_total{b=\"2\"} 1\n", 2),
        ("# TYPE a info\na 1\n", 2), ("# TYPE a info\na_info NaN\n", 2), ("# TYPE a stateset\na{a=\"x\"} 0.5\n", 2),
        ("# TYPE a stateset\na{a=\"x\"} NaN\n", 2), ("# TYPE a stateset\na{b=\"x\"} 1\n", 2),
        ("# TYPE a stateset\na{a=\"\"} 1\n", 2), ("# TYPE a summary\na_count 1.5\n", 2),
        ("# TYPE a summary\na_count +Inf\n", 2), ("# TYPE a summary\na 1\n", 2),
        ("# TYPE a summary\na{quantile=\"NaN\"} 1\n", 2), ("# TYPE a summary\na{quantile=\"0.5\"} -Inf\n", 2),
        ("# TYPE a summary\na_sum{quantile=\"0.5\"} 1\n", 2), ("# TYPE a summary\na{quantile=\"0.5 \"} 1\n", 2),
        // Histograms.
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1\n", 2), ("# TYPE a histogram\na_created 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1.5\n", 2), ("# TYPE a histogram\na_bucket{le=\"+Inf\"} +Inf\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"+inf\"} 1\n", 2), ("# TYPE a histogram\na_bucket{le=\"Inf\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"NaN\"} 1\n", 2), ("# TYPE a histogram\na_bucket{le=\"\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"0x1\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_bucket{le=\"1\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_count 1\na_sum 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count{le=\"1\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{b=\"1\",le=\"1\"} 1\na_bucket{b=\"2\",le=\"+Inf\"} 1\n", 3),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1 1\na_bucket{le=\"+Inf\"} 1 2\n", 3),
        ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gsum 1\n", 2),
        ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gcount 2\na_gsum 1\n", 2),
        ("# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} NaN\n", 2),
        // Exemplars.
        ("a 1 # {} 1\n", 1), ("# TYPE a counter\na_total 1 # 1\n", 2), ("# TYPE a counter\na_total 1 # {b=\"c\"}\n", 2),
        ("# TYPE a counter\na_total 1 # {b=\"c\"} \n", 2), ("# TYPE a counter\na_total 1 #  {} 1\n", 2),
        ("# TYPE a counter\na_total 1  # {} 1\n", 2), ("# TYPE a counter\na_total 1 # {} 1 1 1\n", 2),
        ("# TYPE a counter\na_total 1 # {} 1 # {} 1\n", 2), ("# TYPE a counter\na_total 1 # {b=\"c\",} 1\n", 2),
        ("# TYPE a counter\na_total 1 # {b=\"c\",b=\"d\"} 1\n", 2),
        ("# TYPE a counter\na_total 1 # {__b=\"c\"} 1\n", 2),
        ("# TYPE a counter\na_total 1 # {\(String(repeating: "b", count: 128))=\"c\"} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1 # {} 1.5\na_bucket{le=\"+Inf\"} 1\n", 2),
        ("# TYPE a summary\na_count 1 # {} 1\n", 2), ("# TYPE a info\na_info 1 # {} 1\n", 2),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1 # {} 1\na_sum 1\n", 3),
    ]

    @Test("text that contradicts the specification is refused at the line of the problem", arguments: bad)
    func refused(_ text: String, line: Int) {
        #expect(Self.problem(text + "# EOF\n")?.line == line)
    }

    @Test("text after the end, an end that is missing, and bytes that are no UTF-8 are refused")
    func ends() {
        for text in ["", "a 1", "a 1\n", "# EOF\n\n", "# EOF\na 1\n", "# EOF\n# EOF\n", "# EOF\r\n", "a 1# EOF\n"] {
            #expect(Self.problem(text) != nil, "\(text)")
        }
        for prefix in ["# HELP a ", "a{b=\"", "{\"a", "# TYPE a counter\na_total 1 # {b=\""] {
            var body = Array(prefix.utf8) + [0xC0]
            if prefix.contains("\"") { body += Array("\"} 1".utf8) }
            body += Array("\n# EOF\n".utf8)
            #expect(throws: ExpositionError.self) { try ExpositionCheck.check(body.span, format: .openMetrics) }
        }
    }
}
