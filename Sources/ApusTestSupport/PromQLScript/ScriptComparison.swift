import ApusModel
import ApusRegex

/// Compares answers with what scripts expect; every difference is one line of a report.
enum ScriptComparison {
    /// The relative difference of two floats that still counts as equal.
    private static let tolerance = 1e-6

    /// Whether two floats count as equal.
    static func areSame(_ expected: Double, _ actual: Double) -> Bool {
        if SpecialValue.isStaleMarker(expected) || SpecialValue.isStaleMarker(actual) {
            return SpecialValue.isStaleMarker(expected) && SpecialValue.isStaleMarker(actual)
        }
        if expected.isNaN || actual.isNaN { return expected.isNaN && actual.isNaN }
        if expected == actual { return true }
        if expected.isInfinite || actual.isInfinite || expected == 0 || actual == 0 { return false }
        let difference = (expected - actual).magnitude
        // Halves, so that the sum of two very large numbers stays finite.
        return difference / 2 / (expected.magnitude / 2 + actual.magnitude / 2) < tolerance / 2
    }

    static func areSame(_ expected: ScriptValue, _ actual: ScriptValue) -> Bool {
        switch (expected, actual) {
        case (.float(let a), .float(let b)): areSame(a, b)
        case (.histogram(let a, let hasHint), .histogram(let b, _)):
            ScriptHistogram.areSame(a, b, comparesHint: hasHint)
        default: false
        }
    }

    // MARK: Annotations and errors

    /// The differences of a failed query's message.
    static func differences(failure expected: ScriptExpectation.Text, message: String) -> [String] {
        matches(expected, message) ? [] : ["expected a failure \(described(expected)), got: \(message)"]
    }

    /// The differences of warnings or infos.
    static func differences(
        annotations actual: [String], expected: [ScriptExpectation.Text], forbidden: Bool, kind: String
    ) -> [String] {
        if forbidden { return actual.map { "unexpected \(kind): \($0)" } }
        if expected.isEmpty { return [] }
        if actual.isEmpty { return ["expected \(kind), got none"] }
        let missing = expected.filter { text in !actual.contains { matches(text, $0) } }
        let surplus = actual.filter { message in !expected.contains { matches($0, message) } }
        return missing.map { "expected \(kind) \(described($0)), got: \(actual.joined(separator: " | "))" }
            + surplus.map { "unexpected \(kind): \($0)" }
    }

    private static func matches(_ text: ScriptExpectation.Text, _ message: String) -> Bool {
        switch text {
        case .any: return true
        case .equal(let expected): return message == expected
        case .matching(let pattern):
            guard let expression = try? RegularExpression(".*(?:\(pattern)).*") else { return false }
            return expression.matches(message)
        }
    }

    private static func described(_ text: ScriptExpectation.Text) -> String {
        switch text {
        case .any: "(any)"
        case .equal(let message): "equal to: \(message)"
        case .matching(let pattern): "matching: \(pattern)"
        }
    }

    // MARK: Results

    /// The differences of an instant query's result.
    static func differences(_ expectation: ScriptExpectation, _ value: ScriptAnswer.Value) -> [String] {
        switch (expectation.value, value) {
        case (_, .failure(let message)): return ["unexpected failure: \(message)"]
        case (.scalar(let expected), .scalar(let actual)):
            return areSame(expected, actual) ? [] : ["expected scalar \(expected), got \(actual)"]
        case (.string(let expected), .string(let actual)):
            return expected == actual
                ? [] : ["expected string \(QuotedText.quoted(expected)), got \(QuotedText.quoted(actual))"]
        case (.series(let expected), .matrix(let actual)):
            guard let times = expectation.rangeVector else { return ["unexpected matrix: \(described(actual))"] }
            return differences(expected, actual, start: times.start, step: times.step)
        case (.series(let expected), .vector(let actual)):
            if expectation.rangeVector != nil { return ["expected a matrix, got a vector"] }
            return differences(expected, vector: actual, isOrdered: expectation.isOrdered)
        case (_, .scalar(let actual)): return ["unexpected scalar: \(actual)"]
        case (_, .string(let actual)): return ["unexpected string: \(QuotedText.quoted(actual))"]
        case (_, .vector(let actual)): return ["unexpected vector: \(described(actual))"]
        case (_, .matrix(let actual)): return ["unexpected matrix: \(described(actual))"]
        }
    }

