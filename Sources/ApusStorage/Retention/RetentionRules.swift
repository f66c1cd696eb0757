package import ApusModel
import ApusRegex

/// How long the samples of selected series are kept: the first rule that selects a series counts.
package struct RetentionRules: Sendable {
    /// How long the series of one selector are kept.
    private struct Rule: Sendable {
        var matchers: [CompiledMatcher]
        var keep: Int64
    }

    private let rules: [Rule]

    /// No rules: every series is kept as long as the store's retention says.
    package static let none = RetentionRules()

    private init() {
        rules = []
    }

    /// Rules in order: the series that all matchers select are kept for `keep` milliseconds.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package init(_ rules: [(matchers: [Matcher], keep: Int64)]) throws(QueryableError) {
        var compiled: [Rule] = []
        for rule in rules {
            compiled.append(Rule(matchers: try CompiledMatcher.compile(rule.matchers), keep: max(0, rule.keep)))
        }
        self.rules = compiled
    }

    /// Whether there is no rule.
    package var isEmpty: Bool { rules.isEmpty }

    /// Each rule as text: `{job="x"} 90d`.
    package var descriptions: [String] {
        rules.map { rule in
            let matchers = rule.matchers.map(\.matcher.description).joined(separator: ",")
            return "{\(matchers)} \(DurationText.string(rule.keep))"
        }
    }

    /// How long each rule keeps samples.
    var keeps: [Int64] { rules.map(\.keep) }

    /// How long any rule, or `retention` for what no rule selects, keeps a sample at most.
    func longest(retention: Int64) -> Int64 { max(retention, rules.map(\.keep).max() ?? 0) }

    /// How long every rule, and `retention`, keeps a sample at least.
    func shortest(retention: Int64) -> Int64 { min(retention, rules.map(\.keep).min() ?? retention) }

    /// How long a series is kept; `retention` when no rule selects it.
    func keep(of labels: LabelSet, retention: Int64) -> Int64 {
        for rule in rules where rule.matchers.allSatisfy({ $0.matches(labels) }) { return rule.keep }
        return retention
    }
}
