import ApusModel
import ApusPromQL
import ApusQuery
import ApusWeb
import HTTPTypes
import Testing

@Suite("Query API")
struct QueryAPITests {
    private static let up = LabelSet.of(["__name__": "up", "job": "api"])

    @Test("a scalar is a pair of time and value")
    func scalar() async throws {
        let web = try WebHarness(engine: FakeEngine(.scalar(.infinity, timestamp: 1_795_379_287_120)))
        let answer = try await web.get("/api/v1/query?query=1")
        #expect(answer.status == 200)
        #expect(answer.fields[.contentType] == "application/json")
        #expect(
            answer.text
                == #"{"status":"success","data":{"resultType":"scalar","result":[1795379287.12,"+Inf"]}}"#)
    }

    @Test("a string is escaped, markup included")
    func string() async throws {
        let web = try WebHarness(engine: FakeEngine(.string("a<b>&\"\\\n\u{1}é", timestamp: 1_500)))
        #expect(
            try await web.get("/api/v1/query?query=1").text
                == #"{"status":"success","data":{"resultType":"string","result":[1.5,"a\u003cb\u003e\u0026\"\\\n\u0001é"]}}"#
        )
    }

    @Test("a vector lists its elements with labels, time and value")
    func vector() async throws {
        let web = try WebHarness(
            engine: FakeEngine(
                .vector([
                    VectorSample(labels: Self.up, value: 1, timestamp: 1_435_781_430_781),
                    VectorSample(labels: .empty, value: -0.5, timestamp: -1_500),
                ])))
        #expect(
            try await web.get("/api/v1/query?query=up").text
                == #"{"status":"success","data":{"resultType":"vector","result":["#
                + #"{"metric":{"__name__":"up","job":"api"},"value":[1435781430.781,"1"]},"#
                + #"{"metric":{},"value":[-1.500,"-0.5"]}]}}"#)
    }

    @Test("a matrix lists its series with their samples")
    func matrix() async throws {
        let series = MatrixSeries(
            labels: Self.up,
            samples: SampleColumns(timestamps: [1_000, 1_300, 61_000], values: [1, .nan, 1e21]))
        let web = try WebHarness(engine: FakeEngine(.matrix([series, series])))
        let one = #"{"metric":{"__name__":"up","job":"api"},"values":[[1,"1"],[1.300,"NaN"],[61,"1e+21"]]}"#
        #expect(
            try await web.get("/api/v1/query_range?query=up&start=1&end=61&step=1").text
                == #"{"status":"success","data":{"resultType":"matrix","result":[\#(one),\#(one)]}}"#)
    }

    @Test("an empty result is an empty list")
    func empty() async throws {
        #expect(
            try await WebHarness(engine: FakeEngine(.matrix([]))).get("/api/v1/query?query=a[5m]").text
                == #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
        #expect(
            try await WebHarness(engine: FakeEngine(.vector([]))).get("/api/v1/query?query=a").text
                == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
    }

    @Test("native histograms stand beside the values of their series")
    func histograms() async throws {
        var histogram = NativeHistogram()
        histogram.count = 12
        histogram.sum = 18.4
        histogram.zeroThreshold = 0.001
        histogram.zeroCount = 2
        histogram.positiveSpans = [.init(offset: 0, length: 2), .init(offset: 1, length: 1)]
        histogram.positiveBuckets = [2, 0, 1]
        histogram.negativeSpans = [.init(offset: 0, length: 1)]
        histogram.negativeBuckets = [3]
        var samples = SampleColumns(timestamps: [1_000, 2_000], values: [5, .nan])
        samples.histograms = [.init(position: 1, histogram: histogram)]
        let web = try WebHarness(engine: FakeEngine(.matrix([MatrixSeries(labels: .empty, samples: samples)])))
        #expect(
            try await web.get("/api/v1/query?query=a[5m]").text
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"5"]],"#
                + #""histograms":[[2,{"count":"12","sum":"18.4","buckets":[[1,"-1","-0.5","3"],"#
                + #"[3,"-0.001","0.001","2"],[0,"0.5","1","2"],[0,"4","8","1"]]}]]}]}}"#)
    }

    @Test("a series of histograms only has no values, and custom bounds are shown as they are")
    func customBounds() async throws {
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBoundsSchema
        histogram.count = 3
        histogram.sum = 1
        histogram.customBounds = [0.5, 1]
        histogram.positiveSpans = [.init(offset: 0, length: 3)]
        histogram.positiveBuckets = [1, 1, 1]
        var samples = SampleColumns(timestamps: [2_000], values: [.nan])
        samples.histograms = [.init(position: 0, histogram: histogram)]
        let web = try WebHarness(engine: FakeEngine(.matrix([MatrixSeries(labels: .empty, samples: samples)])))
        #expect(
            try await web.get("/api/v1/query?query=a[5m]").text
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"#
                + #""histograms":[[2,{"count":"3","sum":"1","buckets":[[3,"-Inf","0.5","1"],[0,"0.5","1","1"],"#
                + #"[0,"1","+Inf","1"]]}]]}]}}"#)
    }

    @Test("warnings and infos follow the data")
    func annotations() async throws {
        let engine = FakeEngine(.vector([]))
        engine.answer(with: .success(QueryResult(value: .vector([]), warnings: ["w <1>"], infos: ["i"])))
        #expect(
            try await WebHarness(engine: engine).get("/api/v1/query?query=a").text
                == #"{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["w \u003c1\u003e"],"infos":["i"]}"#
        )
    }

    @Test(
        "a limit cuts the result and says so", arguments: ["query?query=a", "query_range?query=a&start=1&end=2&step=1"])
    func limit(path: String) async throws {
        let series = MatrixSeries(labels: Self.up, samples: SampleColumns(timestamps: [1_000], values: [1]))
        let web = try WebHarness(engine: FakeEngine(.matrix([series, series, series])))
        let cut = try await web.get("/api/v1/\(path)&limit=1").text
        #expect(cut.hasSuffix(#""values":[[1,"1"]]}]},"warnings":["results truncated due to limit"]}"#))
        #expect(cut.split(separator: "metric").count == 2)
        #expect(!(try await web.get("/api/v1/\(path)&limit=3").text.contains("warnings")))
        #expect(!(try await web.get("/api/v1/\(path)&limit=0").text.contains("warnings")))
    }

    @Test("statistics are told when asked for")
    func statistics() async throws {
        let engine = FakeEngine(.vector([]))
        var statistics = QueryStatistics()
        statistics.samplesRead = 6
        statistics.queryableSamples = 9
        statistics.samplesPerStep = [(1_500, 4), (2_000, 5)]
        statistics.peakSamples = 4
        statistics.peakMemoryBytes = 100
        statistics.evaluationNanoseconds = 1_500_000
        engine.answer(with: .success(QueryResult(value: .vector([]), statistics: statistics)))
        #expect(
            try await WebHarness(engine: engine).get("/api/v1/query?query=a&stats=all").text
                == #"{"status":"success","data":{"resultType":"vector","result":[],"stats":{"timings":{"#
                + #""evalTotalTime":0.0015,"resultSortTime":0,"queryPreparationTime":0,"innerEvalTime":0.0015,"#
                + #""execQueueTime":0,"execTotalTime":0.0015},"samples":{"totalQueryableSamplesPerStep":[[1.5,4],[2,5]],"#
                + #""totalQueryableSamples":9,"samplesRead":6,"peakSamples":4},"memory":{"peakBytes":100}}}}"#
        )
        #expect(engine.lastCall?.wantsSteps == true)
        _ = try await WebHarness(engine: engine).get("/api/v1/query?query=a&stats=true", [.userAgent: "curl/8"])
        #expect(engine.lastCall?.wantsSteps == false)
        #expect(engine.lastCall?.client == "curl/8")
    }

    @Test(
        "times are RFC 3339 or seconds, and the present when missing",
        arguments: [
            ("&time=1435781430.7819", 1_435_781_430_782), ("&time=2015-07-01T20:10:30.781Z", 1_435_781_430_781),
            ("&time=-1.5", -1_500), ("", WebHarness.now), ("&time=", WebHarness.now),
            ("&time=2015-07-01T22:10:30%2B02:00", 1_435_781_430_000),
        ])
    func times(parameter: String, expected: Int64) async throws {
        let engine = FakeEngine(.vector([]))
        _ = try await WebHarness(engine: engine).get("/api/v1/query?query=up\(parameter)")
        #expect(engine.lastCall?.start == expected)
    }

    @Test("a range query passes its times, step and options on")
    func rangeParameters() async throws {
        let engine = FakeEngine(.matrix([]))
        let web = try WebHarness(engine: engine)
        let form =
            "query=up%7Ba%3D%22b+c%22%7D&start=1&end=2015-07-01T20:10:30Z&step=1d18h&timeout=1.5&lookback_delta=2m"
        let answer = try await web.post("/api/v1/query_range?query=other&step=7", form: form)
        #expect(answer.status == 200)
        #expect(
            engine.lastCall
                == FakeEngine.Call(
                    text: #"up{a="b c"}"#, start: 1_000, end: 1_435_781_430_000, step: 151_200_000, timeout: 1_500,
                    lookback: 120_000))
    }

    @Test(
        "parameters that cannot be used are refused in the peers' words",
        arguments: [
            (
                "query?query=1&time=foo",
                #"invalid parameter "time": invalid time value for 'time': cannot parse "foo" to a valid timestamp"#
            ),
            (
                "query?query=1&time=NaN",
                #"invalid parameter "time": invalid time value for 'time': cannot parse "NaN" to a valid timestamp"#
            ),
            (
                "query?query=1&time=%2BInf",
                #"invalid parameter "time": invalid time value for 'time': cannot parse "+Inf" to a valid timestamp"#
            ),
            (
                "query?query=1&time=1e300",
                #"invalid parameter "time": invalid time value for 'time': cannot parse "1e300" to a valid timestamp"#
            ),
            ("query?query=1&timeout=foo", #"invalid parameter "timeout": cannot parse "foo" to a valid duration"#),
            ("query?query=1&timeout=0", #"invalid parameter "query": context deadline exceeded"#),
            ("query?query=1&timeout=-1", #"invalid parameter "query": context deadline exceeded"#),
            ("query?query=1&limit=-1", #"invalid parameter "limit": limit must be non-negative"#),
            ("query?query=1&limit=x", #"invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax"#),
            (
                "query?query=1&limit=99999999999999999999",
                #"invalid parameter "limit": strconv.Atoi: parsing "99999999999999999999": value out of range"#
            ),
            (
                "query?query=1&lookback_delta=x",
                #"error parsing lookback delta duration: cannot parse "x" to a valid duration"#
            ),
            ("query_range?query=1", #"invalid parameter "start": cannot parse "" to a valid timestamp"#),
            ("query_range?query=1&start=1", #"invalid parameter "end": cannot parse "" to a valid timestamp"#),
            ("query_range?query=1&start=1&end=2", #"invalid parameter "step": cannot parse "" to a valid duration"#),
            (
                "query_range?query=1&start=3&end=2&step=1",
                #"invalid parameter "end": end timestamp must not be before start time"#
            ),
            ("query_range?query=1&start=1&end=2&step=0", zeroStep),
            ("query_range?query=1&start=1&end=2&step=-5", zeroStep),
            ("query_range?query=1&start=1&end=2&step=0.0001", zeroStep),
            (
                "query_range?query=1&start=1&end=2&step=NaN",
                #"invalid parameter "step": cannot parse "NaN" to a valid duration"#
            ),
            (
                "query_range?query=1&start=1&end=2&step=1e300",
                #"invalid parameter "step": cannot parse "1e300" to a valid duration. It overflows int64"#
            ),
            (
                "query_range?query=1&start=1&end=2&step=1e18y",
                #"invalid parameter "step": cannot parse "1e18y" to a valid duration"#
            ),
            (
                "query_range?query=1&start=1&end=2&step=999999999999999999y",
                #"invalid parameter "step": cannot parse "999999999999999999y" to a valid duration. It overflows int64"#
            ),
            ("query_range?query=1&start=0&end=11001&step=1", tooManyPoints),
            ("query_range?query=1&start=-300000000000&end=200000000000&step=0.001", tooManyPoints),
        ])
    func refused(path: String, message: String) async throws {
        let answer = try await WebHarness().get("/api/v1/\(path)")
        #expect(answer.status == 400)
        let escaped = message.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(answer.text == #"{"status":"error","errorType":"bad_data","error":"\#(escaped)"}"#)
    }

    private static let zeroStep =
        #"invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer"#
    private static let tooManyPoints =
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"

    @Test("11,000 steps are accepted")
    func manyPoints() async throws {
        #expect(
            try await WebHarness(engine: FakeEngine(.matrix([])))
                .get("/api/v1/query_range?query=1&start=0&end=11000&step=1").status == 200)
    }

    @Test(
        "failures of the engine have the peers' kinds and statuses",
        arguments: [
            (QueryError.badData("b"), 400, "bad_data", #"invalid parameter \"query\": b"#),
            (.execution("e"), 422, "execution", "e"), (.timeout("t"), 503, "timeout", "t"),
            (.cancelled("c"), 499, "canceled", "c"), (.tooBusy("q"), 503, "timeout", "q"),
            (.storage("s"), 500, "internal", "s"),
        ])
    func engineErrors(error: QueryError, status: Int, kind: String, message: String) async throws {
        let answer = try await WebHarness(engine: FakeEngine(error)).get("/api/v1/query?query=up")
        #expect(answer.status == status)
        #expect(answer.text == #"{"status":"error","errorType":"\#(kind)","error":"\#(message)"}"#)
    }

    @Test("a text that is not PromQL is refused with its position")
    func parseError() async throws {
        var parseError: ParseError?
        do {
            _ = try Parser.parse("sum(")
        } catch {
            parseError = error
        }
        let answer = try await WebHarness(engine: FakeEngine(.parse(try #require(parseError))))
            .get("/api/v1/query?query=sum(")
        #expect(answer.status == 400)
        #expect(
            answer.text.hasPrefix(#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:"#)
        )
        #expect(answer.text.contains("parse error: "))
    }

    @Test("format_query prints the expression again, or says what is wrong with it")
    func format() async throws {
        let web = try WebHarness()
        #expect(try await web.get("/api/v1/format_query?query=a%2Bb").text == #"{"status":"success","data":"a + b"}"#)
        let broken = try await web.post("/api/v1/format_query", form: "query=a%2B")
        #expect(broken.status == 400)
        #expect(broken.text.contains("parse error"))
    }

    @Test("a large matrix is sent in pieces that join to the whole")
    func pieces() async throws {
        let count = 40_000
        let samples = SampleColumns(
            timestamps: (0..<count).map { Int64($0) * 250 }, values: (0..<count).map { Double($0) / 8 })
        let series = (0..<3).map { MatrixSeries(labels: .of(["s": "\($0)"]), samples: samples) }
        let web = try WebHarness(engine: FakeEngine(.matrix(series)))
        let answer = try await web.get("/api/v1/query?query=a[5m]")
        #expect(answer.fields[.contentLength] == nil)
        var expected = #"{"status":"success","data":{"resultType":"matrix","result":["#
        for (index, one) in series.enumerated() {
            expected += index > 0 ? "," : ""
            expected += #"{"metric":{"s":"\#(index)"},"values":["#
            for point in 0..<count {
                let milliseconds = one.samples.timestamps[point] % 1_000
                let fraction = milliseconds == 0 ? "" : ".\(milliseconds)"
                var value = "\(one.samples.values[point])"
                if value.hasSuffix(".0") { value.removeLast(2) }
                expected +=
                    (point > 0 ? "," : "") + #"[\#(one.samples.timestamps[point] / 1_000)\#(fraction),"\#(value)"]"#
            }
            expected += "]}"
        }
        #expect(answer.text == expected + "]}}")
    }
}
