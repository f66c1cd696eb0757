/// A place in a configuration file.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    /// The file's name as it was given.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column, from 1, counted in Unicode scalars.
    package let column: Int

    /// The place at a line and column of a file.
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// Why a configuration file is refused.
///
/// Messages keep Prometheus' wording where tools and people know it, and add what to do.
package enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(file: String, reason: String)
    /// The text is not well-formed YAML, or exceeds one of `YAMLLimits`.
    case malformed(SourcePosition, String)
    /// A mapping has a field that its section does not know.
    case unknownField(SourcePosition, field: String, section: String, suggestion: String?)
    /// A mapping has one field twice.
    case repeatedField(SourcePosition, field: String)
    /// A value has the wrong form for its field, as a list where text is expected.
    case wrongType(SourcePosition, found: String, expected: String)
    /// A value, or a combination of values, breaks a rule.
    case invalid(SourcePosition, String)

    /// Where the error is; `nil` when the file could not be read.
    package var position: SourcePosition? {
        switch self {
        case .unreadable: nil
        case .malformed(let position, _), .unknownField(let position, _, _, _), .repeatedField(let position, _),
            .wrongType(let position, _, _), .invalid(let position, _):
            position
        }
    }

    /// What is wrong, without the place.
    package var message: String {
        switch self {
        case .unreadable(let file, let reason):
            "cannot read \(file): \(reason)"
        case .malformed(_, let problem):
            "yaml: \(problem)"
        case .unknownField(_, let field, let section, let suggestion):
            "field \(field) not found in type \(section)"
                + (suggestion.map { "; did you mean \($0)?" } ?? "; remove it or correct its name")
        case .repeatedField(_, let field):
            "field \(field) already set in type config.plain; keep one of the two"
        case .wrongType(_, let found, let expected):
            "yaml: unmarshal errors: cannot unmarshal \(found) into \(expected)"
        case .invalid(_, let problem):
            problem
        }
    }

    package var description: String {
        if let position { return "\(position): \(message)" }
        return message
    }
}

/// A part of a configuration that is accepted but has no effect in this version.
package struct ConfigurationWarning: Hashable, Sendable, CustomStringConvertible {
    /// Where the part begins.
    package let position: SourcePosition
    /// What has no effect, and why.
    package let message: String

    package var description: String { "\(position): \(message)" }
}
