import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Cardinality of the head")
struct CardinalityTests {
    private static let start: Int64 = 1_700_000_000_000

    private let folder: TemporaryFolder
    private let clock = ManualClock(milliseconds: Self.start)
    private let storage: Storage

    init() throws {
        folder = try TemporaryFolder()
        var options = StorageOptions()
        options.blockRange = 600_000
        storage = try Storage(folder: folder.path, options: options, clock: clock)
    }

    private func entries(_ entries: [SeriesCardinality.Entry]) -> [String] { entries.map { "\($0.name) \($0.count)" } }

    @Test("the lists name what takes the most, of all series or of selected ones")
    func lists() throws {
        defer { storage.close() }
        let labels =
            (0..<6).map { series("requests", ["user": "u\($0)", "zone": "z\($0 % 2)"]) }
            + [series("up", ["zone": "z0"]), series("down", ["zone": "z0"])]
        try storage.store(labels, at: Self.start) { _ in 1 }
        let all = try storage.cardinality(CardinalityRequest(limit: 2, focusLabel: "zone"))
        #expect(all.series == 8)
        #expect(all.labelPairs == 3 + 6 + 2)
        #expect(entries(all.seriesByMetricName) == ["requests 6", "down 1"])
        #expect(entries(all.valuesByLabelName) == ["user 6", "__name__ 3"])
        #expect(entries(all.seriesByLabelPair) == ["__name__=requests 6", "zone=z0 5"])
        #expect(entries(all.seriesByLabelName) == ["__name__ 8", "zone 8"])
        #expect(entries(all.seriesByFocusValue) == ["z0 5", "z1 3"])
        #expect(entries(all.bytesByLabelName) == ["__name__ \(6 * 8 + 2 + 4)", "zone 16"])
        let selected = try storage.cardinality(
            CardinalityRequest(
                limit: 10,
                selectors: [[Matcher("user", .matchesPattern, "u[01]")], [Matcher("__name__", .equal, "up")]],
                focusLabel: "user"))
        #expect(selected.series == 3)
        #expect(entries(selected.seriesByMetricName) == ["requests 2", "up 1"])
        #expect(entries(selected.seriesByFocusValue) == ["u0 1", "u1 1"])
        #expect(throws: QueryableError.self) {
            try storage.cardinality(CardinalityRequest(limit: 1, selectors: [[Matcher("a", .matchesPattern, "(")]]))
        }
        let nothing = try storage.cardinality(
            CardinalityRequest(limit: 5, selectors: [[Matcher("a", .equal, "b")]], focusLabel: "none"))
        #expect(nothing.series == 0 && nothing.seriesByLabelPair.isEmpty && nothing.seriesByFocusValue.isEmpty)
    }

    @Test("counting selected series gives what counting all gives, with series deleted and without")
    func sameEitherWay() throws {
        defer { storage.close() }
        var generator = SeededGenerator(seed: 7)
        let labels = Array(
            Set(
                (0..<300).map { _ in
                    series(
                        "m\(Int.random(in: 0..<9, using: &generator))",
                        [
                            "a": "\(Int.random(in: 0..<40, using: &generator))",
                            "b": "\(Int.random(in: 0..<3, using: &generator))",
                        ])
                }))
        try storage.store(labels, at: Self.start) { _ in 1 }
        let everything = [[Matcher("__name__", .matchesPattern, "m.*")]]
        for deletes in [false, true] {
            if deletes {
                try storage.delete(matching: [[Matcher("b", .equal, "1")]], from: 0, through: .max)
            }
            let all = try storage.cardinality(CardinalityRequest(limit: 25, focusLabel: "a"))
            let same = try storage.cardinality(
                CardinalityRequest(limit: 25, selectors: everything, focusLabel: "a"))
            #expect(all.seriesByLabelPair == same.seriesByLabelPair)
            #expect(all.seriesByFocusValue == same.seriesByFocusValue)
            #expect(all.bytesByLabelName == same.bytesByLabelName)
            #expect(all.seriesByLabelName == same.seriesByLabelName)
            #expect(all.series == same.series)
            let remaining = deletes ? labels.filter { $0["b"] != "1" } : labels
            #expect(all.series == remaining.count)
            #expect(all.labelPairs == Set(remaining.flatMap { $0.labels.map { "\($0.name)=\($0.value)" } }).count)
        }
    }

    @Test("the lists of a block are those that the head had, of all series or of selected ones")
    func blocks() throws {
        defer { storage.close() }
        var generator = SeededGenerator(seed: 11)
        let labels = Array(
            Set(
                (0..<60).map { _ in
                    series(
                        "m\(Int.random(in: 0..<5, using: &generator))",
                        ["a": "\(Int.random(in: 0..<9, using: &generator))", "b": "b"])
                }))
        clock.advance(milliseconds: 1_200_000)
        for step in 0...4 { try storage.store(labels, at: Self.start + Int64(step) * 150_000) { _ in 1 } }
        let requests = [
            CardinalityRequest(limit: 3, focusLabel: "a"), CardinalityRequest(limit: 100),
            CardinalityRequest(limit: 100, selectors: [[Matcher("a", .matchesPattern, "[0-4]")]], focusLabel: "a"),
            CardinalityRequest(limit: 100, selectors: [[Matcher("a", .equal, "none")]]),
        ]
        let expected = try requests.map { try storage.cardinality($0) }
        for step in 5...8 { try storage.store(labels, at: Self.start + Int64(step) * 150_000) { _ in 1 } }
        #expect(try storage.compact() == 1)
        let block = try #require(storage.blockFacts().readable.first)
        for (request, expected) in zip(requests, expected) {
            let lists = try storage.cardinality(request, ofBlocks: [block.identifier, "none"])
            #expect(lists.map(\.block) == [block.identifier])
            let found = try #require(lists.first).cardinality.get()
            #expect(found.series == expected.series && found.labelPairs == expected.labelPairs)
            #expect(found.seriesByMetricName == expected.seriesByMetricName)
            #expect(found.valuesByLabelName == expected.valuesByLabelName)
            #expect(found.bytesByLabelName == expected.bytesByLabelName)
            #expect(found.seriesByLabelPair == expected.seriesByLabelPair)
            #expect(found.seriesByLabelName == expected.seriesByLabelName)
            #expect(found.seriesByFocusValue == expected.seriesByFocusValue)
        }
    }

    // MARK: Growth

    private func growth(_ limit: Int = 10) -> [[String]] {
        storage.growth(limit: limit).map { window in
            ["\(window.created) \(window.gone)"] + window.metrics.map { "\($0.name) \($0.created) \($0.gone)" }
        }
    }

    @Test("what came is counted by metric over five minutes, an hour and a day")
    func created() throws {
        defer { storage.close() }
        _ = try storage.resolve((0..<5).map { series("a", ["n": "\($0)"]) } + [series("b")])
        #expect(growth(1) == Array(repeating: ["6 0", "a 5 0"], count: 3))
        clock.advance(milliseconds: 4 * 60_000)
        _ = try storage.resolve((0..<3).map { series("b", ["n": "\($0)"]) })
        #expect(growth()[0] == ["9 0", "a 5 0", "b 4 0"])
        clock.advance(milliseconds: 2 * 60_000)
        #expect(growth()[0] == ["3 0", "b 3 0"])
        #expect(growth()[1] == ["9 0", "a 5 0", "b 4 0"])
        clock.advance(milliseconds: 65 * 60_000)
        #expect(growth()[0] == ["0 0"] && growth()[1] == ["0 0"])
        #expect(growth()[2] == ["9 0", "a 5 0", "b 4 0"])
        #expect(storage.growth(limit: 1)[1].covered == 3_600_000)
        #expect(storage.growth(limit: 1)[2].covered == 71 * 60_000)
        clock.advance(milliseconds: 25 * 3_600_000)
        #expect(growth()[2] == ["0 0"])
        // A clock that is set back loses nothing.
        clock.advance(milliseconds: -3_600_000)
        _ = try storage.resolve([series("c")])
        #expect(growth()[0] == ["1 0", "c 1 0"])
    }

    @Test("what leaves the head is counted, too")
    func gone() throws {
        defer { storage.close() }
        let pods = (0..<20).map { series("pods", ["pod": "\($0)"]) }
        try storage.store(pods, at: Self.start) { _ in 1 }
        clock.advance(milliseconds: 1_200_000)
        for step in 0...8 { try storage.store([series("up")], at: Self.start + Int64(step) * 150_000) { _ in 1 } }
        try storage.compact()
        #expect(growth()[2] == ["21 20", "pods 20 20", "up 1 0"])
    }

    @Test("many metrics are counted in bounded memory, those with most series by themselves")
    func manyMetrics() throws {
        defer { storage.close() }
        _ = try storage.resolve((0..<50).map { series("culprit", ["n": "\($0)"]) })
        for first in stride(from: 0, to: 12_000, by: 1_000) {
            _ = try storage.resolve((first..<(first + 1_000)).map { series("m\($0)") })
            clock.advance(milliseconds: 10_000)
        }
        let hour = storage.growth(limit: 100_000)[1]
        #expect(hour.created == 12_050)
        #expect(hour.metrics.count <= 4_097)
        #expect(hour.metrics.prefix(2).map(\.name).contains("culprit"))
        #expect(hour.metrics.first { $0.name == "culprit" }?.created == 50)
        #expect(hour.metrics.reduce(0) { $0 + $1.created } == 12_050)
    }

    @Test("a block's level is that of the span that holds it")
    func levels() throws {
        var block = try #require(try storedBlock())
        storage.close()
        let base: Int64 = 600_000
        for (span, level) in [(1, 1), (base, 1), (base + 1, 2), (3 * base, 2), (3 * base + 1, 3), (9 * base, 3)] {
            block.maximumTime = block.minimumTime + span - 1
            #expect(block.level(blockRange: base) == level)
        }
        block.minimumTime = .min
        block.maximumTime = .max
        #expect(block.level(blockRange: base) > 20)
    }

    private func storedBlock() throws -> BlockFacts? {
        clock.advance(milliseconds: 1_200_000)
        for step in 0...8 { try storage.store([series("up")], at: Self.start + Int64(step) * 150_000) { _ in 1 } }
        try storage.compact()
        return storage.blockFacts().readable.first
    }
}
