import ApusBytes
import ApusModel

extension Expression: CustomStringConvertible {
    /// The expression on one line in the form in which Prometheus shows it; reading it gives an equal tree.
    package var description: String {
        switch self {
        case .number(let node): node.description
        case .string(let node): node.quoted
        case .vectorSelector(let node): node.description
        case .matrixSelector(let node): node.description
        case .subquery(let node): node.inner.description + node.suffix
        case .unary(let node): node.operation.rawValue + node.operand.description
        case .binary(let node): node.description
        case .aggregation(let node): node.description
        case .call(let node):
            "\(node.function.rawValue)(\(node.arguments.map(\.description).joined(separator: ", ")))"
        case .parenthesised(let node): "(\(node.inner))"
        }
    }

    /// The `@` and `offset` of a selector or subquery, each with a space before it, and between them what is given.
    fileprivate static func modifiers(
        _ anchor: TimeAnchor?, _ offset: DurationValue?, between extensionText: String = ""
    ) -> String {
        var result = ""
        switch anchor {
        case .timestamp(let milliseconds):
            let fraction = String(milliseconds.magnitude % 1000)
            result += " @ \(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000)."
            result += String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
        case .start: result += " @ start()"
        case .end: result += " @ end()"
        case nil: break
        }
        result += extensionText
        if let offset { result += " offset \(offset)" }
        return result
    }

    /// Label names between commas, quoted where they must be.
    fileprivate static func list(_ labels: [String]) -> String {
        labels.map { LabelName.isLegacyLabelName($0) ? $0 : QuotedText.quoted($0) }.joined(separator: ", ")
    }
}

extension NumberLiteral: CustomStringConvertible {
    /// The number, or the duration it was written as.
    package var description: String {
        guard isDuration, let milliseconds = NumberSyntax.milliseconds(ofSeconds: value) else {
            return NumberText.string(value, .fixed)
        }
        return DurationText.string(milliseconds)
    }
}

extension StringLiteral {
    /// The text in double quotes.
    var quoted: String {
        guard let invalidBytes else { return QuotedText.quoted(value) }
        // What is not UTF-8 is written byte by byte, so that reading it gives the same bytes.
        var result = "\""
        for byte in invalidBytes {
            if byte < 0x80 {
                result += QuotedText.quoted(String(UnicodeScalar(byte))).dropFirst().dropLast()
            } else {
                result += "\\x\(String(byte, radix: 16))"
            }
        }
        return result + "\""
    }
}

extension DurationValue: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fixed(let milliseconds): DurationText.string(milliseconds)
        case .calculated(let expression): expression.description
        }
    }
}

extension DurationExpression: CustomStringConvertible {
    package var description: String {
        switch self {
        case .literal(let literal): literal.description
        case .step: "step()"
        case .range: "range()"
        case .negative(let operand, _): "-\(operand)"
        case .binary(let operation, let left, let right): "\(left) \(operation.rawValue) \(right)"
        case .minimum(let a, let b, _): "min_of(\(a), \(b))"
        case .maximum(let a, let b, _): "max_of(\(a), \(b))"
        case .parenthesised(let inner, _): "(\(inner))"
        }
    }
}

extension VectorSelector: CustomStringConvertible {
    package var description: String {
        withoutModifiers + Expression.modifiers(anchor, offset, between: extensionText)
    }

    /// `smoothed` or `anchored` with a space before it.
    fileprivate var extensionText: String { windowExtension.map { " \($0.rawValue)" } ?? "" }

    /// The name and the matchers.
    fileprivate var withoutModifiers: String {
        let shown = matchers.filter { matcher in
            !(matcher.name == LabelSet.metricName && matcher.operation == .equal && matcher.value == name)
        }
        if shown.isEmpty { return name ?? "{}" }
        return "\(name ?? ""){\(shown.map(\.description).joined(separator: ","))}"
    }
}

extension MatrixSelector: CustomStringConvertible {
    package var description: String {
        "\(selector.withoutModifiers)[\(window)]\(selector.extensionText)"
            + Expression.modifiers(selector.anchor, selector.offset)
    }
}

extension Subquery {
    /// What follows the inner expression: `[1h:1m] @ 100.000 offset 5m`.
    var suffix: String {
        "[\(window):\(step.map(\.description) ?? "")]" + Expression.modifiers(anchor, offset)
    }
}

extension Aggregation: CustomStringConvertible {
    package var description: String {
        let arguments = parameter.map { "\($0), " } ?? ""
        return "\(operatorText)(\(arguments)\(operand))"
    }

    /// What stands before the parentheses: `sum`, `sum by (label) `.
    var operatorText: String {
        if grouping.isWithout { return "\(operation.rawValue) without (\(Expression.list(grouping.labels))) " }
        return grouping.labels.isEmpty
            ? operation.rawValue : "\(operation.rawValue) by (\(Expression.list(grouping.labels))) "
    }
}

extension BinaryExpression: CustomStringConvertible {
    package var description: String {
        "\(withoutSignBeforePower(left.description)) \(operatorText) \(right)"
    }

    /// The operator with its modifiers: `== bool on (label)`.
    var operatorText: String {
        "\(operation.rawValue)\(returnsBool ? " bool" : "")\(matching?.description ?? "")"
    }

    /// The text of the left side without the plus of `+Inf`, which before `^` would be read as a sign of the whole power.
    func withoutSignBeforePower(_ text: String) -> String {
        guard operation == .power, case .number = left, let sign = text.firstIndex(of: "+") else { return text }
        return String(text[..<sign] + text[text.index(after: sign)...])
    }
}

extension VectorMatching: CustomStringConvertible {
    /// The modifiers with a space before each; empty when there is nothing to say.
    package var description: String {
        let isGrouped = cardinality == .manyToOne || cardinality == .oneToMany
        var result = ""
        if isOn || !labels.isEmpty || isGrouped {
            result += " \(isOn ? "on" : "ignoring") (\(Expression.list(labels)))"
        }
        if isGrouped {
            result += " group_\(cardinality == .manyToOne ? "left" : "right") (\(Expression.list(included)))"
        }
        switch (fillLeft, fillRight) {
        case (let left?, let right?) where left.bitPattern == right.bitPattern: result += " fill (\(Self.fill(left)))"
        default:
            if let fillLeft { result += " fill_left (\(Self.fill(fillLeft)))" }
            if let fillRight { result += " fill_right (\(Self.fill(fillRight)))" }
        }
        return result
    }

    private static func fill(_ value: Double) -> String {
        NumberText.string(value, .plain)
    }
}
