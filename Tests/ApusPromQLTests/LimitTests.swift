import ApusPromQL
import ApusTestSupport
import Foundation
import Testing

@Suite("Limits and hostile expressions")
struct LimitTests {
    private static func message(_ text: String, _ options: ParserOptions = ParserOptions()) -> String? {
        do {
            _ = try Parser.parse(text, options: options)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(
        "deep nesting is refused, not followed",
        arguments: [
            String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "a",
            String(repeating: "abs(", count: 100_000), String(repeating: "sum by (x) (", count: 50_000),
            String(repeating: "2 ^ ", count: 100_000) + "2", "a" + String(repeating: " + a", count: 100_000),
            "a[" + String(repeating: "(", count: 100_000), "a[" + String(repeating: "-", count: 100_000) + "1]",
            "a[1" + String(repeating: "+1", count: 100_000) + "]",
            "a[1" + String(repeating: "^1", count: 100_000) + "]",
            "a" + String(repeating: "[1m:]", count: 100_000),
        ])
    func deepNesting(text: String) {
        #expect(Self.message(text)?.hasPrefix("expression is nested too deeply: more than 250 levels") == true)
    }

    @Test("what is within the limit of depth is read on a small stack")
    func smallStack() throws {
        let depth = 240
        let texts = [
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth),
            String(repeating: "abs(", count: depth) + "a" + String(repeating: ")", count: depth),
            String(repeating: "sum by (x) (", count: depth) + "a" + String(repeating: ")", count: depth),
            String(repeating: "-", count: depth) + "a", "a" + String(repeating: " + a", count: depth),
            "a[" + String(repeating: "min_of(1,", count: depth) + "1" + String(repeating: ")", count: depth) + "]",
        ]
        // Threads of pools may have no more than this.
        let failures = Self.runOnThread(stackBytes: 1 << 20) {
            texts.compactMap { text -> String? in
                guard let expression = try? Parser.parse(text) else { return "not read: \(text.prefix(20))" }
                guard let again = try? Parser.parse(expression.description),
                    (try? Parser.parse(expression.prettyText)) == expression
                else { return "not read again" }
                return again == expression && again.hashValue == expression.hashValue ? nil : "not equal"
            }
        }
        #expect(failures == [])
    }

    private static func runOnThread<Value: Sendable>(stackBytes: Int, _ body: @escaping @Sendable () -> Value) -> Value?
    {
        let box = ResultBox<Value>()
        let thread = Thread {
            box.set(body())
        }
        thread.stackSize = stackBytes
        thread.start()
        return box.wait()
    }

    @Test("a text that is too long is refused before it is read")
    func tooLong() {
        let text = String(repeating: " ", count: 1 << 20) + "1"
        #expect(Self.message(text) == "expression is too long: 1048577 bytes, at most 1048576 are allowed")
    }

    @Test("a tree with too many nodes is refused")
    func tooManyNodes() {
        let list = Array(repeating: "'a'", count: 60_000).joined(separator: ",")
        #expect(Self.message("label_join(x,\(list))") == "expression is too large: more than 50000 nodes")
        let matchers = Array(repeating: "a=~'.x'", count: 60_000).joined(separator: ",")
        #expect(Self.message("x{\(matchers)}") == "expression is too large: more than 50000 nodes")
    }

    @Test("features that are not named are refused with their names")
    func features() {
        let options = ParserOptions(features: [])
        #expect(ParserOptions(features: Set(LanguageFeature.allCases)) == ParserOptions())
        #expect(
            Self.message("limitk(1, x)", options)
                == "limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions")
        #expect(Self.message("mad_over_time(x[5m])", options)?.contains("promql-experimental-functions") == true)
        #expect(Self.message("x[5m] anchored", options) == "anchored modifier is experimental and not enabled")
        #expect(Self.message("a + fill(1) b", options) == "binop fill modifiers are experimental and not enabled")
        #expect(Self.message("rate(x[5m]) + fill", options) == nil)
    }

    private static let goodTexts = [
        #"sum by (job, "a.b") (rate(http_requests_total{code=~"5..",path!="/x"}[5m] offset 1h @ 1609746000))"#,
        "histogram_quantile(0.9, sum(rate(x_bucket[5m])) by (le)) > bool 2 * 3 ^ -1 or vector(1h30m)",
        "max_over_time(deriv(a[step()*2:min_of(1m,range())] smoothed)[1h:] @ end()) and on(x) group_left(y) fill(1) b",
        #"label_replace(up, "a", "$1\u00e9", `b`, '(.*)\x41') unless ignoring() {"q.r", z=""} # comment"#,
    ]

    @Test("every truncation of a good expression is read or refused")
    func truncations() {
        for text in Self.goodTexts {
            let bytes = Array(text.utf8)
            for length in 0...bytes.count {
                let cut = String(decoding: bytes[..<length], as: UTF8.self)
                if let expression = try? Parser.parse(cut) {
                    #expect((try? Parser.parse(expression.description)) == expression)
                }
            }
        }
    }

    @Test("random bytes, random words and damaged expressions never crash, and what is read prints back")
    func fuzz() {
        let words = [
            "(", ")", "{", "}", "[", "]", ",", ":", "=", "==", "=~", "!~", "!=", "+", "-", "*", "/", "%", "^", "@", "<",
            "</", ">/", ">=", "1", "0x1f", "1e3", "5m", "1_0", "inf", "NaN", "'a'", "`b`", "\"\\n\"", "a", "b:c", "sum",
            "topk", "by", "without", "on", "ignoring", "group_left", "bool", "offset", "fill", "start", "end", "step",
            "range", "min_of", "max_of", "rate", "abs", "info", "and", "or", "unless", "atan2", "smoothed", "anchored",
            "#", "\n", "é", "\u{0}", ".", "_",
        ]
        let seed: UInt64 = 0x5EED
        var generator = SeededGenerator(seed: seed)
        let start = ContinuousClock.now
        var readCount = 0
        for round in 0..<30_000 {
            let text: String
            switch round % 3 {
            case 0:
                let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                text = String(decoding: bytes, as: UTF8.self)
            case 1:
                text = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                    words[Int.random(in: 0..<words.count, using: &generator)]
                }.joined(separator: Bool.random(using: &generator) ? " " : "")
            default:
                var bytes = Array(Self.goodTexts[Int.random(in: 0..<Self.goodTexts.count, using: &generator)].utf8)
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[index] = UInt8.random(in: 32...126, using: &generator)
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
                    }
                }
                text = String(decoding: bytes, as: UTF8.self)
            }
            guard let expression = try? Parser.parse(text) else { continue }
            readCount += 1
            let printed = expression.description
            if (try? Parser.parse(printed)) != expression {
                Issue.record("seed \(seed), round \(round): \(text.debugDescription) prints as \(printed)")
            }
        }
        #expect(readCount > 500)
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}

/// Hands a value from one thread to another.
private final class ResultBox<Value: Sendable>: @unchecked Sendable {
    // The condition guards the value, which is what makes this Sendable.
    private let condition = NSCondition()
    private var value: Value?

    func set(_ newValue: Value) {
        condition.lock()
        value = newValue
        condition.signal()
        condition.unlock()
    }

    func wait() -> Value? {
        condition.lock()
        defer { condition.unlock() }
        while value == nil {
            if !condition.wait(until: Date(timeIntervalSinceNow: 60)) { return nil }
        }
        return value
    }
}
