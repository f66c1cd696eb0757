import ApusModel
import ApusPromQL
import ApusTestSupport
import Testing

@Suite("The script language")
struct ScriptTests {
    @Test("a load block gives each series its values")
    func load() throws {
        let script = try Script(
            """
            # A comment.
            clear
            load 1m30s
              foo{a="b c",d='}'}  1 _x3 stale 2+3x2 -1-1x1 NaN +Infx1 1e-3
              {"a.b", "c"="d"}
              foo{a="x"} 1
              foo{a="x", empty=""} 2
            """, file: "x.test")
        guard case .clear = script.commands[0], case .load(let load) = script.commands[1] else {
            Issue.record("not the expected commands")
            return
        }
        #expect(load.step == 90_000)
        #expect(load.series.map(\.labels.description) == [#"foo{a="b c", d="}"}"#, #"{"a.b", c="d"}"#, #"foo{a="x"}"#])
        #expect(load.series[1].values.isEmpty)
        #expect(load.series[2].values == [.float(2)])
        let bits = load.series[0].values.map { value -> UInt64? in
            guard case .float(let float)? = value else { return nil }
            return float.bitPattern
        }
        let wanted: [Double?] = [
            1, nil, nil, nil, SpecialValue.staleMarker, 2, 5, 8, -1, -2, SpecialValue.normalNaN, .infinity, .infinity,
            0.001,
        ]
        #expect(bits == wanted.map { $0?.bitPattern })
        #expect(load.loadedSeries[0].samples.map(\.timestamp).prefix(3) == [0, 360_000, 450_000])
    }

