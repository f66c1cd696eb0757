import ApusModel
import ApusWeb
import HTTPTypes
import Testing

@Suite("Status API")
struct StatusAPITests {
    private static let build =
        #"{"version":"0.1.0","revision":"abc","branch":"","buildUser":"","buildDate":"","goVersion":"swift6.3.1"}"#

    @Test(
        "what the program is and how it runs is told in the peers' shapes",
        arguments: [
            ("status/buildinfo", build),
            ("status/config", #"{"yaml":"global:\n  scrape_interval: 15s\n"}"#),
            ("status/flags", #"{"config.file":"a.yml","web.max-connections":"512"}"#),
            (
                "status/runtimeinfo",
                #"{"startTime":"2015-07-01T20:10:30.781Z","CWD":"/srv","hostname":"host","serverTime":"2015-07-01T20:10:30.781Z","#
                    + #""reloadConfigSuccess":true,"lastConfigTime":"2015-07-01T20:10:30.781Z","corruptionCount":0,"goroutineCount":7,"#
                    + #""GOMAXPROCS":2,"GOMEMLIMIT":0,"GOGC":"","GODEBUG":"","storageRetention":"15d"}"#
            ),
            ("status/walreplay", #"{"min":0,"max":0,"current":0}"#),
            ("rules", #"{"groups":[]}"#), ("rules?type=alert", #"{"groups":[]}"#), ("alerts", #"{"alerts":[]}"#),
            ("alertmanagers", #"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#),
        ])
    func status(path: String, data: String) async throws {
        let answer = try await WebHarness().get("/api/v1/\(path)")
        #expect(answer.status == 200)
        #expect(answer.text == #"{"status":"success","data":\#(data)}"#)
    }

    @Test("the version stands alone too")
    func version() async throws {
        #expect(try await WebHarness().get("/version").text == Self.build)
    }

    @Test("a type of rule that does not exist is refused")
    func ruleType() async throws {
        let answer = try await WebHarness().get("/api/v1/rules?type=foo")
        #expect(answer.status == 400)
        #expect(answer.text.hasSuffix(#""error":"invalid parameter \"type\": not supported value \"foo\""}"#))
    }

    @Test("features name what is there and what is not")
    func features() async throws {
        let text = try await WebHarness().get("/api/v1/features").text
        #expect(text.contains(#""query_warnings":true"#))
        #expect(text.contains(#""remote_write_receiver":false"#))
        #expect(text.contains(#""lifecycle":false"#))
        var settings = WebSettings()
        settings.isLifecycleEnabled = true
        #expect(try await WebHarness(settings: settings).get("/api/v1/features").text.contains(#""lifecycle":true"#))
    }
}
