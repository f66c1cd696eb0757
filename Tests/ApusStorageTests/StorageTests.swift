import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Appending and reading")
struct StorageTests {
    @Test("what was appended is read back, before and after reopening")
    func appendReadReopen() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(milliseconds: 1_700_000_000_000)
        let labels = (0..<50).map { series("up", ["instance": "host\($0)", "job": $0 % 2 == 0 ? "even" : "odd"]) }
        do {
            let storage = try Storage(folder: folder.path, clock: clock)
            for step in 0..<200 {
                let time = clock.now() - 3_600_000 + Int64(step) * 15_000
                let outcome = try storage.store(labels, at: time) { Double(step * 50 + $0) }
                #expect(outcome.appendedCount == 50)
                #expect(outcome.rejections.isEmpty)
            }
            try check(storage, clock.now())
            storage.close()
        }
        let reopened = try Storage(folder: folder.path, clock: clock)
        try check(reopened, clock.now())
        // Appending goes on with the same series.
        try reopened.store(labels, at: clock.now()) { Double($0) }
        let read = try reopened.samples([Matcher("job", .equal, "even")])
        #expect(read.count == 25)
        #expect(read.values.allSatisfy { $0.count == 201 })
        reopened.close()
    }

    private func check(_ storage: Storage, _ now: Int64) throws {
        let read = try storage.samples([Matcher("__name__", .equal, "up")])
        #expect(read.count == 50)
        for index in 0..<50 {
            let labels = series("up", ["instance": "host\(index)", "job": index % 2 == 0 ? "even" : "odd"])
            let columns = try #require(read[labels])
            #expect(columns.timestamps == (0..<200).map { now - 3_600_000 + Int64($0) * 15_000 })
            #expect(columns.values == (0..<200).map { Double($0 * 50 + index) })
        }
    }
}
