import ApusTestSupport
import Foundation

/// Expressions found in the shared material: scripts, the web editor's cases, dashboards.
enum Corpus {
    /// An expression and where it stands.
    struct Entry: Sendable {
        var place: String
        var text: String
    }

    /// The queries of the scripts that need not fail.
    static func scripts() throws -> [Entry] {
        var entries: [Entry] = []
        for file in try SharedData.files(in: "conformance/promql", endingWith: [".test"]) {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let script = try Script(text, file: file.lastPathComponent)
            for case .evaluate(let evaluation) in script.commands where evaluation.expectation.failure == nil {
                entries.append(Entry(place: "\(script.file):\(evaluation.line)", text: evaluation.query))
            }
        }
        return entries
    }

    /// The cases of the web editor's grammar, with whether its tree marks the expression as wrong.
    static func editorCases() throws -> [(entry: Entry, isWrong: Bool)] {
        let text = try SharedData.text("conformance/promql/lezer-expression-corpus.txt")
        // Each case is a title, the expression, an arrow and the tree of another grammar.
        return "\n\(text)".components(separatedBy: "\n# ").dropFirst().compactMap { part in
            let halves = part.components(separatedBy: "\n==>\n")
            guard halves.count == 2, let end = halves[0].firstIndex(of: "\n") else { return nil }
            let title = String(halves[0][..<end])
            // These begin at another rule of that grammar than the whole expression.
            if title.contains("@top") { return nil }
            return (Entry(place: title, text: String(halves[0][end...])), halves[1].contains("⚠"))
        }
    }

    /// The queries of the dashboards' panels, Grafana's variables replaced.
    static func dashboards() throws -> [Entry] {
        var entries: [Entry] = []
        func collect(_ value: Any, _ file: String) {
            if let object = value as? [String: Any] {
                if let text = object["expr"] as? String, !text.isEmpty, isPromQL(object, text) {
                    entries.append(Entry(place: file, text: substituted(text)))
                }
                for (_, child) in object.sorted(by: { $0.key < $1.key }) { collect(child, file) }
            } else if let list = value as? [Any] {
                for child in list { collect(child, file) }
            }
        }
        for file in try SharedData.files(in: "dashboards", endingWith: [".json"]) {
            collect(try JSONSerialization.jsonObject(with: Data(contentsOf: file)), file.lastPathComponent)
        }
        return entries
    }

    /// Whether a panel's query is PromQL; some of VictoriaMetrics' own dashboards use functions of MetricsQL.
    private static func isPromQL(_ target: [String: Any], _ text: String) -> Bool {
        if ["topk_max(", "increases_over_time("].contains(where: text.contains) { return false }
        guard let source = target["datasource"] as? [String: Any], let type = source["type"] as? String else {
            return true
        }
        return type == "prometheus"
    }

    /// The expression with Grafana's variables replaced by values of the usual kinds.
    private static func substituted(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let name: Substring
            if rest.first == "{", let end = rest.firstIndex(of: "}") {
                name = rest[rest.index(after: rest.startIndex)..<end].prefix { $0 != ":" }
                rest = rest[rest.index(after: end)...]
            } else {
                name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest[name.endIndex...]
            }
            if name.isEmpty || name.first?.isNumber == true {
                result += "$\(name)"
            } else {
                let isTime = name.lowercased().contains("interval") || name.contains("range") || name == "resolution"
                result += isTime ? "5m" : name == "top" || name == "topk" ? "5" : "value"
            }
        }
        return (result + rest).replacing("[[value]]", with: "value")
    }
}
