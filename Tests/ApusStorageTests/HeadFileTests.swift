import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// What the head keeps in files: read back whole, and in part where they are damaged.
@Suite("Files of the head")
struct HeadFileTests {
    private static let names = (0..<40).map { series("m", ["n": "\($0)", "zone": "z\($0 % 3)"]) }

    private func open(
        _ folder: String, checkpointLogSize: Int = 8_000, report: @escaping @Sendable (StorageEvent) -> Void = { _ in }
    ) throws -> Storage {
        var options = StorageOptions()
        options.checkpointLogSize = checkpointLogSize
        options.maximumSealedBytes = 1_000
        options.segmentSize = 50_000
        return try Storage(
            folder: folder, options: options, clock: ManualClock(milliseconds: 10_000_000_000), report: report)
    }

    /// A value of a series at a step: counters, decimals, sums of many digits, special values.
    private static func value(_ number: Int, _ step: Int) -> Double {
        let generator = UInt64(number * 7_919 + step) &* 0x9E37_79B9_7F4A_7C15
        switch number % 10 {
        case 0: return Double(number)
        case 1: return Double(step * 17)
        case 2: return Double(generator >> 40)
        case 3: return Double(generator >> 50) / 100
        case 4: return Double(bitPattern: generator)
        case 5: return [0.0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1][step % 7]
        case 6: return step % 5 == 0 ? SpecialValue.staleMarker : Double(step) / 10
        case 7: return Double(Int64(bitPattern: generator) >> 11)
        case 8: return Double(step % 40) - 20
        default: return Double(step) * 1_000_000_000_000.25
        }
    }

    /// The time of a step: mostly every 15 s, with jitter and gaps.
    private static func time(_ step: Int) -> Int64 {
        Int64(step) * 15_000 + Int64(step % 11 == 0 ? step % 7 : 0) + (step > 150 ? 3_000_000_000 : 0)
    }

    private func append(_ steps: Range<Int>, to storage: Storage) throws {
        for step in steps {
            try storage.store(Self.names, at: Self.time(step)) { Self.value($0, step) }
            if step % 3 == 0 { storage.tendHead() }
        }
    }

    /// Whether everything that is stored is right, and how many samples that are.
    private func check(_ read: [LabelSet: SampleColumns], _ context: Comment) throws -> Int {
        var steps: [Int64: Int] = [:]
        for step in 0..<400 { steps[Self.time(step)] = step }
        var count = 0
        for (labels, columns) in read {
            let number = try #require(Self.names.firstIndex(of: labels), context)
            for position in 0..<columns.count {
                let step = try #require(steps[columns.timestamps[position]], context)
                #expect(columns.values[position].bitPattern == Self.value(number, step).bitPattern, context)
            }
            #expect(zip(columns.timestamps, columns.timestamps.dropFirst()).allSatisfy { $0 < $1 }, context)
            count += columns.count
        }
        return count
    }

