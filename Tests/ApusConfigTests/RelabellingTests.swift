import ApusConfig
import ApusModel
import ApusTestSupport
import Testing

@Suite("Relabelling")
struct RelabellingTests {
    private func apply(_ rules: [RelabelRule], to labels: KeyValuePairs<String, String>) -> LabelSet? {
        var builder = LabelSetBuilder(LabelSet(labels.map { Label(name: $0.key, value: $0.value) }))
        return rules.relabel(&builder) ? builder.labelSet() : nil
    }

    private func set(_ labels: KeyValuePairs<String, String>) -> LabelSet {
        LabelSet(labels.map { Label(name: $0.key, value: $0.value) })
    }

    @Test("replace expands groups in target and replacement, and leaves alone what does not match")
    func replace() throws {
        let rule = try RelabelRule(
            sourceLabels: ["a", "b"], pattern: "f(.*);(.*)r", targetLabel: "${1}x", replacement: "$2-$1")
        #expect(apply([rule], to: ["a": "foo", "b": "bar"]) == set(["a": "foo", "b": "bar", "oox": "ba-oo"]))
        #expect(apply([rule], to: ["a": "xfoo", "b": "bar"]) == set(["a": "xfoo", "b": "bar"]))
        let swapped = try RelabelRule(
            sourceLabels: ["a"], pattern: "(?P<n>.).*", targetLabel: "d", replacement: "${n}$$")
        #expect(apply([swapped], to: ["a": "foo"]) == set(["a": "foo", "d": "f$"]))
    }

