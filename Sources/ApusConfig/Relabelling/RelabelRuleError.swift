import ApusModel
package import ApusRegex

/// Why the parts of a relabelling rule do not fit together; the words are Prometheus'.
package enum RelabelRuleError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The expression is not one.
    case badExpression(RegexError)
    /// `hashmod` without a modulus.
    case missingModulus
    /// The action sets a label, but names none.
    case missingTarget(RelabelRule.Action)
    /// The label to set cannot be a label's name.
    case invalidTarget(String, RelabelRule.Action)
    /// The names that `labelmap` would give cannot be names of labels.
    case invalidReplacement(String, RelabelRule.Action)
    /// The action has a replacement of its own.
    case unexpectedReplacement(RelabelRule.Action)
    /// The action looks at names only.
    case onlyExpression(RelabelRule.Action)
    /// The action compares two labels only.
    case onlyLabels(RelabelRule.Action)

    package var description: String {
        switch self {
        case .badExpression(let error): "\(error)"
        case .missingModulus: "relabel configuration for hashmod requires non-zero modulus"
        case .missingTarget(let action): "relabel configuration for \(action) action requires 'target_label' value"
        case .invalidTarget(let label, let action):
            "\(QuotedText.quoted(label)) is invalid 'target_label' for \(action) action"
        case .invalidReplacement(let text, let action):
            "\(QuotedText.quoted(text)) is invalid 'replacement' for \(action) action"
        case .unexpectedReplacement(let action): "'replacement' can not be set for \(action) action"
        case .onlyExpression(let action): "\(action) action requires only 'regex', and no other fields"
        case .onlyLabels(let action):
            "\(action) action requires only 'source_labels' and `target_label`, and no other fields"
        }
    }
}

extension RelabelRule {
    /// Checks the rules that Prometheus has for each action.
    func checkConsistency() throws(RelabelRuleError) {
        if action == .hashmod, modulus == 0 { throw .missingModulus }
        switch action {
        case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal:
            if targetLabel.isEmpty { throw .missingTarget(action) }
        case .keep, .drop, .labelmap, .labeldrop, .labelkeep: break
        }
        switch action {
        case .replace where targetLabel.utf8.contains(UInt8(ascii: "$")):
            guard isValidTemplate(targetLabel) else { throw .invalidTarget(targetLabel, action) }
        case .replace, .hashmod:
            guard nameScheme.isValidLabelName(targetLabel) else { throw .invalidTarget(targetLabel, action) }
        case .lowercase, .uppercase, .keepequal, .dropequal:
            guard nameScheme.isValidLabelName(targetLabel) else { throw .invalidTarget(targetLabel, action) }
            guard replacement == "$1" else { throw .unexpectedReplacement(action) }
        case .labelmap:
            guard isValidTemplate(replacement) else { throw .invalidReplacement(replacement, action) }
        case .keep, .drop, .labeldrop, .labelkeep: break
        }
        if action == .keepequal || action == .dropequal {
            guard expression.pattern == Self.defaultPattern, modulus == 0, separator == ";" else {
                throw .onlyLabels(action)
            }
        }
        if action == .labeldrop || action == .labelkeep {
            guard sourceLabels.isEmpty, targetLabel.isEmpty, modulus == 0, separator == ";", replacement == "$1" else {
                throw .onlyExpression(action)
            }
        }
    }

    /// Whether a template can give names of labels: any text with UTF-8 names, else `[a-zA-Z_$…]` with references.
    private func isValidTemplate(_ template: String) -> Bool {
        switch nameScheme {
        case .utf8: return !template.isEmpty
        case .legacy:
            guard let pattern = Self.legacyTemplate else { return false }
            return pattern.matches(template)
        }
    }

    private static let legacyTemplate = try? RegularExpression(#"(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+"#)
}
