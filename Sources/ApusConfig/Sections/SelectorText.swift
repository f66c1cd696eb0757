package import ApusModel
import ApusPromQL

/// A series selector of the configuration, as it was written and what it means.
package struct SelectorText: Sendable, Hashable {
    /// The text: `{job="x"}`.
    package let text: String
    /// What all have to hold of a series.
    package let matchers: [Matcher]

    /// Reads a selector without modifiers.
    init(_ node: YAMLNode) throws(ConfigurationError) {
        text = try node.text()
        do throws(ParseError) {
            matchers = try Parser.parseSelector(text)
        } catch {
            throw .invalid(node.position, "invalid selector \(QuotedText.quoted(text)): \(error)")
        }
    }
}