    @Test("an empty replacement removes the label, an empty source sets a constant")
    func replaceEdges() throws {
        #expect(
            apply([try RelabelRule(targetLabel: "a", replacement: "")], to: ["a": "x", "b": "y"]) == set(["b": "y"]))
        #expect(apply([try RelabelRule(targetLabel: "c", replacement: "z")], to: [:]) == set(["c": "z"]))
        // The default copies, and so removes the target when the source is absent.
        #expect(apply([try RelabelRule(sourceLabels: ["none"], targetLabel: "a")], to: ["a": "x"]) == set([:]))
        // A line break is matched, too.
        #expect(
            apply([try RelabelRule(sourceLabels: ["a"], targetLabel: "b")], to: ["a": "x\ny"])
                == set(["a": "x\ny", "b": "x\ny"]))
        // A target that expands to nothing is no name.
        let empty = try RelabelRule(sourceLabels: ["a"], pattern: "(x)|y", targetLabel: "$1", replacement: "v")
        #expect(apply([empty], to: ["a": "y"]) == set(["a": "y"]))
    }

    @Test("a target that is no valid name under the legacy scheme changes nothing")
    func legacyTarget() throws {
        let rule = try RelabelRule(
            sourceLabels: ["a"], targetLabel: "$1", replacement: "v", nameScheme: .legacy)
        #expect(apply([rule], to: ["a": "0-x"]) == set(["a": "0-x"]))
        let utf8 = try RelabelRule(sourceLabels: ["a"], targetLabel: "$1", replacement: "v")
        #expect(apply([utf8], to: ["a": "0-x"]) == set(["a": "0-x", "0-x": "v"]))
    }

    @Test("keep and drop look at the whole joined text")
    func keepDrop() throws {
        let keep = try RelabelRule(action: .keep, sourceLabels: ["a", "b"], pattern: "x;y")
        #expect(apply([keep], to: ["a": "x", "b": "y"]) != nil)
        #expect(apply([keep], to: ["a": "x", "b": "yy"]) == nil)
        let drop = try RelabelRule(action: .drop, sourceLabels: ["a"], pattern: "x.*")
        #expect(apply([drop], to: ["a": "xyz"]) == nil)
        #expect(apply([drop], to: ["a": "axyz"]) != nil)
        let equal = try RelabelRule(action: .keepequal, sourceLabels: ["a"], targetLabel: "b")
        #expect(apply([equal], to: ["a": "1", "b": "1"]) != nil)
        #expect(apply([equal], to: ["a": "1", "b": "2"]) == nil)
        let unequal = try RelabelRule(action: .dropequal, sourceLabels: ["a"], targetLabel: "b")
        #expect(apply([unequal], to: ["a": "1", "b": "1"]) == nil)
        #expect(apply([unequal], to: ["a": "1", "b": "2"]) != nil)
    }

    @Test("names that differ only in Unicode normalisation are not equal")
    func normalisation() throws {
        let equal = try RelabelRule(action: .keepequal, sourceLabels: ["a"], targetLabel: "b")
        #expect(apply([equal], to: ["a": "caf\u{E9}", "b": "cafe\u{301}"]) == nil)
    }

    @Test("case is changed scalar by scalar, as the peers do")
    func letterCase() throws {
        let upper = try RelabelRule(action: .uppercase, sourceLabels: ["a"], targetLabel: "b")
        let lower = try RelabelRule(action: .lowercase, sourceLabels: ["a"], targetLabel: "b")
        #expect(apply([upper], to: ["a": "bAr ß ÿ ǆ"])?["b"] == "BAR ß Ÿ Ǆ")
        #expect(apply([lower], to: ["a": "BaR \u{130} Ǆ"])?["b"] == "bar i ǆ")
    }

    @Test("labelmap copies matching labels under new names")
    func labelMap() throws {
        let rule = try RelabelRule(action: .labelmap, pattern: "meta_(ng.*)")
        #expect(
            apply([rule], to: ["meta_ng_a": "1", "meta_x": "2", "ng_a": "3"])
                == set(["meta_ng_a": "1", "meta_x": "2", "ng_a": "1"]))
        let renamed = try RelabelRule(action: .labelmap, pattern: "meta_(.*)", replacement: "bar_${1}")
        #expect(apply([renamed], to: ["meta_a": "1"]) == set(["meta_a": "1", "bar_a": "1"]))
    }

    @Test("labeldrop and labelkeep look at names")
    func labelDropKeep() throws {
        let labels: KeyValuePairs = ["a": "1", "b1": "2", "b2": "3"]
        #expect(apply([try RelabelRule(action: .labeldrop, pattern: "b.*")], to: labels) == set(["a": "1"]))
        #expect(
            apply([try RelabelRule(action: .labelkeep, pattern: "b.*")], to: labels) == set(["b1": "2", "b2": "3"]))
    }

    @Test("hashmod gives the peers' number")
    func hashMod() throws {
        let rule = try RelabelRule(
            action: .hashmod, sourceLabels: ["c"], separator: ";", modulus: 1000, targetLabel: "d")
        // The example of the peers' own tests.
        #expect(apply([rule], to: ["a": "foo", "b": "bar", "c": "baz"])?["d"] == "976")
        let lines = try RelabelRule(
            action: .hashmod, sourceLabels: ["a"], separator: ";", modulus: 1000, targetLabel: "b")
        #expect(apply([lines], to: ["a": "foo\nbar"])?["b"] == "734")
    }

    @Test("rules apply in order, and the first that drops ends")
    func order() throws {
        let rules = [
            try RelabelRule(sourceLabels: ["a"], targetLabel: "b"),
            try RelabelRule(action: .drop, sourceLabels: ["b"], pattern: "x"),
            try RelabelRule(targetLabel: "c", replacement: "late"),
        ]
        #expect(apply(rules, to: ["a": "x"]) == nil)
        #expect(apply(rules, to: ["a": "y"]) == set(["a": "y", "b": "y", "c": "late"]))
    }

    @Test("parts that do not fit together are refused")
    func consistency() {
        #expect(throws: RelabelRuleError.missingModulus) { try RelabelRule(action: .hashmod, targetLabel: "a") }
        #expect(throws: RelabelRuleError.missingTarget(.replace)) { try RelabelRule() }
        #expect(throws: RelabelRuleError.onlyExpression(.labeldrop)) {
            try RelabelRule(action: .labeldrop, targetLabel: "x")
        }
        #expect(throws: RelabelRuleError.invalidTarget("a-b", .replace)) {
            try RelabelRule(targetLabel: "a-b", nameScheme: .legacy)
        }
        #expect(throws: RelabelRuleError.invalidTarget("$1-b", .replace)) {
            try RelabelRule(targetLabel: "$1-b", nameScheme: .legacy)
        }
        #expect(throws: Never.self) { try RelabelRule(targetLabel: "a_${1}", nameScheme: .legacy) }
    }
}

@Suite("MD5")
struct MD5Tests {
    @Test(
        "digests are those of RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ])
    func vectors(text: String, digest: String) {
        let hex = MD5.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == digest)
    }
}
