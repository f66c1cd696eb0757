public import ApusClient
import ApusExposition
import ApusModel

extension ExpositionSource {
    /// The value of one series as a scrape would see it, `nil` when there is none.
    ///
    /// ```swift
    /// try #require(registry.value(of: "requests_total", ["code": "200"]) == 1)
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name of the sample: that of the metric, or with `_sum`, `_count` or `_bucket`.
    ///   - labels: All labels of the series; of a bucket with its `le`, such as `1.0`.
    /// - Throws: `ExpositionMismatch` when the exposition is not valid or a collector fails.
    public func value(of name: String, _ labels: [String: String] = [:]) throws(ExpositionMismatch) -> Double? {
        var wanted = labels.map { Label(name: $0.key, value: $0.value) }
        wanted.append(Label(name: LabelSet.metricName, value: name))
        return try scrape()[LabelSet(wanted)]
    }

    /// The number of series that a scrape would see; of the given names where there are some.
    ///
    /// ```swift
    /// try #require(registry.seriesCount(of: "requests_total") == 2)
    /// ```
    ///
    /// - Throws: `ExpositionMismatch` when the exposition is not valid or a collector fails.
    public func seriesCount(of names: String...) throws(ExpositionMismatch) -> Int {
        try scrape().keys.count { labels in names.isEmpty || names.contains(labels.metricName ?? "") }
    }

    /// Throws unless the metrics are exposed exactly as the given text says.
    ///
    /// ```swift
    /// try registry.expectExposition(
    ///     of: "requests_total",
    ///     text: """
    ///     # HELP requests_total Requests answered.
    ///     # TYPE requests_total counter
    ///     requests_total{code="200"} 1
    ///     """)
    /// ```
    ///
    /// - Parameters:
    ///   - names: The families that are compared; all when there are none.
    ///   - expected: Text in the Prometheus format; blank lines and blanks around lines do not count.
    /// - Throws: `ExpositionMismatch`, whose description shows the lines that differ.
    public func expectExposition(of names: String..., text expected: String) throws(ExpositionMismatch) {
        try compare(names, expected)
    }

    private func compare(_ names: [String], _ expected: String) throws(ExpositionMismatch) {
        let exposition = expose(accept: nil, only: Set(names))
        if let failure = exposition.failures.first { throw ExpositionMismatch(failure) }
        let found = LineDifference.lines(String(decoding: exposition.body, as: UTF8.self))
        let wanted = LineDifference.lines(expected)
        guard found != wanted else { return }
        throw ExpositionMismatch(
            "the metrics are not those expected (- expected, + exposed):\n"
                + LineDifference.text(from: wanted, to: found))
    }

    private func scrape() throws(ExpositionMismatch) -> [LabelSet: Double] {
        let exposition = expose(accept: nil, only: [])
        if let failure = exposition.failures.first { throw ExpositionMismatch(failure) }
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        do throws(ExpositionError) {
            try reader.read(exposition.body.span, format: .text, into: &scraped)
        } catch {
            throw ExpositionMismatch("the exposition is not valid: \(error)")
        }
        var values: [LabelSet: Double] = [:]
        for (position, slot) in scraped.slots.enumerated() {
            values[reader.labels(of: slot)] = scraped.values[position]
        }
        return values
    }
}

/// How metrics differ from what a test expects.
///
/// ```swift
/// let difference = #expect(throws: ExpositionMismatch.self) { try registry.expectExposition(text: "a 1") }
/// print(difference?.description ?? "")
/// ```
public struct ExpositionMismatch: Error, Sendable, CustomStringConvertible {
    /// What differs.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
