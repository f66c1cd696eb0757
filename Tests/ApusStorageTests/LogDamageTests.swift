import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Damaged logs")
struct LogDamageTests {
    private static let labels = (0..<3).map { series("m", ["n": "\($0)"]) }

    /// A folder whose log holds eight batches, and the log's bytes.
    private func makeLog() throws -> (TemporaryFolder, URL, [UInt8]) {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 1_000_000))
        for step in 1...8 { try storage.store(Self.labels, at: Int64(step) * 1_000) { Double(step * 10 + $0) } }
        storage.close()
        let segment = folder.url.appendingPathComponent("wal/00000001.segment")
        return (folder, segment, Array(try Data(contentsOf: segment)))
    }

    /// The steps that a store holds whole; fails when it holds anything else.
    private func steps(_ folder: TemporaryFolder, _ events: EventLog, context: Comment) throws -> (Set<Int>, Int) {
        let storage = try Storage(
            folder: folder.path, clock: ManualClock(milliseconds: 1_000_000), report: events.append)
        defer { storage.close() }
        var counts: [Int: Int] = [:]
        for (labels, columns) in try storage.samples([]) {
            let number = try #require(Self.labels.firstIndex(of: labels), context)
            for position in 0..<columns.count {
                let step = Int(columns.timestamps[position] / 1_000)
                #expect(columns.values[position] == Double(step * 10 + number), context)
                counts[step, default: 0] += 1
            }
        }
        #expect(counts.values.allSatisfy { $0 == 3 }, context)
        return (Set(counts.keys), storage.statistics.walCorruptions)
    }

    @Test("a log cut at any byte keeps every whole record before the cut, is repaired, and takes appends again")
    func cutAnywhere() throws {
        let (folder, segment, whole) = try makeLog()
        let wal = folder.url.appendingPathComponent("wal")
        var previous = Set<Int>()
        for length in 0...whole.count {
            for file in try FileManager.default.contentsOfDirectory(atPath: wal.path) {
                try FileManager.default.removeItem(at: wal.appendingPathComponent(file))
            }
            try Data(whole[..<length]).write(to: segment)
            let events = EventLog()
            let (found, _) = try steps(folder, events, context: "cut at \(length)")
            #expect(found == Set(1...8).filter { $0 <= found.count }, "cut at \(length)")
            #expect(previous.isSubset(of: found), "cut at \(length)")
            previous = found
            let (again, corruptions) = try steps(folder, EventLog(), context: "cut at \(length), opened again")
            #expect(again == found)
            #expect(corruptions == 0, "the tail was cut off, so nothing is left to count; cut at \(length)")
        }
        #expect(previous == Set(1...8))
    }

    @Test("a flipped bit costs at most its own record, is counted and reported, and later records are read")
    func flippedBits() throws {
        let (folder, segment, whole) = try makeLog()
        let wal = folder.url.appendingPathComponent("wal")
        var generator = SeededGenerator(seed: 21)
        // The first record names the series; damage there is tried on its own below.
        for _ in 0..<150 {
            for file in try FileManager.default.contentsOfDirectory(atPath: wal.path) {
                try FileManager.default.removeItem(at: wal.appendingPathComponent(file))
            }
            var bytes = whole
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try Data(bytes).write(to: segment)
            let events = EventLog()
            let (found, corruptions) = try steps(folder, events, context: "bit at \(position)")
            #expect(corruptions > 0, "bit at \(position)")
            #expect(events.all.contains { $0.severity != .info }, "bit at \(position)")
            let isInSeriesRecord = position < 24 + 12 + 60 && found.isEmpty
            #expect(found.count >= 7 || isInSeriesRecord, "bit at \(position): \(found)")
        }
    }

    @Test("random bytes as a log are damage, never a crash")
    func randomLog() throws {
        var generator = SeededGenerator(seed: 22)
        for _ in 0..<60 {
            let (folder, segment, whole) = try makeLog()
            var bytes = whole
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            for position in start..<bytes.count { bytes[position] = UInt8.random(in: 0...255, using: &generator) }
            try Data(bytes).write(to: segment)
            let (found, _) = try steps(folder, EventLog(), context: "random from \(start)")
            #expect(found.count <= 8)
        }
    }

    @Test("a log of a newer version is refused, naming the file")
    func newerVersion() throws {
        let (folder, segment, whole) = try makeLog()
        var bytes = whole
        bytes[8] = 2
        let checksum = crc(bytes[..<20])
        for index in 0..<4 { bytes[20 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
        try Data(bytes).write(to: segment)
        #expect(throws: StorageError.newerFormat(path: segment.path, version: 2)) { try Storage(folder: folder.path) }
    }
}
