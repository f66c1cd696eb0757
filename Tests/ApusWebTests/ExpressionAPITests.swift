import ApusModel
import ApusQuery
import ApusWeb
import HTTPTypes
import Testing

@Suite("Expression API")
struct ExpressionAPITests {
    private func tree(_ text: String) async throws -> String {
        let answer = try await WebHarness().post("/api/v1/parse_query", form: "query=\(text)")
        #expect(answer.status == 200)
        return answer.text.replacing(#"{"status":"success","data":"#, with: "").dropLast().description
    }

    @Test("a long expression is formatted on several lines")
    func pretty() async throws {
        let name = String(repeating: "a", count: 101)
        #expect(
            try await WebHarness().get("/api/v1/format_query?query=sum(\(name))").text
                == #"{"status":"success","data":"sum(\n  \#(name)\n)"}"#)
    }

    @Test("literals, signs and parentheses have their values")
    func literals() async throws {
        #expect(try await tree("1.50") == #"{"type":"numberLiteral","val":"1.5"}"#)
        #expect(try await tree("'a'") == #"{"type":"stringLiteral","val":"a"}"#)
        #expect(
            try await tree("-(1)")
                == #"{"expr":{"expr":{"type":"numberLiteral","val":"1"},"type":"parenExpr"},"op":"-","type":"unaryExpr"}"#
        )
    }

    @Test("selectors have matchers, offsets and times")
    func selectors() async throws {
        #expect(
            try await tree("x%7Ba!~'b'%7D[5m] anchored offset 1m @ start()")
                == #"{"anchored":true,"matchers":[{"name":"a","type":"!~","value":"b"},"#
                + #"{"name":"__name__","type":"=","value":"x"}],"name":"x","offset":60000,"range":300000,"#
                + #""smoothed":false,"startOrEnd":"start","timestamp":null,"type":"matrixSelector"}"#)
        #expect(
            try await tree("x[1h:5m] @ 1.5")
                == #"{"expr":{"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"x"}],"name":"x","#
                + #""offset":0,"smoothed":false,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"#
                + #""offset":0,"range":3600000,"startOrEnd":null,"step":300000,"timestamp":1500,"type":"subquery"}"#)
    }

    @Test("operators, aggregations and calls have their modifiers and signatures")
    func operations() async throws {
        let x = try await tree("x")
        #expect(
            try await tree("x / on(a) group_left(b) fill_right(2) x")
                == #"{"bool":false,"lhs":\#(x),"matching":{"card":"many-to-one","fillValues":{"lhs":null,"rhs":2},"#
                + #""include":["b"],"labels":["a"],"on":true},"op":"/","rhs":\#(x),"type":"binaryExpr"}"#)
        #expect(
            try await tree("topk without(a) (3, x)")
                == #"{"expr":\#(x),"grouping":["a"],"op":"topk","param":{"type":"numberLiteral","val":"3"},"#
                + #""type":"aggregation","without":true}"#)
        #expect(
            try await tree("round(x)")
                == #"{"args":[\#(x)],"func":{"argTypes":["vector","scalar"],"name":"round","returnType":"vector","#
                + #""variadic":1},"type":"call"}"#)
        #expect(try await tree("1 %2B 2").contains(#""matching":null"#))
    }

    @Test("what is no expression is refused with its place")
    func refusals() async throws {
        let answer = try await WebHarness().get("/api/v1/parse_query?query=sum(")
        #expect(answer.status == 400)
        #expect(answer.text.contains(#""error":"invalid parameter \"query\": 1:5: parse error: "#))
    }

    @Test("exemplars of all selectors are listed by series")
    func exemplars() async throws {
        let web = try WebHarness { $0.exemplars = FixedExemplars() }
        #expect(
            try await web.get("/api/v1/query_exemplars?query=rate(x[5m])%2By&start=1&end=3").text
                == #"{"status":"success","data":[{"seriesLabels":{"__name__":"x"},"exemplars":["#
                + #"{"labels":{"trace_id":"t"},"value":"6","timestamp":1.500}]}]}"#)
        #expect(try await web.get("/api/v1/query_exemplars?query=1").text == #"{"status":"success","data":[]}"#)
        #expect(try await web.get("/api/v1/query_exemplars?query=x&start=3&end=1").status == 400)
        let broken = try await web.get("/api/v1/query_exemplars?query=x(")
        #expect(broken.status == 400 && broken.text.contains("parse error"))
        #expect(
            try await WebHarness().get("/api/v1/query_exemplars?query=x").text == #"{"status":"success","data":[]}"#)
    }

    /// One exemplar of `x`, provided that it is asked for as the test does.
    private struct FixedExemplars: ExemplarQueryable {
        func exemplars(matching selectors: [[Matcher]], from start: Int64, through end: Int64)
            throws(QueryableError) -> [ExemplarSeries]
        {
            let names = selectors.map { $0.map(\.value) }
            guard names == [["x"], ["y"]], (start, end) == (1_000, 3_000) else { throw .unreadable("asked wrongly") }
            let exemplar = Exemplar(labels: .of(["trace_id": "t"]), value: 6, timestamp: 1_500)
            return [ExemplarSeries(labels: .of(["__name__": "x"]), exemplars: [exemplar])]
        }
    }
}
