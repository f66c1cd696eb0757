import ApusModel
import ApusRegex

extension RelabelRule {
    /// Reads one rule of a configuration.
    init(_ node: YAMLNode, scheme: NameValidationScheme) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "relabel.plain")
        let action = try Self.action(reader.node("action"))
        let sourceLabels = try reader.texts("source_labels") ?? []
        for name in sourceLabels where !scheme.isValidLabelName(name) {
            throw .invalid(node.position, "\(QuotedText.quoted(name)) is not a valid label name")
        }
        // An explicit null empties a text; an absent field has the default.
        func text(_ name: String, default standard: String) throws(ConfigurationError) -> String {
            guard let node = reader.node(name) else { return standard }
            return try node.text()
        }
        let separator = try text("separator", default: ";")
        let patternPosition = reader.node("regex")?.position
        let pattern = try text("regex", default: Self.defaultPattern)
        let modulus = try reader.count("modulus") ?? 0
        let targetLabel = try text("target_label", default: "")
        let replacement = try text("replacement", default: "$1")
        try reader.finish()
        do throws(RelabelRuleError) {
            self = try RelabelRule(
                action: action, sourceLabels: sourceLabels, separator: separator, pattern: pattern, modulus: modulus,
                targetLabel: targetLabel, replacement: replacement, nameScheme: scheme)
        } catch {
            if case .badExpression = error { throw .invalid(patternPosition ?? node.position, "\(error)") }
            throw .invalid(node.position, "\(error)")
        }
    }

    private static func action(_ node: YAMLNode?) throws(ConfigurationError) -> Action {
        guard let node else { return .replace }
        let text = try node.text()
        guard !text.isEmpty else { throw .invalid(node.position, "relabel action cannot be empty") }
        guard let action = Action(rawValue: text.lowercased()) else {
            throw .invalid(
                node.position,
                "unknown relabel action \(QuotedText.quoted(text)); use one of "
                    + Action.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return action
    }

    /// Reads a list of rules.
    static func readList(
        _ node: YAMLNode, nullMessage: String, scheme: NameValidationScheme
    ) throws(ConfigurationError) -> [RelabelRule] {
        var result: [RelabelRule] = []
        for element in try node.elements(expected: "[]*relabel.Config") {
            guard !element.isNull else { throw .invalid(element.position, nullMessage) }
            result.append(try RelabelRule(element, scheme: scheme))
        }
        return result
    }

    /// The rule as it is shown, with defaults.
    var shown: ShownValue {
        var fields = ShownFields()
        if !sourceLabels.isEmpty { fields.add("source_labels", .flow(sourceLabels)) }
        fields.addUnlessEmpty("separator", separator)
        if expression.pattern != Self.defaultPattern { fields.add("regex", .text(expression.pattern)) }
        fields.addUnlessZero("modulus", modulus)
        fields.addUnlessEmpty("target_label", targetLabel)
        fields.addUnlessEmpty("replacement", replacement)
        fields.add("action", .text(action.rawValue))
        return fields.value
    }
}
