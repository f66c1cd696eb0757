import ApusModel
import ApusQuery
import ApusTestSupport
import ApusWeb
import HTTPTypes
import Testing

@Suite("Hostile requests")
struct HostileRequestTests {
    @Test(
        "escapes that are none and text that is not UTF-8 are refused",
        arguments: [
            "query=%zz", "query=%", "query=%4", "query=%FF", "%FF=1", "query=%ED%A0%80", "query=a%00%C0%80",
        ])
    func encoding(query: String) async throws {
        for path in ["/api/v1/query?\(query)", "/api/v1/series?match[]=up&\(query)"] {
            let answer = try await WebHarness().get(path)
            #expect(answer.status == 400, "\(path)")
            #expect(
                answer.text.hasPrefix(#"{"status":"error","errorType":"bad_data","error":"error parsing form values: "#)
            )
        }
        #expect(try await WebHarness().post("/api/v1/query", form: query).status == 400)
    }

    @Test("a path that is not UTF-8 is refused", arguments: ["%FF", "%zz", "a%ED%A0%80"])
    func path(name: String) async throws {
        #expect(try await WebHarness().get("/api/v1/label/\(name)/values").status == 400)
    }

    @Test(
        "escaped names that are none are taken as they are",
        arguments: ["U__", "U___", "U__a_zz_", "U___d800_", "U___1234567_", "U__a_"])
    func escapedNames(name: String) async throws {
        let web = try WebHarness(storage: MemoryQueryable([.of([name: "found"])]))
        let answer = try await web.get("/api/v1/label/\(name)/values")
        #expect(answer.status == 200)
        #expect(name == "U__" || answer.text.contains("found"))
    }

    @Test("ten thousand parameters are read, more are refused")
    func manyParameters() async throws {
        let web = try WebHarness()
        let some = String(repeating: "a=1&", count: 9_999) + "query=1"
        #expect(try await web.post("/api/v1/query", form: some).status == 200)
        let answer = try await web.post("/api/v1/query", form: some + "&b=1")
        #expect(answer.status == 400)
        #expect(answer.text.contains("more than 10000 parameters"))
    }

    @Test("a body beyond the limit is refused, by what it claims and by what it has")
    func largeBody() async throws {
        var settings = WebSettings()
        settings.maxFormBytes = 1_000
        let web = try WebHarness(settings: settings)
        let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        var claim = form
        claim[.contentLength] = "1073741824"
        var absurd = form
        absurd[.contentLength] = "99999999999999999999999"
        var chunked = form
        chunked[.transferEncoding] = "chunked"
        for fields in [form, claim, absurd, chunked] {
            let answer = try await web.ask(.post, "/api/v1/query", fields, body: [UInt8](repeating: 97, count: 1_001))
            #expect(answer.status == 413)
            #expect(answer.text.contains("the body has more than 1000 bytes"))
            #expect(answer.fields[.connection] == "close")
        }
    }

    @Test("a body of another type is not read as a form")
    func otherType() async throws {
        let engine = FakeEngine(.vector([]))
        _ = try await WebHarness(engine: engine).ask(
            .post, "/api/v1/query", [.contentType: "application/json"], body: Array("query=a".utf8))
        #expect(engine.lastCall?.text == "")
    }

    @Test("a query of a megabyte reaches the engine whole")
    func longQuery() async throws {
        let engine = FakeEngine(.vector([]))
        let text = String(repeating: "a+", count: 500_000) + "a"
        _ = try await WebHarness(engine: engine).post(
            "/api/v1/query", form: "query=" + text.replacing("+", with: "%2B"))
        #expect(engine.lastCall?.text == text)
    }

    @Test("any bytes as a query string give an answer")
    func randomQueries() async throws {
        let web = try WebHarness()
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("%&=+09afAF;[]queryadstme.-: \u{7f}é".unicodeScalars)
        for _ in 0..<2_000 {
            var query = "query=1&"
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                query.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            for path in ["query", "query_range", "series", "labels", "metadata", "targets", "status/tsdb"] {
                let answer = try await web.get("/api/v1/\(path)?\(query)")
                #expect([200, 400].contains(answer.status), "\(path)?\(query)")
            }
        }
    }

    @Test(
        "times at the ends of their range overflow nothing",
        arguments: [
            "-377705116800", "253402300799.999", "-292273086-05-16T16:47:06Z", "292277025-08-18T07:12:54.999999999Z",
        ])
    func extremeTimes(time: String) async throws {
        let web = try WebHarness()
        for path in [
            "query?query=1&time=\(time)", "query_range?query=1&start=\(time)&end=\(time)&step=9223372036",
            "series?match[]=up&start=\(time)&end=\(time)", "labels?start=\(time)",
        ] { #expect(try await web.get("/api/v1/\(path)").status == 200, "\(path)") }
    }

    @Test("text that is not UTF-8 in stored labels is repaired on the way out")
    func damagedLabels() async throws {
        let damaged = LabelSet(uncheckedRun: [1, 97, 3, 0x62, 0xFF, 0x63])
        let web = try WebHarness(storage: MemoryQueryable([damaged]))
        #expect(try await web.get("/api/v1/labels").text == #"{"status":"success","data":["a"]}"#)
        #expect(
            try await web.get("/api/v1/series?match[]=%7Ba!%3D%22%22%7D").text
                == #"{"status":"success","data":[{"a":"b\#u{FFFD}c"}]}"#)
    }
}
