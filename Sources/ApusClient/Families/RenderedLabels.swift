import ApusBytes
import ApusExposition
import ApusModel

/// The labels of one series as text, with names as they are.
struct RenderedLabels: Sendable {
    /// The text, by which series are also put in order and told apart.
    let text: [UInt8]
    /// Whether all names are the same where a scraper takes no UTF-8.
    let hasPlainNames: Bool

    init(names: [String], values: Span<String>, constantLabels: [Label]) {
        var labels = constantLabels
        for (index, name) in names.enumerated() { labels.append(Label(name: name, value: values[index])) }
        self.init(labels)
    }

    /// The given labels, in any order.
    init(_ unsorted: [Label]) {
        var labels = unsorted
        // An empty value means that the label is absent.
        labels.removeAll { $0.value.isEmpty }
        labels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        text = Self.render(labels, escaping: .allowUTF8)
        hasPlainNames = labels.allSatisfy { LabelName.isLegacyLabelName($0.name) }
    }

    /// The text as a scraper wants it.
    func text(_ escaping: NameEscaping) -> [UInt8] {
        Self.isAsItIs(escaping, hasPlainNames: hasPlainNames) ? text : Self.escaped(text.span, escaping)
    }

    /// Whether an escaping leaves a text as it is.
    static func isAsItIs(_ escaping: NameEscaping, hasPlainNames: Bool) -> Bool {
        escaping == .allowUTF8 || (escaping == .underscores && hasPlainNames)
    }

    /// A text with its names in an escaping that hardly any scraper asks for.
    static func escaped(_ text: Span<UInt8>, _ escaping: NameEscaping) -> [UInt8] {
        render(ExpositionText.labels(in: text), escaping: escaping)
    }

    private static func render(_ labels: [Label], escaping: NameEscaping) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            ExpositionText.appendLabel(
                label.name, value: label.value, escaping: escaping, isFirst: bytes.isEmpty, to: &bytes)
        }
        return bytes
    }
}
