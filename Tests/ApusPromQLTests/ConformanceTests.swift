import ApusModel
import ApusPromQL
import ApusTestSupport
import Foundation
import Testing

@Suite(
    "Expressions found in the wild", .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
struct ConformanceTests {
    /// Reads an expression and its printed form; says what is wrong, if anything is.
    private static func problem(_ text: String, at place: String) -> String? {
        do {
            let expression = try Parser.parse(text)
            let printed = expression.description
            return try Parser.parse(printed) == expression ? nil : "\(place): \(text) prints as \(printed)"
        } catch {
            return "\(place): \(text): \(error)"
        }
    }

    @Test("every script of the field is read, and so is every query that need not fail")
    func scripts() throws {
        var problems: [String] = []
        var queryCount = 0
        for file in try SharedData.files(in: "conformance/promql", endingWith: [".test"]) {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let script = try Script(text, file: file.lastPathComponent)
            for case .evaluate(let evaluation) in script.commands {
                queryCount += 1
                if evaluation.expectation.failure != nil { continue }
                if let problem = Self.problem(evaluation.query, at: "\(script.file):\(evaluation.line)") {
                    problems.append(problem)
                }
            }
        }
        #expect(queryCount == 1703)
        #expect(problems == [])
    }

    @Test("the expressions of the web editor's grammar are read, but for those it marks as wrong")
    func editorCorpus() throws {
        let text = try SharedData.text("conformance/promql/lezer-expression-corpus.txt")
        // Each case is a title, the expression, an arrow and the tree of another grammar.
        var cases: [(title: String, expression: String, tree: String)] = []
        for part in "\n\(text)".components(separatedBy: "\n# ").dropFirst() {
            let halves = part.components(separatedBy: "\n==>\n")
            guard halves.count == 2, let end = halves[0].firstIndex(of: "\n") else { continue }
            cases.append((String(halves[0][..<end]), String(halves[0][end...]), halves[1]))
        }
        #expect(cases.count > 70)
        for one in cases where !one.title.contains("@top") {
            let problem = Self.problem(one.expression, at: one.title)
            if one.tree.contains("⚠") {
                #expect(problem != nil, "\(one.title) is wrong, but was read")
            } else {
                #expect(problem == nil)
            }
        }
    }

    @Test("the expressions of real dashboards are read")
    func dashboards() throws {
        var expressions: [(file: String, text: String)] = []
        func collect(_ value: Any, _ file: String) {
            if let object = value as? [String: Any] {
                if let text = object["expr"] as? String, !text.isEmpty, Self.isPromQL(object, text) {
                    expressions.append((file, text))
                }
                for (_, child) in object { collect(child, file) }
            } else if let list = value as? [Any] {
                for child in list { collect(child, file) }
            }
        }
        for file in try SharedData.files(in: "dashboards", endingWith: [".json"]) {
            collect(try JSONSerialization.jsonObject(with: Data(contentsOf: file)), file.lastPathComponent)
        }
        #expect(expressions.count > 900)
        let problems = expressions.compactMap { Self.problem(Self.substituted($0.text), at: $0.file) }
        #expect(problems == [])
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
