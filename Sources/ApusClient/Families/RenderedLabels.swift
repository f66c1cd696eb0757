import ApusExposition
import ApusModel

/// The labels of one child as text, made once.
struct RenderedLabels: Sendable {
    private let withUTF8Names: [UInt8]
    /// `nil` where the text is the same, which it nearly always is.
    private let withUnderscores: [UInt8]?

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
        withUTF8Names = Self.render(labels, escaping: .allowUTF8)
        let underscored = Self.render(labels, escaping: .underscores)
        withUnderscores = underscored == withUTF8Names ? nil : underscored
    }

    /// The text for a scheme; the two that hardly any scraper asks for are made anew each time.
    func text(_ escaping: NameEscaping) -> [UInt8] {
        switch escaping {
        case .allowUTF8: withUTF8Names
        case .underscores: withUnderscores ?? withUTF8Names
        case .dots, .values: Self.render(ExpositionText.labels(in: withUTF8Names), escaping: escaping)
        }
    }

    /// The text by which children are put in order and told apart.
    var sortKey: [UInt8] { withUTF8Names }

    private static func render(_ labels: [Label], escaping: NameEscaping) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            ExpositionText.appendLabel(
                label.name, value: label.value, escaping: escaping, isFirst: bytes.isEmpty, to: &bytes)
        }
        return bytes
    }
}
