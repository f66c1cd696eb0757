import ApusBytes

/// An explanation as a tree with figures, and the reasons of an empty result.
struct ExplanationView: Sendable {
    /// The query as it was sent, to which positions refer.
    let expression: String

    /// The lines for the data of an answer.
    func lines(_ data: JSONValue, _ terminal: Terminal) -> [String] {
        var table = TextTable([
            TextTable.Column(name: "node"), TextTable.Column(name: "series in", isNumeric: true),
            TextTable.Column(name: "out", isNumeric: true), TextTable.Column(name: "samples read", isNumeric: true),
            TextTable.Column(name: "out", isNumeric: true), TextTable.Column(name: "memory", isNumeric: true),
            TextTable.Column(name: "time", isNumeric: true),
        ])
        var notes: [String] = []
        if let root = data["root"] { append(root, prefix: "", childPrefix: "", to: &table, &notes) }
        var lines = table.lines(on: terminal)
        if !notes.isEmpty { lines += [""] + notes.map { terminal.dim(Terminal.harmless($0)) } }
        lines.append("")
        lines.append(
            "result: \(number(data["result"]?["series"])) series, \(number(data["result"]?["samples"])) samples")
        for reason in data["reasons"]?.elements ?? [] { lines += self.lines(forReason: reason, terminal) }
        return lines
    }

    /// The server bounds the depth of expressions, the reader that of JSON.
    private func append(
        _ node: JSONValue, prefix: String, childPrefix: String, to table: inout TextTable, _ notes: inout [String]
    ) {
        let label = node["label"]?.text ?? ""
        let marks =
            (node["isShared"] == .flag(true) ? " (shared)" : "")
            + (node["isConstant"] == .flag(true) ? " (constant)" : "")
        table.append([
            prefix + label + marks, number(node["seriesIn"]), number(node["seriesOut"]), number(node["samplesRead"]),
            number(node["samplesOut"]), ShortNumber.bytes(node["bytes"]?.integer ?? 0),
            ShortNumber.duration(nanoseconds: node["nanoseconds"]?.integer ?? 0),
        ])
        for note in node["notes"]?.elements ?? [] { notes.append("\(label): \(note.text ?? "")") }
        let children = node["children"]?.elements ?? []
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1
            append(
                child, prefix: childPrefix + (isLast ? "└─ " : "├─ "),
                childPrefix: childPrefix + (isLast ? "   " : "│  "),
                to: &table, &notes)
        }
    }

    private func lines(forReason reason: JSONValue, _ terminal: Terminal) -> [String] {
        var lines = [terminal.bold("why: " + Terminal.harmless(reason["text"]?.text ?? ""))]
        if let start = reason["position"]?["start"]?.integer, let end = reason["position"]?["end"]?.integer {
            lines += Excerpt.lines(of: expression, start: start, end: end).map { "  " + $0 }
        }
        let suggestions = (reason["suggestions"]?.elements ?? []).compactMap(\.text)
        if !suggestions.isEmpty {
            lines.append("  did you mean: " + suggestions.map(Terminal.harmless).joined(separator: ", "))
        }
        return lines
    }

    private func number(_ value: JSONValue?) -> String { value?.integer.map { String($0) } ?? "" }
}
