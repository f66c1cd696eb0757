import ApusModel

/// Which names metrics and labels may have.
package enum NameValidationScheme: String, Sendable, CaseIterable {
    /// Any non-empty UTF-8 text.
    case utf8
    /// Letters, digits and underscores only, as before UTF-8 names.
    case legacy

    /// Whether `name` may name a label.
    package func isValidLabelName(_ name: String) -> Bool {
        switch self {
        case .utf8: !name.isEmpty
        case .legacy: LabelName.isLegacyLabelName(name)
        }
    }
}

/// How a target is asked to spell names that are not letters, digits and underscores.
package enum NameEscapingScheme: String, Sendable, CaseIterable {
    /// As they are.
    case allowUTF8 = "allow-utf-8"
    /// Other characters as underscores.
    case underscores
    /// Dots as `_dot_`, other characters as underscores.
    case dots
    /// Other characters as their code between underscores.
    case values
}
