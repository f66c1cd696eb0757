import ApusModel
import ApusPromQL
import Testing

@Suite("Reading expressions")
struct ParserTests {
    @Test(
        "an expression prints back in Prometheus' form",
        arguments: [
            // Literals.
            ("1", "1"), (".5", "0.5"), ("5.", "5"), ("0x1F", "31"), ("0755", "493"), ("08", "8"), ("1_000.5", "1000.5"),
            ("1e3", "1000"), ("1E-3", "0.001"), ("inf", "+Inf"), ("-Inf", "-Inf"), ("nAn", "NaN"), ("-1", "-1"),
            ("+1", "1"), ("--1", "1"), ("1h30m", "1h30m"), ("90m", "1h30m"), ("-5m", "-5m"), ("0x_ff", "255"),
            ("'a\"b'", #""a\"b""#), (#""\x41\u00e9\U0001F600\101\n""#, #""Aé😀A\n""#), ("`a\\n\"`", #""a\\n\"""#),
            (#""\xff""#, #""\xff""#), (#""\'""#.replacing("\\'", with: "'"), #""'""#),
            // Precedence and associativity.
            ("1+2*3^2", "1 + 2 * 3 ^ 2"), ("-2^2", "-2 ^ 2"), ("2^3^2", "2 ^ 3 ^ 2"), ("inf^2", "Inf ^ 2"),
            ("a or b and c unless d", "a or b and c unless d"), ("a atan2 b", "a atan2 b"),
            ("a </ 1 >/ 2", "a </ 1 >/ 2"), ("(((1)))", "(((1)))"), ("-foo^2", "-foo ^ 2"),
            // Selectors.
            ("foo{}", "foo"), ("foo{b='1',a=~\"x.*\",}", #"foo{a=~"x.*",b="1"}"#), (#"{"a.b"}"#, #"{__name__="a.b"}"#),
            (#"{"a.b","k8s.pod"="x"}"#, #"{"k8s.pod"="x",__name__="a.b"}"#),
            ("{__name__='up'}", #"{__name__="up"}"#), ("a:b:c", "a:b:c"), (":a", ":a"),
            ("foo[5m]", "foo[5m]"), ("foo[300]", "foo[5m]"), ("foo[1.5]", "foo[1s500ms]"),
            ("foo[5m] offset 1h @ 100", "foo[5m] @ 100.000 offset 1h"),
            ("foo @ -1.5 offset -5", "foo @ -1.500 offset -5s"), ("foo @ start()", "foo @ start()"),
            ("foo[5m] @ end()", "foo[5m] @ end()"), ("foo offset 0", "foo"),
            ("foo[1h:]", "foo[1h:]"), ("foo[1h:1m] offset 5m @ 1m", "foo[1h:1m] @ 60.000 offset 5m"),
            ("rate(foo[5m])[1h:5m]", "rate(foo[5m])[1h:5m]"), ("foo[5m] smoothed", "foo[5m] smoothed"),
            ("foo anchored offset 5m", "foo anchored offset 5m"), ("foo @ 5 [1h:]", "foo @ 5.000[1h:]"),
            // Durations.
            ("foo[step()*2+1m]", "foo[step() * 2 + 1m]"), ("foo[-(10s-5s)+20s]", "foo[-(10s - 5s) + 20s]"),
            ("foo[max_of(Step(),1m):range()]", "foo[max_of(step(), 1m):range()]"),
            ("foo[(5m)]", "foo[(5m)]"), ("foo offset -(5m+1)", "foo offset -(5m + 1)"),
            ("foo offset 1m + 2", "foo offset 1m + 2"), ("foo offset step()*0", "foo offset step() * 0"),
            ("foo offset min_of(1,2)", "foo offset min_of(1, 2)"), ("foo[2^-1]", "foo[2 ^ -1]"),
            // Operators and their modifiers.
            ("a == bool 1", "a == bool 1"), ("a*on(x,)b", "a * on (x) b"), ("a + ignoring() b", "a + b"),
            ("a / on(x) group_left(y) b", "a / on (x) group_left (y) b"),
            ("a / ignoring(x) group_right b", "a / ignoring (x) group_right () b"),
            ("a + fill(0) b", "a + fill (0) b"), ("a + on(x) fill_right(-1) b", "a + on (x) fill_right (-1) b"),
            ("a + fill_right(2) fill_left (1) b", "a + fill_left (1) fill_right (2) b"),
            ("a + fill(NaN) b", "a + fill (NaN) b"),
            ("fill + fill(0) fill_left", "fill + fill (0) fill_left"), ("A and B", "A and B"), ("a AND b", "a and b"),
            // Aggregations and calls.
            ("sum(x)", "sum(x)"), ("SUM BY (a,) (x)", "sum by (a) (x)"),
            ("sum(x) without(a,b)", "sum without (a, b) (x)"),
            ("sum by () (x)", "sum(x)"), ("sum without () (x)", "sum without () (x)"),
            (#"sum by ("a.b", on, bool) (x)"#, #"sum by ("a.b", on, bool) (x)"#),
            ("topk(5,x)", "topk(5, x)"), ("count_values('v',x)", #"count_values("v", x)"#), ("time()", "time()"),
            ("round(x)", "round(x)"), ("round(x,5)", "round(x, 5)"),
            ("label_join(x,'a',',')", #"label_join(x, "a", ",")"#),
            ("start()", "start()"), ("min_of(1,2)", "min_of(1, 2)"), ("info(x,{a=~'.*'})", #"info(x, {a=~".*"})"#),
            ("foo # comment\n+ bar", "foo + bar"),
            // Keywords as names.
            ("sum", "sum"), ("sum + by", "sum + by"), ("offset{step='1s'}[5m]", #"offset{step="1s"}[5m]"#),
            ("start + end", "start + end"), ("and and or or unless", "and and or or unless"), ("infra", "infra"),
            ("anchored anchored", "anchored anchored"), ("min_of", "min_of"), ("rate", "rate"),
        ])
    func printsBack(text: String, printed: String) throws {
        let expression = try Parser.parse(text)
        #expect(expression.description == printed)
        #expect(try Parser.parse(printed) == expression)
    }

    @Test(
        "a bad expression says what is wrong and where",
        arguments: [
            ("", "1:1: parse error: no expression found in input"),
            ("# only a comment", "1:1: parse error: no expression found in input"),
            ("1 /", "1:4: parse error: unexpected end of input"), ("*1", "1:1: parse error: unexpected <op:*>"),
            ("(1))", "1:5: parse error: unexpected right parenthesis ')'"),
            ("((1)", "1:5: parse error: unclosed left parenthesis"),
            ("foo{", "1:5: parse error: unexpected end of input inside braces"),
            ("foo[5m", "1:7: parse error: unclosed left bracket"),
            ("foo bar", "1:5: parse error: unexpected identifier \"bar\""),
            ("foo\n+ +\n  )", "3:4: parse error: unexpected right parenthesis ')'"),
            ("1 and 1", #"1:1: parse error: set operator "and" not allowed in binary scalar expression"#),
            ("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
            ("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"),
            ("1 !~ 1", "1:3: parse error: unexpected character after '!': '~'"),
            ("1 =~ 1", "1:3: parse error: unexpected character after '=': '~'"),
            ("1 = 1", "1:3: parse error: unexpected \"=\""), ("@@", "1:1: parse error: unexpected <op:@>"),
            ("ä", "1:1: parse error: unexpected character: 'ä'"),
            (
                #"-"string""#,
                #"1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string""#
            ),
            (
                "-test[5m]",
                #"1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector""#
            ),
            ("100..4", #"1:1: parse error: bad number or duration syntax: "100..""#),
            ("0deadbeef", #"1:1: parse error: bad number or duration syntax: "0de""#),
            ("1__0", #"1:1: parse error: bad number or duration syntax: "1_""#),
            ("1.5h", #"1:1: parse error: not a valid duration string: "1.5h""#),
            ("1m1h", #"1:1: parse error: not a valid duration string: "1m1h""#),
            (
                "1e999",
                #"1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e999": value out of range"#
            ),
            ("999999y", "1:1: parse error: duration out of range"),
            ("'a", "1:1: parse error: unterminated quoted string"),
            ("'a\nb'", "1:1: parse error: unterminated quoted string"),
            ("`a", "1:1: parse error: unterminated raw string"),
            (#"'\q'"#, "1:1: parse error: unknown escape sequence U+0071 'q'"),
            (#"'\uD800'"#, "1:1: parse error: escape sequence is an invalid Unicode code point"),
            (#"'\x4'"#, "1:1: parse error: escape sequence not terminated"),
            // Selectors.
            ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
            ("{a=''}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
            ("{a=~'.*'}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
            ("foo{__name__='bar'}", #"1:1: parse error: metric name must not be set twice: "foo" or "bar""#),
            ("foo{'bar'}", #"1:1: parse error: metric name must not be set twice: "foo" or "bar""#),
            ("foo{a}", "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"),
            ("foo{a=1}", "1:7: parse error: unexpected character inside braces: '1'"),
            ("foo{a=b}", "1:7: parse error: unexpected identifier \"b\" in label matching, expected string"),
            ("foo{,}", "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
            (
                "foo{a='b' c='d'}",
                "1:11: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""
            ),
            ("bool", "1:1: parse error: unexpected <bool>"), ("NaN{a='b'}", "1:4: parse error: unexpected \"{\""),
            // Modifiers.
            (
                "1 offset 1d",
                "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"
            ),
            ("foo offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"),
            ("foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
            ("foo @ bar", "1:7: parse error: unexpected identifier \"bar\" in @, expected timestamp"),
            ("foo @ inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
            ("foo[0]", "1:5: parse error: duration must be greater than 0"),
            ("foo[-5m]", "1:5: parse error: duration must be greater than 0"),
            ("foo[5m/0]", "1:7: parse error: division by zero"),
            ("foo[x]", "1:5: parse error: unexpected character in duration expression: 'x'"),
            ("foo[5m:x]", "1:8: parse error: unexpected character in duration expression: 'x'"),
            (
                "foo[]",
                "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()"
            ),
            ("foo[5m:1m:1s]", "1:10: parse error: unexpected colon ':'"),
            ("foo[1m2h]", #"1:5: parse error: not a valid duration string: "1m2h""#),
            ("foo offset 5m [1h]", "1:15: parse error: no offset modifiers allowed before range"),
            ("foo @ 5 [1h]", "1:9: parse error: no @ modifiers allowed before range"),
            ("(foo)[1h]", "1:6: parse error: ranges only allowed for vector selectors"),
            ("1[1h:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
            ("foo[1h] anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"),
            ("foo[1h:] smoothed", "1:1: parse error: smoothed modifier is not supported for subqueries"),
            // Operators.
            ("a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"),
            ("1 + on(a) 2", "1:1: parse error: vector matching only allowed between instant vectors"),
            ("a + fill(1) 2", "1:1: parse error: filling in missing series only allowed between instant vectors"),
            ("a and fill(1) b", "1:1: parse error: filling in missing series not allowed for set operators"),
            ("a and on(x) group_left b", #"1:1: parse error: no grouping allowed for "and" operation"#),
            (
                "a + on(x) group_left(x) b",
                #"1:3: parse error: label "x" must not occur in ON and GROUP clause at once"#
            ),
            ("a + 'b'", "1:5: parse error: binary expression must contain only scalar and instant vector types"),
            ("a + on(1) b", "1:8: parse error: unexpected number \"1\" in grouping opts, expected label"),
            // Aggregations and calls.
            ("sum(x) by test", #"1:11: parse error: unexpected identifier "test" in grouping opts, expected "(""#),
            ("sum without(==)", "1:13: parse error: unexpected <op:==> in grouping opts, expected label"),
            ("sum foo", "1:5: parse error: unexpected identifier \"foo\""),
            ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
            (
                "topk(x)",
                "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"
            ),
            ("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
            ("topk('a', x)", "1:6: parse error: expected type scalar in aggregation parameter, got string"),
            (
                "rate(foo)",
                #"1:6: parse error: expected type range vector in call to function "rate", got instant vector"#
            ),
            ("rate(foo[5m], 1)", #"1:1: parse error: expected 1 argument(s) in call to "rate", got 2"#),
            ("round()", #"1:1: parse error: expected at least 1 argument(s) in call to "round", got 0"#),
            ("hour(a, b)", #"1:1: parse error: expected at most 1 argument(s) in call to "hour", got 2"#),
            ("foo(a)", #"1:1: parse error: unknown function with name "foo""#),
            ("Rate(a[5m])", #"1:1: parse error: unknown function with name "Rate""#),
            ("abs(a,)", "1:6: parse error: trailing commas not allowed in function call args"),
            ("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"),
            ("rate(foo) +", "1:12: parse error: unexpected end of input"),
        ])
    func refuses(text: String, message: String) {
        let error = #expect(throws: ParseError.self) { try Parser.parse(text) }
        #expect(error?.description == message)
    }

    @Test("a matcher's value need not be UTF-8, a pattern must be")
    func invalidText() throws {
        _ = try Parser.parse(#"up{job="\xff\xfe"}"#)
        _ = try Parser.parse(#"up{job!="\xff"}"#)
        #expect(throws: ParseError.self) { try Parser.parse(#"up{job=~"\xff"}"#) }
    }

    @Test("a bad pattern is refused where it stands")
    func badPattern() {
        let error = #expect(throws: ParseError.self) { try Parser.parse("foo + bar{a='b',c=~'x('}") }
        #expect(error?.description.hasPrefix("1:17: parse error: error parsing regexp: missing )") == true)
        #expect(error?.range == SourceRange(start: 16, end: 23))
    }

    @Test("the tree follows the precedence of the operators")
    func precedence() throws {
        func form(_ text: String) throws -> String { Self.form(try Parser.parse(text)) }
        #expect(try form("1+2*3") == "(1 + (2 * 3))")
        #expect(try form("1*2+3") == "((1 * 2) + 3)")
        #expect(try form("2^3^2") == "(2 ^ (3 ^ 2))")
        #expect(try form("-2^2") == "-(2 ^ 2)")
        #expect(try form("-2*3^2") == "(-2 * (3 ^ 2))")
        #expect(try form("2^-1*3") == "((2 ^ -1) * 3)")
        #expect(try form("-a offset 5m") == "-a offset 5m")
        #expect(try form("1-2-3") == "((1 - 2) - 3)")
        #expect(try form("a or b and c") == "(a or (b and c))")
        #expect(try form("a and b unless c") == "((a and b) unless c)")
        #expect(try form("1 + a atan2 b") == "(1 + (a atan2 b))")
        #expect(try form("a == b + c") == "(a == (b + c))")
        #expect(try form("a > b == c") == "((a > b) == c)")
        #expect(try form("m offset -2 ^ 2") == "(m offset -2s ^ 2)")
        #expect(try form("a + b </ 1") == "((a + b) </ 1)")
    }

    /// Every operator with its operands in parentheses.
    static func form(_ expression: Expression) -> String {
        switch expression {
        case .binary(let node): "(\(form(node.left)) \(node.operation.rawValue) \(form(node.right)))"
        case .unary(let node): node.operation.rawValue + form(node.operand)
        default: expression.description
        }
    }

    @Test("nodes know their place in the text")
    func positions() throws {
        let text = "sum by (a) (rate(foo{b='c'}[5m] offset 1m)) / 2"
        guard case .binary(let division) = try Parser.parse(text), case .aggregation(let sum) = division.left,
            case .call(let rate) = sum.operand, case .matrixSelector(let matrix) = rate.arguments[0]
        else {
            Issue.record("not the expected tree")
            return
        }
        func part(_ range: SourceRange) -> String {
            String(decoding: Array(text.utf8)[range.start..<range.end], as: UTF8.self)
        }
        #expect(part(division.range) == text)
        #expect(part(division.operatorRange) == "/")
        #expect(part(sum.range) == "sum by (a) (rate(foo{b='c'}[5m] offset 1m))")
        #expect(part(rate.range) == "rate(foo{b='c'}[5m] offset 1m)")
        #expect(part(matrix.range) == "foo{b='c'}[5m] offset 1m")
        #expect(part(matrix.selector.range) == "foo{b='c'}")
        #expect(part(division.right.range) == "2")
    }

    @Test("equality is about meaning, not about place")
    func equality() throws {
        #expect(try Parser.parse("foo{a='1',b='2'}") == Parser.parse("  foo { b = \"2\", a = `1` } # x"))
        #expect(try Parser.parse("foo") != Parser.parse("bar"))
        #expect(try Parser.parse("NaN") == Parser.parse("nan"))
        #expect(try Parser.parse("0") != Parser.parse("-0"))
        #expect(try Parser.parse("foo[5m]") == Parser.parse("foo[300]"))
        #expect(try Set([Parser.parse("a + b"), Parser.parse("a+b"), Parser.parse("b + a")]).count == 2)
    }

    @Test("a series selector is read for match[] parameters")
    func selectors() throws {
        #expect(
            try Parser.parseSelector(#"up{job="a"}"#)
                == [Matcher("job", .equal, "a"), Matcher("__name__", .equal, "up")])
        for bad in ["up[5m]", "up offset 5m", "up @ 5", "sum(up)", "1", "{}"] {
            #expect(throws: ParseError.self) { try Parser.parseSelector(bad) }
        }
    }
}
