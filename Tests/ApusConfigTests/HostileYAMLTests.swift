import ApusConfig
import ApusTestSupport
import Testing

@Suite("Hostile YAML")
struct HostileYAMLTests {
    private func refusal(_ text: [UInt8], limits: YAMLLimits = .standard) -> String {
        do throws(ConfigurationError) {
            _ = try TargetGroupFile.parse(text, file: "x.yml", limits: limits)
            return "accepted"
        } catch {
            return error.description
        }
    }

    private func laughs(_ levels: Int, asKey: Bool) -> String {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...levels { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        return text + (asKey ? "? *a\(levels)\n: x\n" : "")
    }

    @Test("aliases that multiply are refused, as values and as keys")
    func billionLaughs() {
        let keys = laughs(40, asKey: false) + "b: {*a40 : x}\n"
        let flow = laughs(40, asKey: false) + "[*a40]: x\n"
        for text in [laughs(40, asKey: false), laughs(40, asKey: true), keys, flow] {
            #expect(refusal(Array(text.utf8)).contains("aliases are expanded"))
        }
        #expect(refusal(Array(laughs(2, asKey: true).utf8)).contains("a key must be plain text"))
    }

    @Test("deep nesting is refused, in any style and through aliases")
    func depth() {
        for opening in ["[", "{a: ", "- ", "? "] {
            for count in [65, 900, 100_000] {
                let shown = refusal(Array(String(repeating: opening, count: count).utf8))
                #expect(shown != "accepted", "\(count) times \(opening)")
            }
        }
        let nested = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(refusal(Array(nested.utf8)).contains("levels deep"))
        var chain = "a0: &a0 [x]\n"
        for level in 1...5_000 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(refusal(Array(chain.utf8)) != "accepted")
        // Each as deep as the library takes: freeing what was read must not exhaust the stack.
        let brackets = (String(repeating: "[", count: 900), String(repeating: "]", count: 900))
        var deepest = "a0: &a0 [x]\n"
        for level in 1...99 { deepest += "a\(level): &a\(level) \(brackets.0)*a\(level - 1)\(brackets.1)\n" }
        #expect(refusal(Array(deepest.utf8)).contains("deep"))
    }

    @Test("bytes that are not UTF-8 are refused with their place")
    func invalidUTF8() {
        #expect(
            refusal(Array("- targets: [a]\n- targets: [".utf8) + [0xFF]).hasPrefix(
                "x.yml:2:13: yaml: the text is not valid UTF-8"))
    }

    @Test("a text over the limit is refused")
    func tooLarge() {
        var limits = YAMLLimits.standard
        limits.bytes = 10
        #expect(refusal(Array("- targets: [a]".utf8), limits: limits).contains("more than the 10 allowed"))
        limits = .standard
        limits.values = 3
        #expect(refusal(Array("- targets: [a, b]".utf8), limits: limits).contains("more than 3 values"))
    }

    @Test("a damaged file never crashes, truncated at each byte or with random bytes")
    func damaged() {
        let text = Array(
            """
            - targets: ["localhost:9090", 'it''s', |
                block
               ]
              labels: {foo: bar, ? x : y, <<: &a {b: c}, d: *a}
            # comment
            - !!binary "aGk="
            """.utf8)
        for end in 0..<text.count { _ = refusal(Array(text[..<end])) }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var damaged = text
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = refusal(damaged)
        }
    }

    @Test("escapes for surrogates and NUL bytes are refused or read, never crash")
    func escapes() {
        for text in [
            #"- targets: ["\ud800"]"#, #"- targets: ["\xff\0"]"#, "- targets: [\"\0\"]", "- targets: [\u{FEFF}]",
        ] {
            _ = refusal(Array(text.utf8))
        }
    }
}
