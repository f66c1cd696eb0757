import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
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
        let readers = DispatchGroup()
        for _ in 0..<2 {
            readers.enter()
            Thread.detachNewThread {
                defer { readers.leave() }
                var previous = 0
                while !isDone.load(ordering: .sequentiallyConsistent) {
                    do {
                        let read = try storage.samples([Matcher("__name__", .equal, "m")])
                        let counts = Set(read.values.map(\.count))
                        let count = counts.first ?? 0
                        if counts.count > 1 || (count > 0 && read.count != labels.count) || count < previous {
                            failures.withLock {
                                $0.append("\(counts) samples of \(read.count) series after \(previous)")
                            }
                        }
                        previous = count
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                    queries.add(1, ordering: .relaxed)
                }
            }
        }
        for step in 1...600 {
            try storage.store(labels, at: Int64(step) * 15_000) { Double(step + $0) }
            if step % 50 == 0 { try storage.compact() }
            // The readers must have had their turn while there was something to disturb them.
            while step == 300, queries.load(ordering: .relaxed) < 4 { Thread.sleep(forTimeInterval: 0.001) }
        }
        isDone.store(true, ordering: .sequentiallyConsistent)
        readers.wait()
        // While queriers were open all the time, truncation may have been put off.
        try storage.compact()
        #expect(failures.withLock { $0 } == [])
        #expect(queries.load(ordering: .relaxed) >= 4)
        #expect(storage.statistics.blocks > 3)
        #expect(try storage.samples([]).values.allSatisfy { $0.count == 600 })
    }
}