    private static func differences(
        _ expected: [ScriptSeries], vector actual: [ScriptAnswer.Element], isOrdered: Bool
    ) -> [String] {
        var differences: [String] = []
        for series in expected {
            guard series.values.count == 1, let value = series.values[0] else {
                differences.append("line \(series.line): an instant query expects one value")
                continue
            }
            let matching = actual.filter { $0.labels == series.labels }
            guard matching.count == 1, let point = matching[0].points.first, matching[0].points.count == 1 else {
                differences.append(
                    matching.isEmpty ? "missing \(series.labels) \(described(value))" : "repeated \(series.labels)")
                continue
            }
            if !areSame(value, point.value) {
                differences.append("\(series.labels): expected \(described(value)), got \(described(point.value))")
            }
        }
        differences += surplus(expected, actual)
        if isOrdered, differences.isEmpty, expected.map(\.labels) != actual.map(\.labels) {
            differences.append("wrong order: \(actual.map(\.labels.description).joined(separator: ", "))")
        }
        return differences
    }

    /// The differences of a matrix whose steps are known.
    static func differences(
        _ expected: [ScriptSeries], _ actual: [ScriptAnswer.Element], start: Int64, step: Int64
    ) -> [String] {
        var differences: [String] = []
        for series in expected {
            let matching = actual.filter { $0.labels == series.labels }
            if matching.count > 1 { differences.append("repeated \(series.labels)") }
            guard let element = matching.first else {
                if series.values.contains(where: { $0 != nil }) { differences.append("missing \(series.labels)") }
                continue
            }
            var wanted: [Int64: ScriptValue] = [:]
            for (index, value) in series.values.enumerated() {
                if let value { wanted[start &+ Int64(index) &* step] = value }
            }
            for point in element.points {
                let value = wanted.removeValue(forKey: point.timestamp)
                if let value, areSame(value, point.value) { continue }
                differences.append(
                    "\(series.labels) at \(point.timestamp) ms: expected \(value.map(described) ?? "no point"), "
                        + "got \(described(point.value))")
            }
            for (timestamp, value) in wanted.sorted(by: { $0.key < $1.key }) {
                differences.append("\(series.labels) at \(timestamp) ms: expected \(described(value)), got no point")
            }
        }
        differences += surplus(expected, actual)
        for (first, second) in zip(actual, actual.dropFirst()) where second.labels < first.labels {
            differences.append("not sorted by labels: \(first.labels) before \(second.labels)")
        }
        return differences
    }

    private static func surplus(_ expected: [ScriptSeries], _ actual: [ScriptAnswer.Element]) -> [String] {
        let known = Set(expected.map(\.labels))
        return actual.filter { !known.contains($0.labels) }.map { "unexpected \(described([$0]))" }
    }

    // MARK: Reports

    private static func described(_ value: ScriptValue) -> String {
        switch value {
        case .float(let float): SpecialValue.isStaleMarker(float) ? "stale" : "\(float)"
        case .histogram(let histogram, _): ScriptHistogram.described(histogram)
        }
    }

    private static func described(_ elements: [ScriptAnswer.Element]) -> String {
        let shown = elements.prefix(5).map { element in
            "\(element.labels) \(element.points.prefix(10).map { described($0.value) }.joined(separator: " "))"
        }
        return (shown + (elements.count > 5 ? ["and \(elements.count - 5) more"] : [])).joined(separator: ", ")
    }
}
