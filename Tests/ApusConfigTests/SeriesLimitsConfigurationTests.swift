import ApusConfig
import ApusModel
import Testing

/// Reads a configuration from a text.
private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration.parse(Array(text.utf8), file: "prometheus.yml") { _ in nil }
}

@Suite("Configuration of limits on new series")
struct SeriesLimitsConfigurationTests {
    @Test("limits for all and rules for some are read and shown")
    func limits() throws {
        let configuration = try parse(
            """
            storage:
              tsdb:
                limits:
                  max_series: 1000000
                  max_series_per_metric: 0
                  max_values_per_label: 500
                  rules:
                    - match: 'up{job="x"}'
                      max_series: 10
                    - {label: user_id, max_values: 0}
            """)
        let limits = try #require(configuration.storage?.limits)
        #expect(limits.maxSeries == 1_000_000 && limits.maxSeriesPerMetric == nil && limits.maxValuesPerLabel == 500)
        #expect(limits.rules.count == 2)
        guard case .series(let match, let maximum) = limits.rules[0] else {
            Issue.record("the first rule is about series")
            return
        }
        #expect(match.matchers == [Matcher("job", .equal, "x"), Matcher("__name__", .equal, "up")] && maximum == 10)
        #expect(limits.rules[1] == .values(label: "user_id", maximum: 0))
        #expect(
            configuration.text.contains(
                """
                storage:
                  tsdb:
                    limits:
                      max_series: 1000000
                      max_values_per_label: 500
                      rules:
                      - match: up{job="x"}
                        max_series: 10
                      - label: user_id
                        max_values: 0
                """), "\(configuration.text)")
        #expect(try parse(configuration.text).storage == configuration.storage)
    }

    @Test(
        "what makes no sense is refused with its place",
        arguments: [
            ("max_serie: 1", "prometheus.yml:4:7", "did you mean max_series"),
            ("max_series: -1", "prometheus.yml:4:19", "uint"), ("max_series: many", "prometheus.yml:4:19", "uint"),
            ("rules: {a: b}", "prometheus.yml:4:14", "[]"),
            ("rules: [{label: x}]", "prometheus.yml:4:15", "needs either"),
            ("rules: [{match: up, max_values: 1}]", "prometheus.yml:4:15", "needs either"),
            ("rules: [{match: up, max_series: 1, label: a, max_values: 1}]", "prometheus.yml:4:15", "needs either"),
            ("rules: [{label: '', max_values: 1}]", "prometheus.yml:4:15", "needs either"),
            ("rules: [{match: 'up{', max_series: 1}]", "prometheus.yml:4:23", "invalid selector"),
        ])
    func refused(line: String, place: String, words: String) {
        #expect {
            try parse("storage:\n  tsdb:\n    limits:\n      \(line)\n")
        } throws: { error in
            let text = "\(error)"
            return text.contains(words) && (error as? ConfigurationError)?.position?.description == place
        }
    }
}
