import ApusConfig
import ApusModel
import Testing

/// Reads a configuration from a text.
private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration.parse(Array(text.utf8), file: "prometheus.yml") { _ in nil }
}

@Suite("Configuration of retention")
struct RetentionConfigurationTests {
    @Test("rules of retention and roll-ups are read in order and shown")
    func rules() throws {
        let configuration = try parse(
            """
            storage:
              tsdb:
                retention:
                  time: 30d
                  rules:
                    - match: '{job="x"}'
                      time: 90d
                    - {match: 'up{instance=~"a|b"}', time: 2h}
                rollups:
                  - {resolution: 5m, after: 3d, keep: 90d}
                  - resolution: 1h
                    match: '{job=~".+",job!="y"}'
            """)
        let storage = try #require(configuration.storage)
        let retention = try #require(storage.retention)
        #expect(retention.time == 2_592_000_000)
        #expect(retention.rules.map(\.time) == [90 * 86_400_000, 7_200_000])
        #expect(
            retention.rules.map(\.match.matchers) == [
                [Matcher("job", .equal, "x")],
                [Matcher("instance", .matchesPattern, "a|b"), Matcher("__name__", .equal, "up")],
            ])
        #expect(storage.rollups.map(\.resolution) == [300_000, 3_600_000])
        #expect(storage.rollups.map(\.after) == [3 * 86_400_000, 2 * 86_400_000])
        #expect(storage.rollups.map(\.keep) == [90 * 86_400_000, nil])
        #expect(storage.rollups.map(\.match?.text) == [nil, "{job=~\".+\",job!=\"y\"}"])
        #expect(
            configuration.text.contains(
                """
                storage:
                  tsdb:
                    retention:
                      time: 30d
                      rules:
                      - match: '{job="x"}'
                        time: 90d
                      - match: up{instance=~"a|b"}
                        time: 2h
                    rollups:
                    - resolution: 5m
                      after: 3d
                      keep: 90d
                    - resolution: 1h
                      after: 2d
                      match: '{job=~".+",job!="y"}'
                """), "\(configuration.text)")
        let again = try #require(try parse(configuration.text).storage)
        #expect(again.retention?.rules == retention.rules)
        #expect(again.rollups == storage.rollups)
    }

    @Test(
        "what is wrong is told with its place",
        arguments: [
            ("retention: {rules: [{time: 1d}]}", "3:25", "needs 'match'"),
            ("retention: {rules: [{match: up}]}", "3:25", "needs 'time'"),
            ("retention: {rules: [{match: up, time: 0}]}", "3:43", "must be above 0"),
            ("retention: {rules: [{match: 'up{', time: 1d}]}", "3:33", "invalid selector \"up{\""),
            ("retention: {rules: [{match: 'rate(up[5m])', time: 1d}]}", "3:33", "expected a series selector"),
            ("retention: {rules: [{match: '{a=~\"(\"}', time: 1d}]}", "3:33", "invalid selector"),
            ("retention: {rules: [{match: up, time: 1d, keep: 1}]}", "3:47", "field keep not found"),
            ("retention: {rules: {match: up}}", "3:24", "cannot unmarshal"),
            ("rollups: [{after: 1d}]", "3:15", "needs 'resolution'"),
            ("rollups: [{resolution: 10s}]", "3:28", "from 1m to 1d"),
            ("rollups: [{resolution: 2d}]", "3:28", "from 1m to 1d"),
            ("rollups: [{resolution: 5m}, {resolution: 300s}]", "3:33", "5m twice"),
            ("rollups: [{resolution: 5m, keep: 1d}]", "3:38", "must be longer than 'after', which is 2d"),
            ("rollups: [{resolution: 5m, afterr: 1d}]", "3:32", "did you mean after?"),
        ])
    func refusals(text: String, place: String, reason: String) {
        do throws(ConfigurationError) {
            _ = try parse("storage:\n  tsdb:\n    \(text)")
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.description.hasPrefix("prometheus.yml:\(place): "), "\(error)")
            #expect(error.description.contains(reason), "\(error)")
        }
    }
}
