import ApusPromQL
import Testing

@Suite("Functions and durations")
struct SignatureTests {
    @Test("there are 90 functions and 14 aggregations, each of which can be called as its signature says")
    func everyFunction() throws {
        #expect(Function.allCases.count == 90)
        #expect(AggregationOperation.allCases.count == 14)
        #expect(Function.allCases.filter(\.signature.isExperimental).count == 17)
        let samples: [ValueType: String] = [
            .scalar: "1", .string: "'a'", .instantVector: "foo", .rangeVector: "foo[5m]",
        ]
        for function in Function.allCases {
            let signature = function.signature
            for count in Set([signature.minimumCount, signature.argumentTypes.count, signature.maximumCount ?? 7]) {
                let arguments = (0..<count).map { index in
                    function == .info && index == 1
                        ? "{a='b'}" : samples[signature.argumentType(at: index)] ?? "missing"
                }
                let text = "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
                let expression = try Parser.parse(text)
                #expect(expression.valueType == signature.resultType, "\(text)")
            }
            if let maximum = signature.maximumCount {
                let arguments = Array(repeating: "1", count: maximum + 1).joined(separator: ",")
                #expect(throws: ParseError.self) { try Parser.parse("\(function.rawValue)(\(arguments))") }
            }
        }
        for operation in AggregationOperation.allCases {
            let parameter = operation.parameterType.flatMap { samples[$0] }.map { "\($0), " } ?? ""
            #expect(try Parser.parse("\(operation.rawValue)(\(parameter)foo)").valueType == .instantVector)
        }
    }

    @Test(
        "duration expressions are calculated in seconds",
        arguments: [
            ("5m", 300_000), ("26m+4m", 1_800_000), ("24m+((1.5*2m)+2m)", 1_740_000), ("1h30m % 1h", 1_800_000),
            ("30m1s-30m1s % 1m", 1_800_000), ("2m*(10+5)", 1_800_000), ("1h/2", 1_800_000), ("-5m+35m", 1_800_000),
            ("2^3^2", 512_000), ("-2^2+5", 1_000), ("step()", 15_000), ("range()*2", 7_200_000),
            ("1+(STep()-5)*2", 21_000), ("max_of(min_of((step()+1),((1h))),1ms)", 16_000), ("1ms", 1),
            ("(5m)", 300_000),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) throws {
        guard case .matrixSelector(let matrix) = try Parser.parse("foo[\(text)]") else {
            Issue.record("not a range")
            return
        }
        let context = DurationContext(step: 15_000, range: 3_600_000)
        #expect(try matrix.window.positiveMilliseconds(in: context) == milliseconds)
    }

    @Test(
        "a duration expression without a usable value is refused",
        arguments: [
            ("step()/(5-5)", "division by zero"), ("1%(1-1)", "modulo by zero"),
            ("step()-1h", "duration must be greater than 0"), ("2^1000", "duration is out of range"),
            ("(-8)^0.5", "duration is out of range"), ("1h*10^30", "duration is out of range"),
        ])
    func badDurations(text: String, message: String) throws {
        guard case .matrixSelector(let matrix) = try Parser.parse("foo[\(text)]") else {
            Issue.record("not a range")
            return
        }
        let error = #expect(throws: DurationExpressionError.self) {
            try matrix.window.positiveMilliseconds(in: DurationContext(step: 15_000, range: 3_600_000))
        }
        #expect(error?.description == message)
        #expect(error?.range == SourceRange(start: 4, end: 4 + text.utf8.count))
    }
}
