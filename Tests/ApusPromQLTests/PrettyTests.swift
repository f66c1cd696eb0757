import ApusPromQL
import Testing

@Suite("Expressions on several lines")
struct PrettyTests {
    private static let long =
        #"http_requests_total{handler="/api/v1/a/rather/long/path",instance=~"host-.*",job="api"}"#

    @Test(
        "what fits into a line stays on one",
        arguments: [
            ("a+b", "a + b"), ("sum(x)by(a)", "sum by (a) (x)"), ("rate(x[5m]anchored@5 offset 1m)", ""),
            ("(((a)))", "(((a)))"), ("a[1h:]", "a[1h:]"), ("-a", "-a"),
        ])
    func short(text: String, expected: String) throws {
        let expression = try Parser.parse(text)
        #expect(expression.prettyText == (expected.isEmpty ? expression.description : expected))
    }

    @Test("the modifiers of a window stand in Prometheus' order")
    func modifierOrder() throws {
        #expect(
            try Parser.parse("x[5m] offset 1m @ 5 anchored").description == "x[5m] anchored @ 5.000 offset 1m")
        #expect(try Parser.parse("x offset 1m @ 5 smoothed").description == "x @ 5.000 smoothed offset 1m")
    }

    @Test("operators, aggregations, calls and parentheses are split, selectors are not")
    func split() throws {
        let text = "sum by (job) (rate(\(Self.long)[5m])) / on (job) group_left () (topk(5, \(Self.long)) + bool_total)"
        #expect(
            try Parser.parse(text).prettyText == """
                  sum by (job) (
                    rate(\(Self.long)[5m])
                  )
                / on (job) group_left ()
                  (
                      topk(5, \(Self.long))
                    +
                      bool_total
                  )
                """)
    }

    @Test("the arguments of a long call stand on lines of their own")
    func arguments() throws {
        let text = #"label_replace(\#(Self.long), "destination", "$1", "source", "(.*)")"#
        #expect(
            try Parser.parse(text).prettyText == """
                label_replace(
                  \(Self.long),
                  "destination",
                  "$1",
                  "source",
                  "(.*)"
                )
                """)
    }

    @Test("a sign stays with its operand, and a range with its subquery")
    func signsAndSubqueries() throws {
        let sum = "sum by (a, b, c, d) (\(Self.long))"
        #expect(
            try Parser.parse("-\(sum)").prettyText == """
                -sum by (a, b, c, d) (
                  \(Self.long)
                )
                """)
        #expect(
            try Parser.parse("max_over_time(\(sum)[1h:5m] offset 1d)").prettyText == """
                max_over_time(
                  sum by (a, b, c, d) (
                    \(Self.long)
                  )[1h:5m] offset 1d
                )
                """)
    }

    @Test("infinity before a power keeps no sign that would take the whole power")
    func infinityToAPower() throws {
        let expression = try Parser.parse("inf ^ sum by (a, b, c, d) (\(Self.long))")
        #expect(expression.prettyText.hasPrefix("  Inf\n^\n"))
        #expect(try Parser.parse(expression.prettyText) == expression)
    }
}
