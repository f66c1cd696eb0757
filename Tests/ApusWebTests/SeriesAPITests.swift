import ApusModel
import ApusTestSupport
import ApusWeb
import Testing

@Suite("Series and label API")
struct SeriesAPITests {
    private static let storage = MemoryQueryable([
        .of(["__name__": "up", "job": "b"]), .of(["__name__": "up", "job": "a", "path": "<&>\""]),
        .of(["__name__": "http.requests", "job": "a"]),
    ])

    @Test("series are listed once, in order, with markup as it is")
    func series() async throws {
        let web = try WebHarness(storage: Self.storage)
        let answer = try await web.get("/api/v1/series?match[]=up&match%5B%5D=%7Bjob%3D%22a%22%7D")
        #expect(answer.status == 200)
        #expect(
            answer.text
                == #"{"status":"success","data":[{"__name__":"http.requests","job":"a"},"#
                + #"{"__name__":"up","job":"a","path":"<&>\""},{"__name__":"up","job":"b"}]}"#)
        let posted = try await web.post("/api/v1/series", form: "match[]=up&limit=1")
        #expect(
            posted.text
                == #"{"status":"success","data":[{"__name__":"up","job":"a","path":"<&>\""}],"warnings":["results truncated due to limit"]}"#
        )
    }

    @Test("label names are listed, of all series or of those selected")
    func labels() async throws {
        let web = try WebHarness(storage: Self.storage)
        #expect(try await web.get("/api/v1/labels").text == #"{"status":"success","data":["__name__","job","path"]}"#)
        #expect(
            try await web.get("/api/v1/labels?match[]=%7Bjob%3D%22b%22%7D").text
                == #"{"status":"success","data":["__name__","job"]}"#)
        #expect(
            try await web.post("/api/v1/labels", form: "limit=1").text
                == #"{"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]}"#)
    }

    @Test("label values are listed, for names in any spelling")
    func values() async throws {
        let storage = MemoryQueryable([.of(["k8s.pod": "x", "a/b": "y", "a_b": "z", "é": "w"])])
        let web = try WebHarness(storage: storage)
        for (name, value) in [
            ("k8s.pod", "x"), ("U__k8s_2e_pod", "x"), ("a%2Fb", "y"), ("a_b", "z"), ("U__a__b", "z"), ("%C3%A9", "w"),
            ("U___e9_", "w"),
        ] {
            #expect(
                try await web.get("/api/v1/label/\(name)/values").text == #"{"status":"success","data":["\#(value)"]}"#,
                "\(name)")
        }
        #expect(try await web.get("/api/v1/label/none/values").text == #"{"status":"success","data":[]}"#)
    }

    @Test(
        "requests that select nothing sensible are refused in the peers' words",
        arguments: [
            ("series", "no match[] parameter provided"),
            (
                "series?match[]=%7B%7D",
                #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#
            ),
            ("labels?match[]=%7B%7D", "match[] must contain at least one non-empty matcher"),
            (
                "series?match[]=up&start=x",
                #"invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#
            ),
            (
                "labels?end=x",
                #"invalid parameter \"end\": invalid time value for 'end': cannot parse \"x\" to a valid timestamp"#
            ),
            ("labels?limit=-1", #"invalid parameter \"limit\": limit must be non-negative"#),
        ])
    func refused(path: String, message: String) async throws {
        let answer = try await WebHarness().get("/api/v1/\(path)")
        #expect(answer.status == 400)
        #expect(answer.text == #"{"status":"error","errorType":"bad_data","error":"\#(message)"}"#)
    }

    @Test("a selector that is not PromQL is refused with its position")
    func brokenSelector() async throws {
        let web = try WebHarness()
        let labels = try await web.get("/api/v1/labels?match[]=up%7B")
        #expect(labels.status == 400)
        #expect(labels.text.hasPrefix(#"{"status":"error","errorType":"bad_data","error":"1:"#))
        let series = try await web.get("/api/v1/series?match[]=up%7B")
        #expect(
            series.text.hasPrefix(
                #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": 1:"#))
    }

    @Test("an end before the start selects nothing")
    func emptyRange() async throws {
        let web = try WebHarness(storage: Self.storage)
        #expect(try await web.get("/api/v1/series?match[]=up&start=5&end=3").text == #"{"status":"success","data":[]}"#)
    }

    @Test(
        "failures of storage keep their kind",
        arguments: [
            (QueryableError.unreadable("block 7 is damaged"), 500, "internal"), (.cancelled, 499, "canceled"),
            (.invalidPattern(matcher: "a", reason: "b"), 400, "bad_data"),
        ])
    func storageErrors(error: QueryableError, status: Int, kind: String) async throws {
        let answer = try await WebHarness(storage: BrokenStorage(error: error)).get("/api/v1/labels")
        #expect(answer.status == status)
        #expect(answer.text.hasPrefix(#"{"status":"error","errorType":"\#(kind)","#))
    }
}