    @Test("every value is read back to the bit, from tails, chunks in memory, files and after opening again")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        var stored = 0
        for end in [1, 2, 40, 63, 64, 65, 130, 151, 152, 230, 300] {
            // Without closing: as if the process had died.
            let storage = try open(folder.path)
            #expect(try check(try storage.samples([]), "opened at \(stored)") == stored * Self.names.count)
            try append(stored..<end, to: storage)
            stored = end
            #expect(try check(try storage.samples([]), "appended to \(end)") == stored * Self.names.count)
            #expect(storage.statistics.walCorruptions == 0)
        }
        let storage = try open(folder.path)
        // What is equal to the newest sample is so after opening, whatever that is read from.
        let again = try storage.store(Self.names, at: Self.time(299)) { Self.value($0, 299) }
        #expect(again.appendedCount == Self.names.count)
        let other = try storage.store(Self.names, at: Self.time(299)) { Self.value($0, 299) == 3 ? 4 : 3 }
        #expect(other.rejections.count == Self.names.count)
        #expect(other.rejections.allSatisfy { $0.reason == .duplicateTimestamp })
        storage.close()
    }

    @Test("part of a range of time reads only that")
    func ranges() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder.path)
        try append(0..<300, to: storage)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<60 {
            let first = Int.random(in: 0..<300, using: &generator)
            let last = Int.random(in: first..<300, using: &generator)
            let read = try storage.samples([], from: Self.time(first), through: Self.time(last))
            #expect(
                try check(read, "\(first)...\(last)") == (last - first + 1) * Self.names.count, "\(first)...\(last)")
        }
        storage.close()
    }

    @Test("after a clean or an unclean end little of the log is read, and old segments are gone")
    func littleIsRead() throws {
        let folder = try TemporaryFolder()
        do {
            let storage = try open(folder.path, checkpointLogSize: 20_000)
            try append(0..<300, to: storage)
            #expect(storage.statistics.walBytes < 90_000)
        }
        let events = EventLog()
        let storage = try open(folder.path, checkpointLogSize: 20_000, report: events.append)
        guard case .replayed(let series, let samples, _)? = events.all.last else {
            Issue.record("\(events.all)")
            return
        }
        #expect(series == Self.names.count)
        #expect(samples < 100 * Self.names.count, "of \(300 * Self.names.count) samples \(samples) were read")
        #expect(try check(try storage.samples([]), "") == 300 * Self.names.count)
        storage.close()
    }

    /// A folder that was left without closing, and a copy of its files.
    private func makeFolder() throws -> (TemporaryFolder, [(path: String, bytes: Data)]) {
        let folder = try TemporaryFolder()
        do {
            let storage = try open(folder.path)
            try append(0..<200, to: storage)
        }
        var files: [(path: String, bytes: Data)] = []
        for part in ["head", "wal"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(part)").sorted() {
                files.append(
                    ("\(part)/\(name)", try Data(contentsOf: folder.url.appendingPathComponent("\(part)/\(name)"))))
            }
        }
        return (folder, files)
    }

    private func restore(_ files: [(path: String, bytes: Data)], in folder: TemporaryFolder) throws {
        for part in ["head", "wal"] {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(part)")
            try FileManager.default.createDirectory(atPath: "\(folder.path)/\(part)", withIntermediateDirectories: true)
        }
        for file in files { try file.bytes.write(to: folder.url.appendingPathComponent(file.path)) }
    }

    /// Opens the store and reads series by series; damage must be reported or hurt nothing.
    private func expectServed(_ folder: TemporaryFolder, _ context: Comment) throws {
        let events = EventLog()
        let storage = try open(folder.path, report: events.append)
        defer { storage.close() }
        var read: [LabelSet: SampleColumns] = [:]
        var failures = 0
        let selection = try storage.querier(from: .min, through: .max).select([])
        for index in 0..<selection.count {
            var columns = SampleColumns()
            do {
                try selection.read(index, from: .min, through: .max, into: &columns)
                read[selection.labels(at: index)] = columns
            } catch {
                failures += 1
                #expect("\(error)".contains(".chunks"), context)
            }
        }
        let isReported = failures > 0 || events.all.contains { $0.severity != .info }
        let count = try check(read, context)
        #expect(count == 200 * Self.names.count || isReported, "\(count) samples, and nothing was said: \(context)")
        #expect((storage.statistics.walCorruptions > 0) == events.all.contains { $0.severity != .info }, context)
        // It goes on: what is appended now is there.
        let outcome = try storage.store(Self.names, at: Self.time(399)) { Self.value($0, 399) }
        #expect(outcome.rejections.isEmpty, context)
    }

    @Test("a flipped bit in any file is reported or does no harm, and the rest is served")
    func flippedBits() throws {
        let (folder, files) = try makeFolder()
        #expect(files.contains { $0.path.hasSuffix(".chunks") })
        #expect(files.count { $0.path.hasSuffix("head/.checkpoint") || $0.path.hasSuffix(".checkpoint") } == 2)
        var generator = SeededGenerator(seed: 31)
        for (number, file) in files.enumerated() where !file.bytes.isEmpty {
            for _ in 0..<12 {
                var changed = files
                let position = Int.random(in: 0..<file.bytes.count, using: &generator)
                changed[number].bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                try restore(changed, in: folder)
                try expectServed(folder, "\(file.path) at \(position)")
            }
        }
    }

    @Test("a file that is cut or missing is reported or does no harm, and the rest is served")
    func cutFiles() throws {
        let (folder, files) = try makeFolder()
        var generator = SeededGenerator(seed: 32)
        for (number, file) in files.enumerated() {
            for part in 0..<4 {
                var changed = files
                let length = part == 0 ? 0 : Int.random(in: 0..<max(1, file.bytes.count), using: &generator)
                changed[number].bytes = file.bytes.prefix(length)
                try restore(changed, in: folder)
                try expectServed(folder, "\(file.path) cut at \(length)")
            }
            var fewer = files
            fewer.remove(at: number)
            try restore(fewer, in: folder)
            try expectServed(folder, "\(file.path) removed")
        }
    }

    @Test("a chunk file that is missing is told of until its samples are too old for the head, and no other damage is")
    func missingChunks() throws {
        let folder = try TemporaryFolder()
        for steps in [0..<140, 140..<200] { try append(steps, to: open(folder.path)) }
        try FileManager.default.removeItem(atPath: "\(folder.path)/head/00000001.chunks")
        for isCompacted in [false, true] {
            let events = EventLog()
            let storage = try open(folder.path, report: events.append)
            for event in events.all where event.severity != .info {
                guard case .damagedHead(let path, _, _) = event, path.hasSuffix("/00000001.chunks") else {
                    Issue.record("\(event)")
                    continue
                }
            }
            #expect(events.all.contains { $0.severity != .info })
            // All before the leap in time; then a checkpoint is written.
            if isCompacted { #expect(try storage.compact() == 1) }
            storage.close()
        }
        let events = EventLog()
        let storage = try open(folder.path, report: events.append)
        #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all)")
        storage.close()
    }

    @Test("a damaged newest checkpoint costs nothing: the one before it and the log give the same")
    func olderCheckpoint() throws {
        let (folder, files) = try makeFolder()
        let newest = try #require(
            files.indices.last { files[$0].path.hasPrefix("head/") && files[$0].path.hasSuffix("point") })
        var changed = files
        changed[newest].bytes[files[newest].bytes.count / 2] ^= 4
        try restore(changed, in: folder)
        let events = EventLog()
        let storage = try open(folder.path, report: events.append)
        #expect(try check(try storage.samples([]), "") == 200 * Self.names.count)
        #expect(events.all.contains { if case .damagedHead = $0 { true } else { false } })
        storage.close()
    }

    @Test("a clock that steps back and forth loses nothing and invents nothing")
    func clockSteps() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(milliseconds: 1_000_000_000)
        let storage = try Storage(folder: folder.path, clock: clock)
        var accepted = 0
        for step: Int64 in [0, 15_000, 30_000, -3_600_000, -3_585_000, 45_000, 86_400_000, 60_000, 86_415_000] {
            clock.advance(milliseconds: 1_000_000_000 + step - clock.now())
            let outcome = try storage.store([Self.names[0]], at: clock.now()) { _ in Double(step) }
            accepted += outcome.appendedCount
            #expect(outcome.rejections.allSatisfy { $0.reason == .outOfOrder })
        }
        #expect(accepted == 6)
        #expect(try storage.samples([])[Self.names[0]]?.count == 6)
        storage.close()
    }

    @Test("a label value of a megabyte is refused with its size, or taken where that is allowed")
    func longValue() throws {
        let folder = try TemporaryFolder()
        let long = series("m", ["long": String(repeating: "x", count: 1 << 20)])
        var options = StorageOptions()
        var storage = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 1_000_000))
        #expect(throws: AppendError.labelsTooLong(bytes: long.run.count, limit: 65_536)) { try storage.resolve([long]) }
        storage.close()
        options.maximumLabelSetBytes = 2 << 20
        storage = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 1_000_000))
        try storage.store([long], at: 1_000) { _ in 7 }
        for _ in 0..<2 {
            #expect(try storage.samples([])[long]?.values == [7])
            storage.close()
            storage = try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 1_000_000))
        }
        storage.close()
    }

    @Test("a hundred thousand values of one label are made, found and read after opening")
    func manyValues() throws {
        let folder = try TemporaryFolder()
        let many = (0..<100_000).map { series("m", ["id": "\($0)"]) }
        do {
            let storage = try open(folder.path, checkpointLogSize: 1 << 20)
            try storage.store(many, at: 1_000) { Double($0) }
            storage.tendHead()
        }
        let storage = try open(folder.path, checkpointLogSize: 1 << 20)
        #expect(storage.statistics.headSeries == 100_000)
        let found = try storage.samples([Matcher("id", .matchesPattern, "9999.")])
        #expect(found.count == 10)
        #expect(found[many[99_993]]?.values == [99_993])
        storage.close()
    }
}
