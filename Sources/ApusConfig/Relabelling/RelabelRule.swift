package import ApusModel
package import ApusRegex

/// One rule of a relabelling list: picks labels, and changes or drops the label set.
///
/// Source: Prometheus' `relabel_config`.
package struct RelabelRule: Sendable {
    /// What a rule does.
    package enum Action: String, Sendable, CaseIterable {
        case replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase
    }

    /// The expression of a rule that names none.
    package static let defaultPattern = "(.*)"

    /// What the rule does.
    package let action: Action
    /// The labels whose values are joined to the text that the rule looks at.
    package let sourceLabels: [String]
    /// What stands between the joined values.
    package let separator: String
    /// The expression that the joined text, or a label's name, must match as a whole.
    package let expression: RegularExpression
    /// The number of buckets of `hashmod`.
    package let modulus: UInt64
    /// The label that is set; for `replace` a template of `expression`'s groups.
    package let targetLabel: String
    /// The template of what is set.
    package let replacement: String
    /// Which names the rule may give to labels.
    package let nameScheme: NameValidationScheme

    private let isTargetTemplate: Bool
    private let copiesSource: Bool

    /// Makes a rule and checks that its parts fit together.
    package init(
        action: Action = .replace, sourceLabels: [String] = [], separator: String = ";",
        pattern: String = defaultPattern, modulus: UInt64 = 0, targetLabel: String = "", replacement: String = "$1",
        nameScheme: NameValidationScheme = .utf8
    ) throws(RelabelRuleError) {
        self.action = action
        self.sourceLabels = sourceLabels
        self.separator = separator
        self.modulus = modulus
        self.targetLabel = targetLabel
        self.replacement = replacement
        self.nameScheme = nameScheme
        isTargetTemplate = targetLabel.utf8.contains(UInt8(ascii: "$"))
        copiesSource = pattern == Self.defaultPattern && replacement == "$1" && !isTargetTemplate
        do {
            expression = try RegularExpression(pattern)
        } catch {
            throw .badExpression(error)
        }
        try checkConsistency()
    }

    /// Applies the rule.
    ///
    /// - Returns: whether the label set is kept.
    package func apply(to labels: inout LabelSetBuilder) -> Bool {
        switch action {
        case .keep: return expression.matches(source(labels))
        case .drop: return !expression.matches(source(labels))
        case .keepequal: return Self.isEqual(labels[targetLabel] ?? "", source(labels))
        case .dropequal: return !Self.isEqual(labels[targetLabel] ?? "", source(labels))
        case .replace: replace(in: &labels)
        case .lowercase: labels.set(targetLabel, to: CaseMapping.lowercase(source(labels)))
        case .uppercase: labels.set(targetLabel, to: CaseMapping.uppercase(source(labels)))
        case .hashmod: labels.set(targetLabel, to: "\(Self.hash(source(labels)) % modulus)")
        case .labelmap:
            for label in labels.currentLabels {
                if let name = expression.expand(replacement, in: label.name), !name.isEmpty {
                    labels.set(name, to: label.value)
                }
            }
        case .labeldrop: labels.filter { !expression.matches($0.name) }
        case .labelkeep: labels.filter { expression.matches($0.name) }
        }
        return true
    }

    private func source(_ labels: LabelSetBuilder) -> String {
        if sourceLabels.count == 1 { return labels[sourceLabels[0]] ?? "" }
        return sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
    }

    private func replace(in labels: inout LabelSetBuilder) {
        let source = source(labels)
        if copiesSource {
            labels.set(targetLabel, to: source)
            return
        }
        guard let value = expression.expand(replacement, in: source) else { return }
        let name = isTargetTemplate ? expression.expand(targetLabel, in: source) ?? "" : targetLabel
        guard nameScheme.isValidLabelName(name) else { return }
        labels.set(name, to: value)
    }

    /// By bytes: `String` equality follows Unicode normalisation.
    private static func isEqual(_ a: String, _ b: String) -> Bool {
        a.utf8.elementsEqual(b.utf8)
    }

    /// The last eight bytes of the MD5 digest, the highest first.
    private static func hash(_ text: String) -> UInt64 {
        MD5.digest(Array(text.utf8)).dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [RelabelRule] {
    /// Applies the rules in order until one drops the label set.
    ///
    /// - Returns: whether the label set is kept; when not, `labels` is in the state in which it was dropped.
    package func relabel(_ labels: inout LabelSetBuilder) -> Bool {
        for rule in self where !rule.apply(to: &labels) { return false }
        return true
    }
}
