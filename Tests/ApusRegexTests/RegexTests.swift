import ApusModel
import ApusRegex
import ApusTestSupport
import Testing

@Suite("Regular expressions and matchers")
struct RegexTests {
    @Test("patterns match whole texts, newlines included")
    func anchored() throws {
        #expect(try RegularExpression("5..").matches("503"))
        #expect(!(try RegularExpression("5..").matches("1503")))
        #expect(try RegularExpression("a.b").matches("a\nb"))
        #expect(try RegularExpression("a|bc").matches("bc"))
        #expect(!(try RegularExpression("a|bc").matches("abc")))
        #expect(try RegularExpression("").matches(""))
    }

    @Test("what is not RE2 syntax is refused with its reason", arguments: ["(", "[a", "a{2,1}", "(?=a)", "\\1", "*"])
    func refused(pattern: String) {
        #expect(throws: RegexError.self) { try RegularExpression(pattern) }
    }

    @Test("a hostile pattern is refused or runs in linear time")
    func hostile() throws {
        #expect(throws: RegexError.self) { try RegularExpression(String(repeating: "(a{1000}){1000}", count: 50)) }
        let text = String(repeating: "a", count: 20_000) + "b"
        #expect(!(try RegularExpression("(a*)*c").matches(text)))
        #expect(throws: RegexError.self) { try RegularExpression(String(repeating: "a", count: 70_000)) }
    }

    @Test(
        "templates expand as in Go",
        arguments: [
            ("(.*)", "$1", "abc", "abc"), ("(a)(b)", "$2$1", "ab", "ba"), ("(?P<x>.*)-(.*)", "${x}_$2", "l-r", "l_r"),
            ("(.*)", "$1x", "abc", ""), ("(.*)", "${1}x", "abc", "abcx"), ("(.*)", "$$1", "abc", "$1"),
            ("(.*)", "a$", "abc", "a$"),
            ("(.*)", "$9", "abc", ""), ("(a)|(b)", "[$1][$2]", "b", "[][b]"), ("(.*)", "${", "abc", "${"),
            ("(.*)", "$0!", "é", "é!"),
        ])
    func expansion(pattern: String, template: String, text: String, expected: String) throws {
        #expect(try RegularExpression(pattern).expand(template, in: text) == expected)
    }

    @Test("no match gives no expansion")
    func noMatch() throws {
        #expect(try RegularExpression("a+").expand("$0", in: "b") == nil)
    }

    @Test("every shortcut of a matcher answers as RE2 does")
    func shortcuts() throws {
        let patterns = [
            ".*", ".+", "", "a", "a|b", "(a|b)", "(a|)", "a|", "api.*", ".*api.*", ".*api", "api-.*-x", "a.c", "(a)(b)",
            "(a)|(b)", "é|ü",
            "a.*b.*", ".*.*", "()", "(a|b", "|",
        ]
        let values = ["", "a", "b", "ab", "api", "api-1-x", "my-api-2", "abc", "a\nc", "é", "aé", "|", "(a", "(a|b"]
        for pattern in patterns {
            for operation in [Matcher.Operation.matchesPattern, .matchesNotPattern] {
                guard let reference = try? RegularExpression(pattern) else {
                    #expect(throws: RegexError.self) { try CompiledMatcher(Matcher("x", operation, pattern)) }
                    continue
                }
                let compiled = try CompiledMatcher(Matcher("x", operation, pattern))
                for value in values {
                    let bytes = Array(value.utf8)
                    let expected = reference.matches(value) == (operation == .matchesPattern)
                    #expect(compiled.matches(bytes.span) == expected, "\(operation.rawValue)\(pattern) on \(value)")
                    if expected, let literals = compiled.literals { #expect(literals.contains(value)) }
                }
                #expect(compiled.matchesEmpty == (reference.matches("") == (operation == .matchesPattern)))
            }
        }
    }
}
