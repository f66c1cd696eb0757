import ApusConfig
import ApusModel
import ApusTestSupport
import Testing

@Suite("Targets")
struct TargetBuilderTests {
    private func set(_ labels: KeyValuePairs<String, String>) -> LabelSet {
        LabelSet(labels.map { Label(name: $0.key, value: $0.value) })
    }

    private func job(_ change: (inout ScrapeConfiguration) throws -> Void) rethrows -> ScrapeConfiguration {
        var job = ScrapeConfiguration(jobName: "j")
        try change(&job)
        return job
    }

    private func active(_ outcome: TargetOutcome) -> ResolvedTarget? {
        guard case .active(let target) = outcome else { return nil }
        return target
    }

    private func failure(_ outcome: TargetOutcome) -> TargetError? {
        guard case .failed(_, let error) = outcome else { return nil }
        return error
    }

    @Test("a target gets job, instance and the job's defaults; labels of its own win over those of its group")
    func defaults() throws {
        let group = TargetGroup(
            source: "0", targets: [set(["__address__": "h:1", "own": "1"])], labels: set(["own": "2", "shared": "3"]))
        let target = try #require(
            TargetBuilder(ScrapeConfiguration(jobName: "j")).outcomes(of: group).first.flatMap(active))
        #expect(target.labels == set(["instance": "h:1", "job": "j", "own": "1", "shared": "3"]))
        #expect(
            target.discoveredLabels
                == set([
                    "__address__": "h:1", "__always_scrape_classic_histograms__": "false",
                    "__convert_classic_histograms_to_nhcb__": "false", "__metrics_path__": "/metrics",
                    "__scheme__": "http", "__scrape_interval__": "1m", "__scrape_native_histograms__": "false",
                    "__scrape_timeout__": "10s", "job": "j", "own": "1", "shared": "3",
                ]))
        #expect(target.url == "http://h:1/metrics")
        #expect(target.interval == 60_000 && target.timeout == 10_000)
    }

    @Test("no port is added, and an address without one is the instance")
    func noPort() throws {
        let target = try #require(
            active(
                TargetBuilder(ScrapeConfiguration(jobName: "j")).outcome(
                    of: set(["__address__": "host", "__scheme__": "https"]), sharing: .empty)))
        #expect(target.url == "https://host/metrics")
        #expect(target.labels["instance"] == "host")
    }

    @Test("parameters become labels, and relabelling can change them, the path, the scheme and the times")
    func relabelled() throws {
        let job = try job { job in
            job.parameters = [
                QueryParameter(name: "a", values: ["1 &", "2"]), QueryParameter(name: "none", values: []),
            ]
            job.metricsPath = "/m x"
            job.relabelRules = [
                try RelabelRule(sourceLabels: ["__param_a"], targetLabel: "seen"),
                try RelabelRule(targetLabel: "__param_a", replacement: "3"),
                try RelabelRule(targetLabel: "__param_b", replacement: "ü"),
                try RelabelRule(targetLabel: "__scheme__", replacement: "https"),
                try RelabelRule(targetLabel: "__scrape_interval__", replacement: "15s"),
                try RelabelRule(targetLabel: "__tmp_x", replacement: "gone"),
                try RelabelRule(targetLabel: "__scrape_native_histograms__", replacement: "true"),
            ]
        }
        let target = try #require(active(TargetBuilder(job).outcome(of: set(["__address__": "h:1"]), sharing: .empty)))
        #expect(target.labels == set(["instance": "h:1", "job": "j", "seen": "1 &"]))
        #expect(target.url == "https://h:1/m%20x?a=3&a=2&b=%C3%BC")
        #expect(target.interval == 15_000)
        #expect(target.takesNativeHistograms)
    }

    @Test("a dropped target keeps its discovered labels")
    func dropped() throws {
        let job = try job { job in job.relabelRules = [try RelabelRule(action: .drop)] }
        guard case .dropped(let labels) = TargetBuilder(job).outcome(of: set(["__address__": "h:1"]), sharing: .empty)
        else {
            Issue.record("the target was not dropped")
            return
        }
        #expect(labels["__address__"] == "h:1")
    }

    @Test("a target that cannot be scraped says why")
    func failures() {
        let builder = TargetBuilder(ScrapeConfiguration(jobName: "j"))
        func error(_ labels: KeyValuePairs<String, String>) -> TargetError? {
            failure(builder.outcome(of: set(labels), sharing: .empty))
        }
        #expect(error(["x": "y"]) == .missingAddress)
        #expect(error(["__address__": "h/x"]) == .invalidAddress("h/x"))
        #expect(error(["__address__": "h", "__scheme__": "ftp"]) == .invalidScheme("ftp"))
        #expect(error(["__address__": "h", "__scrape_interval__": "0"]) == .zeroInterval)
        #expect(error(["__address__": "h", "__scrape_timeout__": "0s"]) == .zeroTimeout)
        #expect(
            error(["__address__": "h", "__scrape_timeout__": "2m"])
                == .timeoutExceedsInterval(timeout: "2m", interval: "1m"))
        #expect(
            error(["__address__": "h", "__scrape_interval__": "x"])?.description.contains(
                "error parsing scrape interval") == true)
        #expect(
            error(["__address__": "h", "__scrape_native_histograms__": "maybe"])
                == .invalidFlag(label: "__scrape_native_histograms__", value: "maybe"))
    }
}
