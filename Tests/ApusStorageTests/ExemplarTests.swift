import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Exemplars in the store")
struct ExemplarTests {
    private static let labels = [series("a", ["job": "x"]), series("b", ["job": "y"])]

    private func exemplar(_ trace: String, _ value: Double, at time: Int64?) -> Exemplar {
        Exemplar(labels: LabelSet([Label(name: "trace_id", value: trace)]), value: value, timestamp: time)
    }

    private func store(_ exemplars: [(Int, Exemplar)], _ storage: Storage, at time: Int64) throws {
        var batch = SampleBatch(timestamp: time)
        let references = try storage.resolve(Self.labels)
        batch.exemplars = exemplars.map {
            SampleBatch.SeriesExemplar(reference: references[$0.0], exemplar: $0.1)
        }
        _ = try storage.append(batch)
    }

    private func traces(
        _ storage: Storage, _ selectors: [[Matcher]], from start: Int64 = .min, through end: Int64 = .max
    ) throws -> [[String?]] {
        try storage.exemplars(matching: selectors, from: start, through: end)
            .map { $0.exemplars.map { $0.labels["trace_id"] } }
    }

    private static let everything = [[Matcher("__name__", .matchesPattern, ".+")]]

    @Test("exemplars are selected by series and time, and are there after reopening")
    func selectAndReopen() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(milliseconds: 10_000_000)
        var storage = try Storage(folder: folder.path, clock: clock)
        try store([(0, exemplar("1", 1, at: nil)), (1, exemplar("2", 2, at: 900))], storage, at: 1_000)
        try store([(0, exemplar("3", 3, at: 2_000))], storage, at: 2_000)
        for _ in 0..<2 {
            #expect(try traces(storage, Self.everything) == [["1", "3"], ["2"]])
            #expect(try traces(storage, Self.everything, from: 950, through: 1_000) == [["1"]])
            #expect(try traces(storage, [[Matcher("job", .equal, "y")]]) == [["2"]])
            #expect(try traces(storage, [[Matcher("job", .equal, "z")], [Matcher("x", .equal, "")]]).count == 2)
            #expect(throws: QueryableError.self) { try traces(storage, [[Matcher("job", .matchesPattern, "(")]]) }
            #expect(storage.statistics.exemplars == 3)
            #expect(storage.statistics.exemplarSeries == 2)
            storage.close()
            storage = try Storage(folder: folder.path, clock: clock)
        }
        storage.close()
    }

    @Test("repetitions, older ones and ones with long labels are not kept")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000_000))
        defer { storage.close() }
        try store([(0, exemplar("1", 5, at: 2_000))], storage, at: 1_000)
        try store([(0, exemplar("1", 5, at: 2_000))], storage, at: 2_000)
        try store([(0, exemplar("2", 5, at: 1_999))], storage, at: 2_000)
        try store([(0, exemplar("2", 4, at: 2_000))], storage, at: 2_000)
        try store([(0, exemplar(String(repeating: "é", count: 121), 6, at: 3_000))], storage, at: 3_000)
        #expect(try traces(storage, Self.everything) == [["1"]])
        #expect(storage.statistics.outOfOrderExemplars == 2)
        // Of one time several are kept in order of value; without a time of its own the same is not taken again.
        try store([(0, exemplar("4", 7, at: 4_000)), (0, exemplar("3", 6, at: 4_000))], storage, at: 4_000)
        try store([(1, exemplar("5", 1, at: nil))], storage, at: 4_000)
        try store([(1, exemplar("5", 1, at: nil))], storage, at: 5_000)
        #expect(try traces(storage, Self.everything) == [["1", "3", "4"], ["5"]])
        try store([(0, exemplar(String(repeating: "é", count: 120), 8, at: 6_000))], storage, at: 6_000)
        #expect(storage.statistics.exemplars == 5)
    }

    @Test("the oldest exemplar makes room for the newest, and a store may keep none")
    func bounded() throws {
        let folder = try TemporaryFolder()
        var options = StorageOptions()
        options.maximumExemplars = 3
        let storage = try Storage(
            folder: folder.path, options: options, clock: ManualClock(milliseconds: 10_000_000))
        for step in 1...7 {
            try store([(step % 2, exemplar("\(step)", Double(step), at: nil))], storage, at: Int64(step) * 1_000)
        }
        #expect(try traces(storage, Self.everything) == [["6"], ["5", "7"]])
        #expect(storage.statistics.oldestExemplarTime == 5_000)
        storage.close()
        options.maximumExemplars = 0
        let none = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 10_000_000))
        defer { none.close() }
        try store([(0, exemplar("8", 1, at: nil))], none, at: 8_000)
        #expect(try traces(none, Self.everything).isEmpty)
    }
}
