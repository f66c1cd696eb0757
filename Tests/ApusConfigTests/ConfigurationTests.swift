import ApusConfig
import ApusModel
import ApusTestSupport
import Foundation
import Testing

/// Reads a configuration from a text; the environment holds `NAME`.
private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
    try Configuration.parse(Array(text.utf8), file: "/etc/apus/prometheus.yml") { $0 == "NAME" ? "value" : nil }
}

/// What refuses a text, as it is shown.
private func refusal(_ text: String) -> String {
    do throws(ConfigurationError) {
        _ = try parse(text)
        return "accepted"
    } catch {
        return error.description
    }
}

@Suite("Configuration")
struct ConfigurationTests {
    @Test("an empty file gives the defaults")
    func empty() throws {
        for text in ["", "# nothing\n", "global:\n", "scrape_configs: []"] {
            let configuration = try parse(text)
            #expect(configuration.global.scrapeInterval == 60_000)
            #expect(configuration.global.scrapeTimeout == 10_000)
            #expect(configuration.global.evaluationInterval == 60_000)
            #expect(configuration.gogc == 75)
            #expect(configuration.scrapeConfigurations.isEmpty)
        }
    }

    @Test("jobs inherit from global and may override it")
    func inheritance() throws {
        let configuration = try parse(
            """
            global:
              scrape_interval: 5s
              sample_limit: 10
              body_size_limit: 1MB
            scrape_configs:
              - job_name: a
              - job_name: b
                scrape_interval: 1m
                scrape_timeout: 30s
                sample_limit: 20
                metrics_path: /m
                scheme: https
                params: {x: [1, 2], m: [a]}
            """)
        let jobs = configuration.scrapeConfigurations
        try #require(jobs.count == 2)
        #expect(jobs[0].scrapeInterval == 5_000)
        #expect(jobs[0].scrapeTimeout == 5_000)
        #expect(jobs[0].limits.samples == 10)
        #expect(jobs[0].limits.bodySize == 1 << 20)
        #expect(jobs[0].scrapeProtocols == ScrapeProtocol.standard)
        #expect(jobs[0].http.followsRedirects && jobs[0].http.enablesHTTP2)
        #expect(jobs[1].scrapeInterval == 60_000)
        #expect(jobs[1].scrapeTimeout == 30_000)
        #expect(jobs[1].limits.samples == 20)
        #expect(jobs[1].scheme == "https")
        #expect(
            jobs[1].parameters
                == [QueryParameter(name: "m", values: ["a"]), QueryParameter(name: "x", values: ["1", "2"])])
    }

    @Test(
        "names in the DNS are asked as often as the job scrapes, unless an interval is given",
        arguments: [
            ("scrape_interval: 3s", "", 3_000), ("scrape_interval: 100ms", "", 1_000),
            ("scrape_interval: 2m", "", 30_000),
            ("scrape_interval: 3s", "refresh_interval: 30s", 30_000),
            ("scrape_interval: 2m", "refresh_interval: 100ms", 100),
        ] as [(String, String, Int64)])
    func lookUpInterval(job: String, section: String, milliseconds: Int64) throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: a
                \(job)
                scrape_timeout: 50ms
                dns_sd_configs:
                  - names: [x]
                    \(section)
            """)
        let job = try #require(configuration.scrapeConfigurations.first)
        guard case .dns(let dns) = job.discovery.first else {
            Issue.record("no section for DNS")
            return
        }
        #expect(dns.refreshInterval == milliseconds)
    }

    @Test(
        "mistakes are refused with place, reason and advice",
        arguments: [
            (
                "global:\n  scrape_intervall: 5s\n",
                "2:3: field scrape_intervall not found in type config.plain; did you mean scrape_interval?"
            ),
            ("nonsense: 1", "1:1: field nonsense not found in type config.plain; remove it or correct its name"),
            ("global:\n  scrape_interval: 5 s", "2:20: not a valid duration string: \"5 s\""),
            ("global: [1]", "1:9: yaml: unmarshal errors: cannot unmarshal !!seq into config.plain"),
            ("global:\n  sample_limit: -1", "2:17: yaml: unmarshal errors: cannot unmarshal !!str `-1` into uint"),
            ("global:\n\tscrape_interval: 5s", "found a tab where only spaces may indent"),
            (
                "scrape_configs:\n  - job_name: a\n  - job_name: a",
                "3:5: found multiple scrape configs with job name \"a\"; rename one"
            ),
            (
                "scrape_configs:\n  - job_name: a\n    scrape_timeout: 2m",
                "3:21: scrape timeout greater than scrape interval for scrape config with job name \"a\""
            ),
            ("global:\n  external_labels:\n    \"\": x", "3:5: \"\" is not a valid label name"),
            ("scrape_configs:\n  - job_name: a\n    scheme: ftp", "3:13: invalid scheme: \"ftp\"; use http or https"),
            ("a: &x 1\nb: *y", "2:4: yaml: found undefined alias"),
            ("a: 1\n---\nb: 2", "but found another document"),
            ("rule_files: ['a\u{1}b']", "control characters are not allowed"),
            (
                "scrape_configs:\n  - job_name: a\n    relabel_configs:\n      - regex: '('\n        action: keep",
                "4:16: error parsing regexp: missing )"
            ),
            (
                "scrape_configs:\n  - job_name: a\n    dns_sd_configs:\n      - names: [x]\n        type: A",
                "4:9: a port is required in DNS-SD configs for all record types except SRV"
            ),
            (
                "scrape_configs:\n  - job_name: a\n    file_sd_configs:\n      - files: [x.txt]",
                "4:17: path name \"x.txt\" is not valid for file discovery"
            ),
            (
                "scrape_configs:\n  - job_name: a\n    http_headers: {Authorization: {values: [x]}}",
                "setting header \"Authorization\" is not allowed"
            ),
            (
                "scrape_configs:\n  - job_name: a\n    http_headers: {X: {values: [\"a\\r\\nb\"]}}",
                "a value of header X has a line break or control character"
            ),
        ])
    func mistakes(text: String, expected: String) {
        let shown = refusal(text)
        #expect(shown.contains(expected), "\(shown)")
        #expect(shown.hasPrefix("/etc/apus/prometheus.yml:"))
    }

    @Test("a missing file and a folder say so")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        for (path, reason) in [("/nowhere/x.yml", "no such file"), (folder.path, "is a directory")] {
            do throws(ConfigurationError) {
                _ = try Configuration.load(path: path)
                Issue.record("\(path) was accepted")
            } catch {
                #expect(error.description.contains(reason), "\(error)")
            }
        }
    }

    @Test("environment variables expand in external labels, and an unset one is a warning")
    func environment() throws {
        let configuration = try parse(
            """
            global:
              external_labels:
                a: $NAME
                b: x${NAME}y
                c: $$NAME
                d: ${MISSING}
                e: x$
            """)
        let labels = configuration.global.externalLabels
        #expect(labels["a"] == "value")
        #expect(labels["b"] == "xvaluey")
        #expect(labels["c"] == "$NAME")
        #expect(labels["d"] == nil)
        #expect(labels["e"] == "x$")
        #expect(configuration.warnings.map(\.description).contains { $0.contains("6:8: environment variable MISSING") })
    }

    @Test("names of files are relative to the file, absolute ones stay")
    func relativeNames() throws {
        let configuration = try parse(
            """
            rule_files: [first.rules, /absolute/*.rules]
            scrape_configs:
              - job_name: a
                basic_auth: {username: u, password_file: secret}
                tls_config: {ca_file: /ca.pem}
                file_sd_configs:
                  - files: [targets/*.json]
            """)
        #expect(configuration.ruleFiles == ["/etc/apus/first.rules", "/absolute/*.rules"])
        let job = try #require(configuration.scrapeConfigurations.first)
        #expect(job.http.basicAuthentication?.passwordFile == "/etc/apus/secret")
        #expect(job.http.tls.authoritiesFile == "/ca.pem")
        #expect(
            job.discovery == [.files(FileDiscoveryConfiguration(patterns: ["/etc/apus/targets/*.json"]))])
    }

    @Test("sections without effect are accepted with a warning that names their place")
    func warnings() throws {
        let configuration = try parse(
            """
            remote_write:
              - url: http://a/push
            scrape_configs:
              - job_name: a
                consul_sd_configs:
                  - server: x
            """)
        let warnings = configuration.warnings.map(\.description)
        #expect(warnings.contains("/etc/apus/prometheus.yml:2:5: remote_write is not acted on by this version"))
        #expect(warnings.contains { $0.contains("6:9: consul_sd_configs is not acted on") })
        #expect(refusal("remote_write:\n  - url: x\n    urll: y").contains("3:5: field urll not found"))
    }

    @Test("anchors, aliases and merge keys work; what a mapping says itself wins")
    func merging() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - &base
                job_name: a
                scrape_interval: 5s
                scrape_timeout: 3s
              - <<: *base
                job_name: b
                scrape_timeout: 1s
            """)
        let job = try #require(configuration.scrapeConfigurations.last)
        #expect(job.jobName == "b")
        #expect(job.scrapeInterval == 5_000)
        #expect(job.scrapeTimeout == 1_000)
    }

    @Test("secrets appear neither in the text form nor in any description")
    func secrets() throws {
        let configuration = try parse(
            """
            remote_write:
              - url: http://user:hunter2@host/push
                oauth2: {client_id: x, client_secret: hunter2, token_url: "http://t"}
            scrape_configs:
              - job_name: a
                basic_auth: {username: u, password: hunter2}
                proxy_url: http://user:hunter2@proxy:3128
                http_headers: {X-Key: {secrets: [hunter2]}}
                tls_config: {cert: c, key: hunter2}
              - job_name: b
                authorization: {credentials: hunter2}
                consul_sd_configs: [{server: s, token: hunter2}]
            """)
        #expect(!configuration.text.contains("hunter2"))
        #expect(configuration.text.contains("password: <secret>"))
        let job = try #require(configuration.scrapeConfigurations.first)
        #expect(job.http.basicAuthentication?.password?.reveal() == "hunter2")
        var dumped = ""
        dump(job.http.basicAuthentication, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(String(reflecting: job.http.tls))".contains("hunter2"))
    }

    @Test("the text form has the peers' order and layout")
    func text() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: prometheus
                static_configs: [{targets: ["localhost:9090"], labels: {my: "1"}}]
                relabel_configs: [{source_labels: [a, b], target_label: c, regex: "x: y"}]
            """)
        #expect(
            configuration.text == """
                global:
                  scrape_interval: 1m
                  scrape_timeout: 10s
                  evaluation_interval: 1m
                  metric_name_validation_scheme: utf8
                  scrape_native_histograms: false
                  extra_scrape_metrics: false
                runtime:
                  gogc: 75
                scrape_configs:
                - job_name: prometheus
                  honor_timestamps: true
                  track_timestamps_staleness: false
                  scrape_interval: 1m
                  scrape_timeout: 10s
                  scrape_protocols:
                  - OpenMetricsText1.0.0
                  - OpenMetricsText0.0.1
                  - PrometheusText1.0.0
                  - PrometheusText0.0.4
                  scrape_native_histograms: false
                  always_scrape_classic_histograms: false
                  convert_classic_histograms_to_nhcb: false
                  metrics_path: /metrics
                  scheme: http
                  enable_compression: true
                  metric_name_validation_scheme: utf8
                  metric_name_escaping_scheme: allow-utf-8
                  extra_scrape_metrics: false
                  follow_redirects: true
                  enable_http2: true
                  relabel_configs:
                  - source_labels: [a, b]
                    separator: ;
                    regex: 'x: y'
                    target_label: c
                    replacement: $1
                    action: replace
                  static_configs:
                  - targets:
                    - localhost:9090
                    labels:
                      my: "1"
                otlp:
                  translation_strategy: UnderscoreEscapingWithSuffixes
                  label_name_underscore_sanitization: true
                  label_name_preserve_multiple_underscores: true

                """)
    }
}

@Suite("Sizes")
struct SizeTextTests {
    @Test(
        "sizes are powers of 1024",
        arguments: [
            ("0", Int64(0)), ("15MB", 15 << 20), ("1GiB", 1 << 30), ("1GB512MB", 3 << 29), ("1.5KB", 1536), ("7B", 7),
            ("-1GB", -1 << 30),
        ])
    func parse(text: String, bytes: Int64) {
        #expect(SizeText.parse(text) == bytes)
        #expect(SizeText.parse(SizeText.string(bytes)) == bytes)
    }

    @Test("what is not a size is refused", arguments: ["", "5", "MB", "1XB", "1M", "99999999EB", "1..2MB", "-"])
    func refused(text: String) {
        #expect(SizeText.parse(text) == nil)
    }
}
