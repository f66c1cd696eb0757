import ApusBytes
import ApusModel
import ApusTestSupport
import Testing

@Suite("Label sets")
struct LabelSetTests {
    private func set(_ pairs: KeyValuePairs<String, String>) -> LabelSet {
        LabelSet(pairs.map { Label(name: $0.key, value: $0.value) })
    }

    @Test("labels are sorted, the last of a name wins and empty values vanish")
    func normalised() {
        let labels = set(["b": "2", "a": "1", "c": "", "b": "3", "__name__": "up"])
        #expect(labels.labels.map(\.name) == ["__name__", "a", "b"])
        #expect(labels["b"] == "3")
        #expect(labels["c"] == nil)
        #expect(labels.metricName == "up")
        #expect(labels.description == #"up{a="1", b="3"}"#)
        #expect(labels == set(["__name__": "up", "a": "1", "b": "3"]))
    }

    @Test("names that differ only in Unicode normalisation stay distinct")
    func unicode() {
        let labels = set(["caf\u{E9}": "1", "cafe\u{301}": "2"])
        #expect(labels.count == 2)
        #expect(labels["caf\u{E9}"] == "1")
        #expect(labels["cafe\u{301}"] == "2")
    }

    @Test("values longer than a one-byte length keep their bytes")
    func longValues() {
        let long = String(repeating: "x", count: 100_000)
        let labels = set(["a": long, "b": "1"])
        #expect(labels["a"] == long)
        #expect(labels["b"] == "1")
        #expect(LabelSet(validating: labels.run) == labels)
    }

    @Test("order is by names, then values, then length")
    func order() {
        #expect(set(["a": "1"]) < set(["a": "2"]))
        #expect(set(["a": "2"]) < set(["b": "1"]))
        #expect(set(["a": "1"]) < set(["a": "1", "b": "1"]))
        #expect(set(["a": "10"]) < set(["a": "9"]))
        #expect(!(set(["a": "1"]) < set(["a": "1"])))
    }

    @Test("projection keeps or drops exactly the named labels")
    func projection() {
        var generator = SeededGenerator(seed: 21)
        let alphabet = ["a", "b", "c", "d", "e", "__name__", "job"]
        for _ in 0..<2_000 {
            let names = alphabet.filter { _ in Bool.random(using: &generator) }
            let labels = LabelSet(
                alphabet.filter { _ in Bool.random(using: &generator) }.map { Label(name: $0, value: "v" + $0) })
            let chosen = LabelNames(names.shuffled(using: &generator))
            #expect(chosen.keeping(labels).labels == labels.labels.filter { names.contains($0.name) })
            #expect(chosen.dropping(labels).labels == labels.labels.filter { !names.contains($0.name) })
        }
    }

    @Test("a damaged run is refused, and walking it never leaves it")
    func damaged() {
        let good = set(["a": "1", "bb": "22", "ccc": "333"]).run
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<5_000 {
            var bytes = good
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            bytes.removeLast(Int.random(in: 0...2, using: &generator))
            if let accepted = LabelSet(validating: bytes) {
                #expect(LabelSet(accepted.labels) == accepted)
            }
            var cursor = LabelCursor(bytes.span)
            while cursor.advance() { _ = (cursor.name.count, cursor.value.count) }
        }
        #expect(LabelSet(validating: [1, 0x61, 0]) == nil)
        #expect(LabelSet(validating: [1, 0x62, 1, 0x31, 1, 0x61, 1, 0x31]) == nil)
    }

    @Test("names with other characters are shown quoted")
    func quoted() {
        #expect(set(["http.requests": "a\"b\n"]).description == #"{"http.requests"="a\"b\n"}"#)
        #expect(set(["__name__": "http.requests", "x": "1"]).description == #"{"http.requests", x="1"}"#)
    }

    @Test("symbols are given once per text and found again")
    func symbols() {
        var table = SymbolTable()
        var texts: [String] = []
        for index in 0..<10_000 { texts.append("value-\(index % 3_000)") }
        var symbols: [String: Symbol] = [:]
        for text in texts {
            let bytes = Array(text.utf8)
            let symbol = table.intern(bytes.span)
            #expect(symbols[text] == nil || symbols[text] == symbol)
            symbols[text] = symbol
        }
        #expect(table.count == 3_000)
        for (text, symbol) in symbols {
            #expect(String(copying: table.text(of: symbol)) == text)
            let bytes = Array(text.utf8)
            #expect(table.find(bytes.span) == symbol)
        }
        #expect(table.find([1, 2, 3].span) == nil)
    }
}
