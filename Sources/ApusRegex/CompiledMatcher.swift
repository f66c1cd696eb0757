import ApusBytes
package import ApusModel

/// A matcher that is ready to be evaluated.
///
/// Patterns that are plain alternatives of literals (`5..` is not, `GET|POST` is) never reach RE2: they are compared as
/// texts, and `literals` lets an index look the values up instead of testing every one.
package struct CompiledMatcher: Sendable {
    private enum Test: Sendable {
        case literals([[UInt8]])
        case anything
        case nonEmpty
        case contains([UInt8])
        case prefix([UInt8])
        case pattern(RegularExpression)
    }

    /// The matcher that was compiled.
    package let matcher: Matcher
    private let test: Test
    private let isNegated: Bool

    /// Compiles a matcher.
    ///
    /// - Throws: `RegexError` when the pattern is not RE2 syntax.
    package init(_ matcher: Matcher) throws(RegexError) {
        self.matcher = matcher
        switch matcher.operation {
        case .equal, .notEqual:
            test = .literals([Array(matcher.value.utf8)])
        case .matchesPattern, .matchesNotPattern:
            test = try Self.test(forPattern: matcher.value)
        }
        isNegated = matcher.operation == .notEqual || matcher.operation == .matchesNotPattern
    }

    /// Whether a label with this value is selected; an absent label has the empty value.
    package func matches(_ value: Span<UInt8>) -> Bool {
        isMatch(value) != isNegated
    }

    /// Whether series without the label are selected.
    package var matchesEmpty: Bool {
        let empty: [UInt8] = []
        return matches(empty.span)
    }

    /// The only values that can be selected, when they are known without looking at any; `nil` otherwise.
    package var literals: [String]? {
        guard !isNegated, case .literals(let texts) = test else { return nil }
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The values that are *not* selected, when the matcher selects all but a known few; `nil` otherwise.
    package var excludedLiterals: [String]? {
        guard isNegated, case .literals(let texts) = test else { return nil }
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether every value is selected, so that the matcher can be left out.
    package var matchesEverything: Bool {
        if case .anything = test { return !isNegated }
        return false
    }

    private func isMatch(_ value: Span<UInt8>) -> Bool {
        switch test {
        case .literals(let texts):
            for text in texts where equalBytes(text.span, value) { return true }
            return false
        case .anything: return true
        case .nonEmpty: return value.count > 0
        case .prefix(let text):
            return value.count >= text.count && equalBytes(value.extracting(first: text.count), text.span)
        case .contains(let text): return Self.find(text.span, in: value)
        case .pattern(let expression): return expression.matches(value)
        }
    }

    private static func find(_ needle: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        guard text.count >= needle.count else { return false }
        for start in 0...(text.count - needle.count)
        where text[start] == needle[0] && equalBytes(text.extracting(start..<(start + needle.count)), needle) {
            return true
        }
        return false
    }

    private static func test(forPattern pattern: String) throws(RegexError) -> Test {
        if pattern == ".*" { return .anything }
        if pattern == ".+" { return .nonEmpty }
        if let alternatives = plainAlternatives(pattern) { return .literals(alternatives) }
        // The core must be free of metacharacters; what surrounds it is `.*`.
        if pattern.hasSuffix(".*"), !pattern.hasPrefix(".*"), isPlain(pattern.dropLast(2)), pattern.utf8.count > 2 {
            return .prefix(Array(pattern.dropLast(2).utf8))
        }
        if pattern.hasPrefix(".*"), pattern.hasSuffix(".*"), pattern.utf8.count > 4,
            isPlain(pattern.dropFirst(2).dropLast(2))
        {
            return .contains(Array(pattern.dropFirst(2).dropLast(2).utf8))
        }
        return .pattern(try RegularExpression(pattern))
    }

    /// The texts of a pattern that consists of literals between bars, with or without one pair of parentheses around.
    private static func plainAlternatives(_ pattern: String) -> [[UInt8]]? {
        var body = pattern[...]
        if body.hasPrefix("("), body.hasSuffix(")"), body.utf8.count >= 2 { body = body.dropFirst().dropLast() }
        let parts = body.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count <= 1_000, parts.allSatisfy(isPlain) else { return nil }
        return parts.map { Array($0.utf8) }
    }

    private static func isPlain(_ text: some StringProtocol) -> Bool {
        !text.utf8.contains { byte in
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "?"),
                UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
                UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "$"):
                true
            default: false
            }
        }
    }
}
