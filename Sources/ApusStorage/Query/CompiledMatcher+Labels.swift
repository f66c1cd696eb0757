import ApusBytes
import ApusModel
import ApusRegex

extension CompiledMatcher {
    /// Compiles matchers; the error names the one that cannot be.
    static func compile(_ matchers: [Matcher]) throws(QueryableError) -> [CompiledMatcher] {
        var result: [CompiledMatcher] = []
        for matcher in matchers {
            do throws(RegexError) {
                result.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalidPattern(matcher: matcher.description, reason: error.reason)
            }
        }
        return result
    }

    /// Compiles selectors, each a list of matchers.
    static func compile(_ selectors: [[Matcher]]) throws(QueryableError) -> [[CompiledMatcher]] {
        var result: [[CompiledMatcher]] = []
        for matchers in selectors { result.append(try compile(matchers)) }
        return result
    }

    /// Whether a label set is selected.
    func matches(_ labels: LabelSet) -> Bool {
        let wanted = Array(matcher.name.utf8)
        var cursor = LabelCursor(labels.run.span)
        while cursor.advance() {
            if cursor.name.count == wanted.count, equalBytes(cursor.name, wanted.span) { return matches(cursor.value) }
        }
        return matchesEmpty
    }
}