    @Test("start times stand before the line of their series")
    func startTimes() throws {
        let script = try Script(
            "load 1m\n foo@st _ _x1 -30s-1mx1 1ms+1sx1 0\n foo 1x6\n", file: "x.test")
        guard case .load(let load) = script.commands[0] else {
            Issue.record("not a load block")
            return
        }
        #expect(load.series[0].startOffsets == [nil, nil, -30_000, -90_000, 1, 1001, 0])
        #expect(
            load.loadedSeries[0].samples.map(\.startTimestamp) == [nil, nil, 90_000, 90_000, 240_001, 301_001, 360_000])
    }

    @Test("native histograms are read, repeated and added up")
    func histograms() throws {
        let script = try Script(
            """
            load 1m
              h {{schema:1 sum:-4.5 count:10 z_bucket:2 z_bucket_w:0.001 buckets:[1 0 2] offset:-1 n_buckets:[5] n_offset:3 counter_reset_hint:gauge}} {{}}x1
              i {{schema:0 count:3 sum:4 buckets:[1 2]}}+{{schema:1 count:2 sum:1 buckets:[1 1] offset:1}}x2
              j {{schema:-53 custom_values:[0.1 1] buckets:[1 2 3] count:6}}
            """, file: "x.test")
        guard case .load(let load) = script.commands[0],
            case .histogram(let first, let hasHint)? = load.series[0].values[0],
            case .histogram(let third, _)? = load.series[1].values[2],
            case .histogram(let custom, _)? = load.series[2].values[0]
        else {
            Issue.record("not the expected values")
            return
        }
        #expect(load.series.map(\.values.count) == [3, 3, 1])
        #expect(first.schema == 1 && first.sum == -4.5 && first.count == 10 && first.zeroCount == 2)
        #expect(first.zeroThreshold == 0.001 && first.counterResetHint == .gauge && hasHint)
        #expect(first.positiveSpans == [.init(offset: -1, length: 3)] && first.positiveBuckets == [1, 0, 2])
        #expect(first.negativeSpans == [.init(offset: 3, length: 1)] && first.negativeBuckets == [5])
        // Buckets 1 and 2 of schema 1 together are bucket 1 of schema 0.
        #expect(third.schema == 0 && third.count == 7 && third.sum == 6)
        #expect(third.positiveSpans == [.init(offset: 0, length: 2)] && third.positiveBuckets == [1, 6])
        #expect(custom.customBounds == [0.1, 1] && custom.positiveBuckets == [1, 2, 3])
    }

    @Test("classic histograms become native ones with custom buckets")
    func customBuckets() throws {
        let script = try Script(
            """
            load_with_nhcb 1m
              x_bucket{le="0.1",a="b"} 1 2
              x_bucket{le="1",a="b"} 3 4
              x_bucket{le="+Inf",a="b"} 5 7
              x_bucket{le="bad",a="b"} 5 7
              x_sum{a="b"} 9 _
            """, file: "x.test")
        guard case .load(let load) = script.commands[0], let made = load.loadedSeries.last,
            case .histogram(let second, _)? = made.samples.last?.value
        else {
            Issue.record("not the expected commands")
            return
        }
        #expect(made.labels.description == #"x{a="b"}"#)
        #expect(made.samples.count == 2)
        #expect(second.schema == NativeHistogram.customBoundsSchema && second.customBounds == [0.1, 1])
        #expect(second.positiveBuckets == [2, 2, 3] && second.count == 7 && second.sum == 0)
    }

    @Test("evaluation blocks hold their expectations")
    func evaluations() throws {
        let script = try Script(
            """
            eval instant at 5m sum(foo) by (a)
              expect warn msg: some text
              expect no_info
              expect ordered
              {a="b"} 1
              {} 2

            eval instant at 0 1 + 1
              2
            eval range from 1m to 10m step 30s rate(x[5m]) # comment
              x 1 _ 3

            eval_fail instant at 0 foo
              expected_fail_regexp a.*b

            eval instant at 1m x[1m]
              expect range vector from 10s to 1m step 10s
              x 1 2

            eval instant at 0 "a"
              expect string `a"`
            """, file: "x.test")
        let evaluations = script.commands.compactMap { command -> ScriptEvaluation? in
            if case .evaluate(let evaluation) = command { evaluation } else { nil }
        }
        #expect(evaluations.map(\.line) == [1, 8, 10, 13, 16, 20])
        #expect(
            evaluations.map(\.query) == ["sum(foo) by (a)", "1 + 1", "rate(x[5m]) # comment", "foo", "x[1m]", "\"a\""])
        #expect(evaluations[0].time == .instant(300_000))
        #expect(evaluations[2].time == .range(start: 60_000, end: 600_000, step: 30_000))
        #expect(evaluations[0].expectation.isOrdered && evaluations[0].expectation.forbidsInfos)
        #expect(evaluations[4].expectation.rangeVector?.step == 10_000)
        guard case .equal("some text")? = evaluations[0].expectation.warnings.first,
            case .scalar(2) = evaluations[1].expectation.value,
            case .matching("a.*b")? = evaluations[3].expectation.failure,
            case .string("a\"") = evaluations[5].expectation.value
        else {
            Issue.record("not the expected expectations")
            return
        }
    }

    @Test(
        "a bad script says which line",
        arguments: [
            ("\nfrobnicate", "x.test:2: unknown command \"frobnicate\""),
            ("load 5x", "x.test:1: not a valid duration string: \"5x\""),
            ("load 1m\n foo 1 2y", "x.test:2: bad value at \"y\""),
            ("load 1m\n foo 1+1", "x.test:2: a sequence needs a number of repetitions"),
            ("load 1m\n foo 1x99999999999", "x.test:2: bad number of repetitions"),
            ("load 1m\n foo {{schema:0", "x.test:2: unclosed histogram"),
            ("load 1m\n foo {{shape:0}}", "x.test:2: bad histogram descriptor found: \"shape\""),
            (
                "load 1m\n foo{a=~\"b\"} 1",
                "x.test:2: 1:1: parse error: unexpected <op:=~> in label set, expected \"=\""
            ),
            ("load 1m\n foo@st 1s\n foo 1 2", "x.test:3: the line of start times before does not fit"),
            (
                "eval instant foo",
                "x.test:1: expected `eval instant at TIME QUERY` or `eval range from START to END step STEP QUERY`"
            ),
            ("eval instant at 0 x\n expect wonders", "x.test:2: unknown expectation \"wonders\""),
            ("eval instant at 0 x\n expect fail\n expect fail", "x.test:3: there may be only one `expect fail`"),
        ])
    func badScripts(text: String, message: String) {
        let error = #expect(throws: ScriptError.self) { try Script(text, file: "x.test") }
        #expect(error?.description == message)
    }

    // MARK: Runner

    /// Answers instant queries from a list and range queries with the same at each step.
    private struct CannedEngine: ScriptEngine {
        var answers: [String: ScriptAnswer] = [:]

        func clear() async throws {}
        func load(_ series: [ScriptLoadedSeries]) async throws {}

        func evaluate(_ query: String, at time: Int64) async -> ScriptAnswer {
            answers[query] ?? ScriptAnswer(.failure("unknown query \(query)"))
        }

        func evaluate(_ query: String, from start: Int64, through end: Int64, step: Int64) async -> ScriptAnswer {
            guard let answer = answers["range " + query] ?? answers[query] else {
                return ScriptAnswer(.failure("unknown query"))
            }
            let times = stride(from: start, through: end, by: Int64.Stride(step))
            switch answer.value {
            case .scalar(let value):
                let points = times.map { ScriptSample(timestamp: $0, value: .float(value)) }
                return ScriptAnswer(.matrix([.init(labels: .empty, points: points)]))
            case .vector(let elements):
                return ScriptAnswer(
                    .matrix(
                        elements.map { element in
                            .init(
                                labels: element.labels,
                                points: times.map { .init(timestamp: $0, value: element.points[0].value) })
                        }))
            default: return answer
            }
        }
    }

    private static func vector(_ elements: [(String, Double)]) throws -> ScriptAnswer.Value {
        .vector(
            try elements.map { element in
                .init(
                    labels: try Parser.parseSeries(element.0),
                    points: [ScriptSample(timestamp: 0, value: .float(element.1))])
            })
    }

    private static func differences(
        _ script: String, _ answers: [String: ScriptAnswer], repeating: Bool = false
    ) async throws -> [String] {
        var runner = ScriptRunner(engine: CannedEngine(answers: answers))
        runner.repeatsInOtherWays = repeating
        return try await runner.run(try Script(script, file: "x.test")).flatMap(\.differences)
    }

    @Test("a right answer passes, and floats may differ a little")
    func passes() async throws {
        let answers = [
            "q": ScriptAnswer(try Self.vector([("a", 1.000_000_1), ("b", .nan)]), warnings: ["w 1"]),
            "s": ScriptAnswer(.scalar(.infinity)), "t": ScriptAnswer(.string("x")),
            "f": ScriptAnswer(.failure("it went wrong")),
        ]
        let script = """
            eval instant at 0 q
              expect warn regex: ^w .
              expect no_info
              expect ordered
              a 1
              b NaN

            eval instant at 0 s
              Inf
            eval instant at 0 t
              expect string "x"

            eval instant at 0 f
              expect fail regex: went

            eval instant at 0 f
              expect fail msg: it went wrong
            """
        #expect(try await Self.differences(script, answers) == [])
    }

    @Test("every difference is reported")
    func fails() async throws {
        let answer = ScriptAnswer(try Self.vector([("a", 1), ("c", 3)]), warnings: ["w"], infos: ["i"])
        let script = """
            eval instant at 0 q
              expect no_warn
              expect info msg: j
              a 2
              b 2
            """
        #expect(
            try await Self.differences(script, ["q": answer]) == [
                "a: expected 2.0, got 1.0", "missing b 2.0", "unexpected c 3.0", "unexpected warning: w",
                "expected info equal to: j, got: i", "unexpected info: i",
            ])
        #expect(try await Self.differences("eval instant at 0 q\n", ["q": answer]).count == 2)
        #expect(
            try await Self.differences("eval instant at 0 q\n expect ordered\n c 3\n a 1", ["q": answer])
                == ["wrong order: a, c"])
        #expect(
            try await Self.differences("eval instant at 0 q\n expect fail", ["q": answer])
                == ["expected a failure, got an answer"])
        #expect(
            try await Self.differences("eval instant at 0 q\n expect fail msg: x", [:])
                == ["expected a failure equal to: x, got: unknown query q"])
        #expect(
            try await Self.differences("eval instant at 0 s\n 2", ["s": ScriptAnswer(.scalar(0))])
                == ["expected scalar 2.0, got 0.0"])
    }

    @Test("the points of a range query are compared one by one")
    func ranges() async throws {
        let points = [0, 60_000, 180_000].map { ScriptSample(timestamp: $0, value: .float(5)) }
        let answer = ScriptAnswer(
            .matrix([
                .init(labels: try Parser.parseSeries("b"), points: points),
                .init(labels: try Parser.parseSeries("a"), points: []),
            ]))
        let differences = try await Self.differences(
            "eval range from 0 to 3m step 1m q\n b 5 _ 5\n a _", ["range q": answer])
        #expect(
            differences == [
                "b at 60000 ms: expected no point, got 5.0", "b at 180000 ms: expected no point, got 5.0",
                "b at 120000 ms: expected 5.0, got no point", "not sorted by labels: b before a",
            ])
    }

    @Test("histograms are compared by their buckets, whatever their spans")
    func histogramComparison() async throws {
        func answer(_ text: String) throws -> ScriptAnswer {
            let script = try Script("load 1m\n h \(text)", file: "y")
            guard case .load(let load) = script.commands[0], let value = load.series[0].values[0] else {
                return ScriptAnswer(.failure("no histogram"))
            }
            return ScriptAnswer(
                .vector([.init(labels: load.series[0].labels, points: [.init(timestamp: 0, value: value)])]))
        }
        let script = "eval instant at 0 h\n h {{schema:0 count:3 sum:1 buckets:[0 1 0 2] offset:-1}}"
        let same = try answer("{{schema:0 count:3 sum:1 buckets:[1 0 2 0] counter_reset_hint:gauge}}")
        let other = try answer("{{schema:0 count:3 sum:1 buckets:[1 2 0]}}")
        #expect(try await Self.differences(script, ["h": same]) == [])
        #expect(try await Self.differences(script, ["h": other]).count == 1)
        #expect(
            try await Self.differences(
                "eval instant at 0 h\n h {{schema:0 count:3 sum:1 buckets:[1 0 2] counter_reset_hint:reset}}",
                ["h": same]
            ).count == 1)
    }

    @Test("instant queries are asked again as ranges and with @")
    func otherWays() async throws {
        let one = ScriptAnswer(try Self.vector([("a", 1)]))
        let two = ScriptAnswer(try Self.vector([("a", 2)]))
        let script = "eval instant at 100s sum(a)\n a 1"
        #expect(
            try await Self.differences(
                script, ["sum(a)": one, "sum(a @ 100.000)": one], repeating: true) == [])
        #expect(
            try await Self.differences(
                script, ["sum(a)": one, "range sum(a)": two, "sum(a @ 100.000)": one], repeating: true)
                == ["as a range query: a: expected 1.0, got 2.0"])
        let atModifier = try await Self.differences(
            script, ["sum(a)": one, "sum(a @ 100.000)": two], repeating: true)
        #expect(atModifier.count == 5)
        #expect(atModifier.first == "as sum(a @ 100.000) at -1000000 ms: a: expected 1.0, got 2.0")
        // What depends on the time of evaluation is not asked again.
        let time = "eval instant at 100s a + time() + step()\n a 1"
        #expect(try await Self.differences(time, ["a + time() + step()": one], repeating: true) == [])
        // A subquery with @ fixes what is in it.
        #expect(
            try await Self.differences(
                "eval instant at 1s f(a[1m:])\n", ["f(a[1m:])": ScriptAnswer(.vector([]))], repeating: true) == [])
    }
}
