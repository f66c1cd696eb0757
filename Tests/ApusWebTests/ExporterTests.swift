import ApusClient
import ApusExporters
import ApusTestSupport
import ApusWeb
import HTTPTypes
import HummingbirdCore
import Logging
import Testing

/// Tells what it was asked for.
private struct FakeExporter: MetricsExporter {
    let name = "fake"

    func expose(accept: String?) async -> ExporterPage {
        ExporterPage(contentType: "text/plain; version=0.0.4", body: Array("# \(accept ?? "")\nfake 1\n".utf8))
    }
}

@Suite("Exporters and containers over HTTP")
struct ExporterTests {
    private static func containers(version: String = "20.10.24", exposesMetrics: Bool = false) -> ContainerSources {
        let log = ContainerEventLog()
        for (time, name, action, code) in [
            (1_000, "web", ContainerEvent.Action.start, nil), (2_000, "web", .die, 137), (3_000, "db", .oom, nil),
        ] as [(Int64, String, ContainerEvent.Action, Int?)] {
            log.append(
                ContainerEvent(
                    time: time, action: action, id: "id", name: name, image: "img",
                    identity: ContainerIdentity(project: "p", service: "s", replica: "1"), exitCode: code))
        }
        return ContainerSources(log: log) {
            var engine = EngineStatus()
            engine.version = version
            engine.isConnected = true
            engine.counts = ["running": 2, "exited": 1]
            return ContainersStatus(
                address: "/var/run/docker.sock", engine: engine, exposesMetrics: exposesMetrics,
                hint: EngineMetricsHint(
                    file: "/nonexistent/daemon.json", needsExperimental: engine.needsExperimental))
        }
    }

    @Test("each exporter answers below /metrics/, in the formats that a scraper asks for")
    func paths() async throws {
        let web = try WebHarness { $0.exporters = [FakeExporter()] }
        var accept = HTTPFields()
        accept.append(HTTPField(name: .accept, value: "text/plain"))
        accept.append(HTTPField(name: .accept, value: "*/*"))
        let answer = try await web.ask(.get, "/metrics/fake", accept)
        #expect(answer.status == 200)
        #expect(answer.text == "# text/plain,*/*\nfake 1\n")
        let none = try await web.get("/metrics/host")
        #expect(none.status == 404)
    }

    @Test("the engine's state comes with what to write where it exposes no metrics")
    func status() async throws {
        let web = try WebHarness { $0.containers = Self.containers() }
        let text = try await web.get("/api/v1/status/containers").text
        #expect(text.contains(#""connected":true,"version":"20.10.24""#))
        #expect(text.contains(#""containers":{"exited":1,"running":2},"leftOut":0"#))
        #expect(text.contains(#""exposed":false,"hint":{"text":"The engine exposes no metrics of its own."#))
        #expect(text.contains(#"\"metrics-addr\": \"127.0.0.1:9323\""#))
        #expect(text.contains(#"\"experimental\": true"#), "engines before 23 need it")

        let newer = try WebHarness { $0.containers = Self.containers(version: "28.5.2") }
        #expect(try await !newer.get("/api/v1/status/containers").text.contains("experimental"))
        let exposing = try WebHarness { $0.containers = Self.containers(exposesMetrics: true) }
        let exposed = try await exposing.get("/api/v1/status/containers").text
        #expect(exposed.contains(#""exposed":true}"#))
    }

    @Test(
        "events are chosen by time, container and action",
        arguments: [
            ("", [1, 2, 3]), ("?start=2", [2, 3]), ("?end=1.5", [1]), ("?start=1.5&end=2.5", [2]),
            ("?name=web", [1, 2]), ("?name=web&name=db", [1, 2, 3]), ("?action=die&action=oom", [2, 3]),
            ("?limit=1", [3]), ("?name=none", []),
        ] as [(String, [Int])])
    func events(query: String, expected: [Int]) async throws {
        let web = try WebHarness { $0.containers = Self.containers() }
        let text = try await web.get("/api/v1/status/containers/events\(query)").text
        #expect(text.matches(of: /"time":(\d)/).compactMap { Int($0.output.1) } == expected)
    }

    @Test("an event says who, what, when and how it ended")
    func event() async throws {
        let web = try WebHarness { $0.containers = Self.containers() }
        let text = try await web.get("/api/v1/status/containers/events?action=die").text
        let who = #""id":"id","name":"web","image":"img","project":"p","service":"s","replica":"1""#
        let event = #"{"time":2,"action":"die",\#(who),"exitCode":137}"#
        #expect(text == #"{"status":"success","data":[\#(event)]}"#)
    }

    @Test(
        "what cannot be used is refused with its reason",
        arguments: [
            ("?action=explode", "\\\"explode\\\" is none of create, start"),
            ("?start=x", "invalid time value for 'start'"),
            ("?start=2&end=1", "end timestamp must not be before start time"), ("?limit=-1", "non-negative"),
        ])
    func refusals(query: String, reason: String) async throws {
        let web = try WebHarness { $0.containers = Self.containers() }
        let answer = try await web.get("/api/v1/status/containers/events\(query)")
        #expect(answer.status == 400)
        #expect(answer.text.contains(reason), "\(answer.text)")
    }

    @Test("where containers are not watched both say so", arguments: ["", "/events"])
    func notWatched(path: String) async throws {
        let answer = try await WebHarness().get("/api/v1/status/containers\(path)")
        #expect(answer.status == 500)
        #expect(answer.text.contains("--no-exporter.containers"))
    }

    @Test("an exporter by itself has a page, its metrics beside the process', and one end of the text")
    func site() async throws {
        let registry = MetricRegistry()
        _ = try registry.gauge("own", help: "Of the process.")
        let responder = try WebResponder(
            ExporterSite(HostExporter(version: "test"), registry: registry, version: "1.2.3"), settings: WebSettings(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let web = WebHarness(responder: responder)
        let landing = try await web.get("/")
        #expect(landing.fields[.contentType] == "text/html; charset=utf-8")
        #expect(landing.text.contains("<a href=\"metrics\">"))
        #expect(landing.text.contains("Version 1.2.3"))
        let plain = try await web.get("/metrics")
        #expect(plain.text.contains("\nown 0\n"))
        #expect(plain.text.contains("\nnode_load1 "))
        let open = try await web.get("/metrics", [.accept: "application/openmetrics-text; version=1.0.0"])
        #expect(open.fields[.contentType]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
        #expect(open.text.hasSuffix("# EOF\n"))
        #expect(open.text.matches(of: /# EOF/).count == 1)
        #expect(try await web.get("/-/healthy").status == 200)
        #expect(try await web.get("/api/v1/query?query=1").status == 404)
    }
}
