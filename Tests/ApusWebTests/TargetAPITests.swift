import ApusModel
import ApusWeb
import Testing

@Suite("Target API")
struct TargetAPITests {
    private static let targets = FakeTargets(
        snapshot: TargetSnapshot(
            pools: ["self", "drop"],
            active: [
                TargetStatus(
                    discoveredLabels: .of(["__address__": "b:1", "job": "self"]),
                    labels: .of(["instance": "b:1", "job": "self"]),
                    pool: "self", url: "http://b:1/metrics", globalURL: "http://b:1/metrics",
                    lastError: "connection refused", lastScrape: 1_435_781_430_781, lastScrapeDuration: 0.0005,
                    health: .down, interval: 15_000, timeout: 10_000),
                TargetStatus(
                    discoveredLabels: .of(["__address__": "a:1", "job": "self"]),
                    labels: .of(["instance": "a:1", "job": "self"]),
                    pool: "self", url: "http://a:1/metrics", globalURL: "http://a:1/metrics", interval: 90_000,
                    timeout: 10_000),
            ],
            dropped: [DroppedTarget(discoveredLabels: .of(["__address__": "c:1", "job": "drop"]), pool: "drop")],
            droppedCounts: ["drop": 1]),
        entries: [
            TargetMetadata(
                target: .of(["instance": "b:1"]), family: "up_total",
                metadata: MetricMetadata(type: .counter, help: "Help \"b\"")),
            TargetMetadata(
                target: .of(["instance": "a:1"]), family: "up_total",
                metadata: MetricMetadata(type: .gauge, help: "Help a", unit: "s")),
            TargetMetadata(
                target: .of(["instance": "a:1"]), family: "b", metadata: MetricMetadata(type: .counter, help: "B")),
        ])

    private static let never =
        #"{"discoveredLabels":{"__address__":"a:1","job":"self"},"labels":{"instance":"a:1","job":"self"},"#
        + #""scrapePool":"self","scrapeUrl":"http://a:1/metrics","globalUrl":"http://a:1/metrics","lastError":"","#
        + #""lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"unknown","scrapeInterval":"1m30s","scrapeTimeout":"10s"}"#
    private static let down =
        #"{"discoveredLabels":{"__address__":"b:1","job":"self"},"labels":{"instance":"b:1","job":"self"},"#
        + #""scrapePool":"self","scrapeUrl":"http://b:1/metrics","globalUrl":"http://b:1/metrics","#
        + #""lastError":"connection refused","lastScrape":"2015-07-01T20:10:30.781Z","lastScrapeDuration":0.0005,"health":"down","scrapeInterval":"15s","scrapeTimeout":"10s"}"#
    private static let dropped =
        #"{"discoveredLabels":{"__address__":"c:1","job":"drop"},"scrapePool":"drop"}"#

    @Test("targets are listed by pool and labels, dropped ones apart")
    func all() async throws {
        #expect(
            try await WebHarness(targets: Self.targets).get("/api/v1/targets").text
                == #"{"status":"success","data":{"activeTargets":[\#(Self.never),\#(Self.down)],"#
                + #""droppedTargets":[\#(Self.dropped)],"droppedTargetCounts":{"drop":1,"self":0}}}"#)
    }

