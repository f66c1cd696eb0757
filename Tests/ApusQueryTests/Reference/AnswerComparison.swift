import ApusModel
import ApusQuery
import ApusTestSupport

/// Compares what the engine answers with what the reference evaluator does; every difference is a line of a report.
struct AnswerComparison {
    /// The relative difference of two floats that still counts as equal.
    ///
    /// The variance of large numbers close together (times, say) is itself known less exactly by any method that passes
    /// over them once: there 1e-6 holds.
    var tolerance = 1e-9

    /// Whether the elements must come in the same order.
    var isOrdered = false
    /// Whether there is a subquery: Prometheus evaluates it between its windows too, which can give more annotations, and
    /// loses their positions.
    var hasSubquery = false

    func differences(
        _ expected: Result<ReferenceAnswer, ReferenceError>, _ actual: Result<QueryResult, QueryError>
    ) -> [String] {
        switch (expected, actual) {
        case (.failure(let a), .failure(let b)):
            return Self.kind(a) == Self.kind(b) ? [] : ["expected the failure \(a), got \(b)"]
        case (.failure(let error), .success): return ["expected the failure \(error), got an answer"]
        case (.success, .failure(let error)): return ["unexpected failure: \(error)"]
        case (.success(let a), .success(let b)):
            return differences(a.value, b.value)
                + annotationDifferences(a.warnings, b.warnings, "warnings")
                + annotationDifferences(a.infos, b.infos, "infos")
        }
    }

    /// What went wrong, without names and numbers.
    private static func kind(_ error: ReferenceError) -> String {
        switch error {
        case .parse: "parse"
        case .badData: "bad data"
        case .execution(let text): kind(ofExecution: text)
        case .storage: "storage"
        }
    }

    private static func kind(_ error: QueryError) -> String {
        switch error {
        case .parse: "parse"
        case .badData: "bad data"
        case .execution(let text): kind(ofExecution: text)
        default: "\(error)"
        }
    }

    private static func kind(ofExecution text: String) -> String {
        let kinds = [
            "many-to-many matching not allowed", "many-to-one matching must be explicit",
            "grouping labels must ensure unique matches", "same labelset", "duplicate series for info",
            "conflicting label", "Parameter value is NaN", "overflows int64", "Ratio value is NaN", "invalid smoothing",
            "invalid trend", "smoothed modifier", "anchored modifier", "division by zero", "modulo by zero",
            "duration must be greater than 0", "out of range",
        ]
        return kinds.first { text.contains($0) } ?? text
    }

    /// Annotations are compared without the details of buckets that were not monotonic, which come after the link.
    private func annotationDifferences(_ expected: [String], _ actual: [String], _ name: String) -> [String] {
        func plain(_ texts: [String]) -> Set<String> {
            Set(
                texts.map { text in
                    let position = text.lastIndex(of: "(") ?? text.endIndex
                    let end = hasSubquery ? "" : String(text[position...])
                    if text.contains("needed to be fixed for monotonicity") {
                        return "\(text.split(separator: "(")[0])\(end)"
                    }
                    return "\(text[..<position])\(end)"
                })
        }
        let (a, b) = (plain(expected), plain(actual))
        // Beyond ten an answer only says how many more there are.
        if a == b || (a.count > 10 && b.count >= 10) { return [] }
        return a.subtracting(b).sorted().map { "missing in \(name): \($0)" }
            + (hasSubquery ? [] : b.subtracting(a).sorted()).map { "too much in \(name): \($0)" }
    }

    // MARK: Values

    private func differences(_ expected: ReferenceValue, _ actual: QueryValue) -> [String] {
        switch (expected, actual) {
        case (.scalar(let a), .scalar(let b, _)): return areSame(a, b) ? [] : ["expected \(a), got \(b)"]
        case (.string(let a), .string(let b, _)): return a == b ? [] : ["expected \(a), got \(b)"]
        case (.vector(let a), .vector(let b)):
            let labels = (a.map(\.labels), b.map(\.labels))
            if isOrdered, labels.0 != labels.1, Set(labels.0) == Set(labels.1) {
                return ["expected the order \(labels.0), got \(labels.1)"]
            }
            return differences(
                a.map { ReferenceSeries(labels: $0.labels, points: [.init(time: 0, sample: $0.sample)]) },
                b.map { element in
                    let sample = element.histogram.map { ReferenceSample.histogram(ReferenceHistogram($0)) }
                    return ReferenceSeries(
                        labels: element.labels, points: [.init(time: 0, sample: sample ?? .float(element.value))])
                })
        case (.matrix(let a), .matrix(let b)):
            return differences(
                a,
                b.map { series in
                    var points = zip(series.samples.timestamps, series.samples.values).map {
                        ReferencePoint(time: $0.0, sample: .float($0.1))
                    }
                    for entry in series.samples.histograms {
                        points[entry.position].sample = .histogram(ReferenceHistogram(entry.histogram))
                    }
                    return ReferenceSeries(labels: series.labels, points: points)
                })
        default: return ["expected another type of value"]
        }
    }

    private func differences(_ expected: [ReferenceSeries], _ actual: [ReferenceSeries]) -> [String] {
        var differences: [String] = []
        var rest: [LabelSet: ReferenceSeries] = [:]
        for series in actual where rest.updateValue(series, forKey: series.labels) != nil {
            differences.append("repeated \(series.labels)")
        }
        for series in expected {
            guard let other = rest.removeValue(forKey: series.labels) else {
                differences.append("missing \(series.labels) with \(series.points.count) points")
                continue
            }
            var points = Dictionary(uniqueKeysWithValues: other.points.map { ($0.time, $0) })
            for point in series.points {
                guard let found = points.removeValue(forKey: point.time) else {
                    differences.append(
                        "\(series.labels) at \(point.time): expected \(Self.described(point.sample)), got none")
                    continue
                }
                if !areSame(point.sample, found.sample) {
                    differences.append(
                        "\(series.labels) at \(point.time): expected \(Self.described(point.sample)),"
                            + " got \(Self.described(found.sample))")
                }
            }
            for time in points.keys.sorted() {
                differences.append(
                    "\(series.labels) at \(time): expected none, got \(points[time].map { Self.described($0.sample) } ?? "")"
                )
            }
        }
        return differences + rest.keys.sorted().map { "unexpected \($0)" }
    }

    private static func described(_ sample: ReferenceSample) -> String {
        switch sample {
        case .float(let value): "\(value)"
        case .histogram(let histogram): "schema \(histogram.native.schema) \(histogram.native.text)"
        }
    }

    private func areSame(_ a: ReferenceSample, _ b: ReferenceSample) -> Bool {
        switch (a, b) {
        case (.float(let x), .float(let y)): areSame(x, y)
        case (.histogram(let x), .histogram(let y)): x.isSame(as: y, tolerance: tolerance)
        default: false
        }
    }

    private func areSame(_ a: Double, _ b: Double) -> Bool {
        if a == b || (a.isNaN && b.isNaN) { return true }
        guard a.isFinite, b.isFinite else { return false }
        // What remains of a difference of equals is noise, whatever its relative size.
        return (a / 2 - b / 2).magnitude <= tolerance * max(a.magnitude, b.magnitude) / 2 || (a - b).magnitude < 1e-13
    }
}
