import ApusModel
import ApusPromQL
import ApusRegex

/// Which info series and which of their labels `info` takes.
struct InfoSelector: Sendable {
    private let names: [CompiledMatcher]
    /// Conditions on the labels that are taken.
    private let data: [CompiledMatcher]
    private let dataNames: Set<String>

    init(_ matchers: [Matcher]) throws(QueryError) {
        var names = matchers.filter { $0.name == LabelSet.metricName }
        if names.isEmpty {
            names = [Matcher(LabelSet.metricName, .equal, "target_info")]
        } else if names.allSatisfy({ $0.operation == .notEqual || $0.operation == .matchesNotPattern }) {
            // Exclusions alone are meant among info metrics, not among all.
            names.append(Matcher(LabelSet.metricName, .matchesPattern, ".+_info"))
        }
        let data = matchers.filter { $0.name != LabelSet.metricName }
        self.names = try Self.compiled(names)
        self.data = try Self.compiled(data)
        dataNames = Set(data.map(\.name))
    }

    private static func compiled(_ matchers: [Matcher]) throws(QueryError) -> [CompiledMatcher] {
        var result: [CompiledMatcher] = []
        for matcher in matchers {
            do {
                result.append(try CompiledMatcher(matcher))
            } catch {
                throw .execution("invalid pattern in matcher \(matcher): \(error.reason)")
            }
        }
        return result
    }

    /// Whether a series is of the metrics that describe others.
    func isInfoMetric(_ labels: LabelSet) -> Bool {
        let name = Array((labels.metricName ?? "").utf8)
        return names.allSatisfy { $0.matches(name.span) }
    }

    /// Whether elements without an info series stay.
    var allowsMissing: Bool {
        let nothing: [UInt8] = []
        return data.allSatisfy { $0.matches(nothing.span) }
    }

    /// Whether a label of an info series is taken.
    func takes(_ name: String) -> Bool {
        name != LabelSet.metricName && (dataNames.isEmpty || dataNames.contains(name))
    }

    /// What selects the info series of targets.
    func matchers(for identities: [LabelSet]) -> [Matcher] {
        var result = (names + data).map(\.matcher)
        for name in InfoJoiner.identifyingNames {
            let values = Set(identities.map { $0[name] ?? "" })
            guard values.count <= 1_000, !values.contains("") else { continue }
            if values.count == 1, let value = values.first {
                result.append(Matcher(name, .equal, value))
            } else {
                let pattern = values.sorted().map(Self.quoted).joined(separator: "|")
                result.append(Matcher(name, .matchesPattern, pattern))
            }
        }
        return result
    }

    /// A text as a pattern that matches nothing else.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, !(scalar.properties.isAlphabetic || scalar.properties.numericType != nil) {
                result += "\\"
            }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
