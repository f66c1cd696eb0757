package import ApusExposition
import ApusModel

/// Says where metrics break the conventions of the field, as `promtool check metrics` does.
///
/// ```swift
/// let problems = try MetricLinter.problems(in: registry)
/// for problem in problems { print(problem) }
/// ```
///
/// Source: "Metric and label naming" of Prometheus, and the linter of its Go client library, whose texts these are.
public enum MetricLinter {
    /// What breaks a convention.
    ///
    /// ```swift
    /// let problems: [MetricLinter.Problem] = try MetricLinter.problems(in: registry)
    /// for problem in problems { print(problem.metric, problem.text) }
    /// ```
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The name of the family.
        public var metric: String
        /// What is wrong with it, in one sentence without a full stop.
        public var text: String

        /// Name and text.
        public var description: String { "\(metric) \(text)" }
    }

    /// The problems of the metrics that a registry exposes, sorted by name.
    ///
    /// - Throws: `MetricError.unreadable` when the exposition is not valid, which would be an error of this library.
    public static func problems(in source: some ExpositionSource) throws(MetricError) -> [Problem] {
        try problems(inText: source.expose(accept: nil, only: []).body)
    }

    /// The problems of metrics in the Prometheus text format, sorted by name.
    ///
    /// - Throws: `MetricError.unreadable` when the text is not valid.
    public static func problems(inText text: [UInt8]) throws(MetricError) -> [Problem] {
        do throws(ExpositionError) {
            return try problems(in: text, format: .text)
        } catch {
            throw .unreadable("the metrics: \(error)")
        }
    }

    /// The problems of metrics in any format, sorted by name.
    ///
    /// - Throws: `ExpositionError` when the body is not valid.
    package static func problems(in body: [UInt8], format: ExpositionFormat) throws(ExpositionError) -> [Problem] {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        try reader.read(body.span, format: format, into: &scraped)
        let families = LintedFamily.families(of: scraped, reader: reader, format: format)
        var problems: [Problem] = []
        for family in families {
            for text in LintRules.all.flatMap({ $0(family) }) {
                let problem = Problem(metric: family.name, text: text)
                if !problems.contains(problem) { problems.append(problem) }
            }
        }
        return problems
    }
}

/// What the rules look at: a family, and the label names of its samples.
struct LintedFamily {
    var name: String
    var metadata: MetricMetadata
    /// The names of labels with the names of the samples that have them.
    var labels: Set<String> = []

    /// The families of a body, sorted by name.
    static func families(
        of scraped: borrowing ScrapedBody, reader: borrowing ExpositionReader, format: ExpositionFormat
    ) -> [LintedFamily] {
        var families: [String: LintedFamily] = [:]
        for entry in scraped.metadata {
            families[entry.family] = LintedFamily(name: entry.family, metadata: entry.metadata)
        }
        for slot in scraped.slots {
            let labels = reader.labels(of: slot).labels
            let name = labels.first { $0.name == LabelSet.metricName }?.value ?? ""
            let family = familyName(of: name, among: families)
            families[family, default: LintedFamily(name: family, metadata: MetricMetadata())].labels
                .formUnion(labels.map(\.name).filter { $0 != LabelSet.metricName })
        }
        // OpenMetrics names a counter without the suffix that its samples must have.
        for (name, family) in families where format == .openMetrics && family.metadata.type == .counter {
            families[name]?.name = name + "_total"
        }
        return families.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func familyName(of sample: String, among families: [String: LintedFamily]) -> String {
        if families[sample] != nil { return sample }
        for suffix in ["_bucket", "_count", "_sum", "_total", "_info", "_created", "_gcount", "_gsum"]
        where sample.hasSuffix(suffix) {
            let base = String(sample.dropLast(suffix.count))
            guard let family = families[base], family.metadata.type != .unknown else { continue }
            return base
        }
        return sample
    }
}
