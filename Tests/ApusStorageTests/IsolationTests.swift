import ApusModel
import ApusStorage
import ApusTestSupport
import Dispatch
import Synchronization
import Testing

@Suite("Isolation")
struct IsolationTests {
    @Test("queries beside appends and compactions see whole batches only, and never fewer than before")
    func concurrentQueries() throws {
        let folder = try TemporaryFolder()
        var options = StorageOptions()
        options.blockRange = 1_000_000
        let storage = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 100_000_000))
        defer { storage.close() }
        let labels = (0..<60).map { series("m", ["n": "\($0)"]) }
        let isDone = Atomic<Bool>(false)
        let failures = Mutex<[String]>([])
        let queries = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 3) { worker in
            do {
                if worker == 0 {
                    defer { isDone.store(true, ordering: .sequentiallyConsistent) }
                    for step in 1...600 {
                        try storage.store(labels, at: Int64(step) * 15_000) { Double(step + $0) }
                        if step % 50 == 0 { try storage.compact() }
                    }
                    return
                }
                var previous = 0
                while !isDone.load(ordering: .sequentiallyConsistent) {
                    let read = try storage.samples([Matcher("__name__", .equal, "m")])
                    let counts = Set(read.values.map(\.count))
                    let count = counts.first ?? 0
                    if counts.count > 1 || (count > 0 && read.count != labels.count) || count < previous {
                        failures.withLock { $0.append("\(counts) samples of \(read.count) series after \(previous)") }
                    }
                    previous = count
                    queries.add(1, ordering: .relaxed)
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(queries.load(ordering: .relaxed) > 0)
        #expect(storage.statistics.blocks > 3)
        #expect(try storage.samples([]).values.allSatisfy { $0.count == 600 })
    }
}
