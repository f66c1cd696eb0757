import ApusModel
import ApusPromQL
import ApusRegex

extension Evaluator {
    /// `label_replace` and `label_join`.
    func relabel(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let base = try vector(call.arguments[0], on: grid)
        let destination = try labelName(call.arguments[1], "destination", of: call)
        let change = try call.function == .labelReplace ? labelReplacement(call) : labelJoin(call)
        let series = base.series.map { identity -> SeriesIdentity in
            guard let value = change(identity.labels) else { return identity }
            var builder = LabelSetBuilder(identity.labels)
            builder.set(destination, to: value)
            let dropsName = identity.dropsName && destination != LabelSet.metricName
            return SeriesIdentity(labels: builder.labelSet(), dropsName: dropsName)
        }
        return try joiningDuplicates(RelabelledSource(base: base, series: series), on: grid)
    }

    /// The new value of the destination label for a label set, or `nil` where nothing changes.
    private func labelReplacement(_ call: FunctionCall) throws(QueryError) -> (LabelSet) -> String? {
        let replacement = try string(call.arguments[2])
        let source = try string(call.arguments[3])
        let pattern = try string(call.arguments[4])
        let expression: RegularExpression
        do {
            expression = try RegularExpression(pattern)
        } catch {
            throw .execution("invalid regular expression in label_replace(): \(pattern)")
        }
        return { labels in expression.expand(replacement, in: labels[source] ?? "") }
    }

    private func labelJoin(_ call: FunctionCall) throws(QueryError) -> (LabelSet) -> String? {
        let separator = try string(call.arguments[2])
        var sources: [String] = []
        for argument in call.arguments.dropFirst(3) { sources.append(try labelName(argument, "source", of: call)) }
        return { labels in sources.map { labels[$0] ?? "" }.joined(separator: separator) }
    }

    private func labelName(_ argument: Expression, _ role: String, of call: FunctionCall) throws(QueryError) -> String {
        let name = try string(argument)
        guard isValidLabelName(name) else {
            throw .execution("invalid \(role) label name in \(call.function.rawValue)(): \(name)")
        }
        return name
    }

    /// Whether a text may name a label: not empty, and UTF-8, of which a replacement character is the trace of the lack.
    func isValidLabelName(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains("\u{FFFD}")
    }
}