    @Test(
        "state and pool select targets",
        arguments: [
            ("state=active", #"[\#(never),\#(down)],"droppedTargets":[],"droppedTargetCounts":null"#),
            ("state=dropped", #"[],"droppedTargets":[\#(dropped)],"droppedTargetCounts":{"drop":1,"self":0}"#),
            ("state=foo", #"[],"droppedTargets":[],"droppedTargetCounts":null"#),
            ("scrapePool=none", #"[],"droppedTargets":[],"droppedTargetCounts":{"drop":1,"self":0}"#),
            ("scrapePool=self&state=ACTIVE", #"[\#(never),\#(down)],"droppedTargets":[],"droppedTargetCounts":null"#),
        ])
    func selected(query: String, expected: String) async throws {
        #expect(
            try await WebHarness(targets: Self.targets).get("/api/v1/targets?\(query)").text
                == #"{"status":"success","data":{"activeTargets":\#(expected)}}"#)
    }

    @Test("scrape pools are listed by name")
    func pools() async throws {
        #expect(
            try await WebHarness(targets: Self.targets).get("/api/v1/scrape_pools").text
                == #"{"status":"success","data":{"scrapePools":["drop","self"]}}"#)
    }

    @Test("metadata is listed by family, each different one once")
    func metadata() async throws {
        let web = try WebHarness(targets: Self.targets)
        let first = #""b":[{"type":"counter","unit":"","help":"B"}]"#
        let counter = #"{"type":"counter","unit":"","help":"Help \"b\""}"#
        let gauge = #"{"type":"gauge","unit":"s","help":"Help a"}"#
        #expect(
            try await web.get("/api/v1/metadata").text
                == #"{"status":"success","data":{\#(first),"up_total":[\#(counter),\#(gauge)]}}"#)
        #expect(try await web.get("/api/v1/metadata?limit=1").text == #"{"status":"success","data":{\#(first)}}"#)
        #expect(
            try await web.get("/api/v1/metadata?metric=up_total&limit_per_metric=1").text
                == #"{"status":"success","data":{"up_total":[\#(counter)]}}"#)
        #expect(try await web.get("/api/v1/metadata?metric=none").text == #"{"status":"success","data":{}}"#)
    }

    @Test("what the store remembers of families is told where no target says anything")
    func rememberedMetadata() async throws {
        let web = try WebHarness(targets: Self.targets) {
            $0.storedMetadata = { family in
                [
                    ("b", MetricMetadata(type: .gauge, help: "older")),
                    ("pushed", MetricMetadata(type: .info, unit: "s")),
                ]
                .filter { family == nil || $0.0 == family }
            }
        }
        let text = try await web.get("/api/v1/metadata").text
        #expect(
            text.contains(
                #""b":[{"type":"counter","unit":"","help":"B"}],"pushed":[{"type":"info","unit":"s","help":""}]"#))
        #expect(
            try await web.get("/api/v1/metadata?metric=pushed").text
                == #"{"status":"success","data":{"pushed":[{"type":"info","unit":"s","help":""}]}}"#)
    }

    @Test("metadata of targets names target and family")
    func targetMetadata() async throws {
        let web = try WebHarness(targets: Self.targets)
        #expect(
            try await web.get("/api/v1/targets/metadata?match_target=%7Binstance%3D~%22b.*%22%7D").text
                == #"{"status":"success","data":[{"target":{"instance":"b:1"},"metric":"up_total","type":"counter","help":"Help \"b\"","unit":""}]}"#
        )
        #expect(
            try await web.get("/api/v1/targets/metadata?metric=b&limit=1").text
                == #"{"status":"success","data":[{"target":{"instance":"a:1"},"type":"counter","help":"B","unit":""}]}"#
        )
    }

    @Test(
        "numbers and selectors that are none are refused",
        arguments: [
            ("metadata?limit=x", "limit must be a number"),
            ("metadata?limit_per_metric=x", "limit_per_metric must be a number"),
            ("targets/metadata?limit=x", "limit must be a number"),
        ])
    func refused(path: String, message: String) async throws {
        let answer = try await WebHarness().get("/api/v1/\(path)")
        #expect(answer.status == 400)
        #expect(answer.text == #"{"status":"error","errorType":"bad_data","error":"\#(message)"}"#)
    }

    @Test(
        "a broken target selector is refused",
        arguments: ["x%7B", "%7Binstance%3D~%22(%22%7D"])
    func brokenSelector(selector: String) async throws {
        let answer = try await WebHarness().get("/api/v1/targets/metadata?match_target=\(selector)")
        #expect(answer.status == 400)
        #expect(answer.text.contains(#"invalid parameter \"match_target\": "#))
    }
}
