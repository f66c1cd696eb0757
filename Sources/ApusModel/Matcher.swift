/// One condition on one label: `name="value"`, `name!="value"`, `name=~"pattern"` or `name!~"pattern"`.
///
/// An absent label counts as the empty string. Patterns are RE2 syntax, anchored at both ends; they are compiled and
/// evaluated by `CompiledMatcher` of `ApusRegex`.
package struct Matcher: Hashable, Sendable {
    /// How the value is compared.
    package enum Operation: String, Sendable, CaseIterable {
        /// The label has exactly this value.
        case equal = "="
        /// The label has any other value.
        case notEqual = "!="
        /// The whole value matches the pattern.
        case matchesPattern = "=~"
        /// The whole value does not match the pattern.
        case matchesNotPattern = "!~"
    }

    /// The label's name; `__name__` for the metric's name.
    package var name: String
    /// How the value is compared.
    package var operation: Operation
    /// The value or the pattern.
    package var value: String

    /// A matcher on the label `name`.
    package init(_ name: String, _ operation: Operation, _ value: String) {
        self.name = name
        self.operation = operation
        self.value = value
    }
}

extension Matcher: CustomStringConvertible {
    /// The matcher as PromQL writes it.
    package var description: String {
        let spelled = LabelName.isLegacyLabelName(name) ? name : QuotedText.quoted(name)
        return "\(spelled)\(operation.rawValue)\(QuotedText.quoted(value))"
    }
}
