import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Each file of a data folder cut at random places, with flipped bits and with stretches of zeros or noise.
@Suite("Damaged data folders")
struct DamageTests {
    /// The cases; `APUS_DAMAGE_CASES` asks for more.
    private static let cases =
        ProcessInfo.processInfo.environment["APUS_DAMAGE_CASES"].flatMap { Int($0) } ?? 300

    @Test(
        "whatever is damaged is reported and counted, nothing wrong is shown, the rest is served and appending goes on",
        .timeLimit(.minutes(60)))
    func anyFile() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        let template = try DamageTemplate()
        let folder = try TemporaryFolder(inMemory: true)
        var noticed: [String: Int] = [:]
        for number in 0..<Self.cases {
            // One kind of file after the other, so that each gets its share.
            let kinds = template.kinds
            let kind = kinds[number % kinds.count]
            let path = template.paths(of: kind).randomElement(using: &generator) ?? ""
            let change = DamageChange(of: template.files[path] ?? [], using: &generator)
            try template.restore(to: folder.url, path, change.bytes)
            let context = "seed \(seed), case \(number): \(path) \(change.text)"
            let isNoticed = try check(folder.path, template, path, change, context)
            noticed[kind, default: 0] += isNoticed ? 1 : 0
        }
        for kind in DamageTemplate.watchedKinds {
            #expect(noticed[kind, default: 0] > 0, "damage of \(kind) was never noticed")
        }
    }

    @Test("a flipped bit in a version is damage of that file, not a newer format")
    func flippedVersions() throws {
        let template = try DamageTemplate()
        let folder = try TemporaryFolder(inMemory: true)
        for kind in DamageTemplate.watchedKinds {
            guard let path = template.paths(of: kind).last, let whole = template.files[path] else { continue }
            for (byte, bit) in [(8, 2), (10, 0), (11, 7)] {
                var bytes = whole
                bytes[byte] ^= 1 << UInt8(bit)
                try template.restore(to: folder.url, path, bytes)
                let storage = try Storage(folder: folder.path, options: DamageTemplate.options, clock: template.clock)
                try storage.store(template.labels, at: template.newest + 15_000) { Double($0) }
                storage.close()
            }
        }
    }

    @Test("the verification finds a chunk file that was cut, also between two chunks")
    func cutChunkFiles() throws {
        let template = try DamageTemplate()
        let folder = try TemporaryFolder(inMemory: true)
        for path in template.paths(of: "chunks") {
            let whole = template.files[path] ?? []
            try template.restore(to: folder.url, path, whole)
            #expect(try FolderVerification.run(folder: folder.path).damage == [])
            for length in whole.indices.dropFirst() {
                try Data(whole[..<length]).write(to: folder.url.appendingPathComponent(path))
                let found = try FolderVerification.run(folder: folder.path)
                guard found.damage.isEmpty, found.notes.isEmpty else { continue }
                // Behind what the checkpoint knows of, the log has everything.
                let context = "\(path) cut at \(length) of \(whole.count)"
                try template.restore(to: folder.url, path, Array(whole[..<length]))
                let storage = try Storage(folder: folder.path, options: DamageTemplate.options, clock: template.clock)
                let result = try compare(storage, template, [], context)
                storage.close()
                #expect(result == (0, 0), "samples are missing without a word: \(context)")
            }
        }
    }

    /// Opens the damaged folder, compares, appends, opens it again; gives whether anything was noticed.
    private func check(
        _ folder: String, _ template: DamageTemplate, _ path: String, _ change: DamageChange, _ context: String
    ) throws -> Bool {
        let found = try FolderVerification.run(folder: folder)
        let events = EventLog()
        let storage = try Storage(
            folder: folder, options: DamageTemplate.options, clock: template.clock, report: events.append)
        let reported = events.all.filter { $0.severity != .info }
        var result = try compare(storage, template, reported, context)
        checkMetadata(storage, change, isReported: !reported.isEmpty, context)
        #expect(storage.growth(limit: 100)[2].created <= template.labels.count, "\(context)")
        // A read may have been what found it.
        let isReported = !reported.isEmpty || result.failures > 0
        if result.missing > 0 {
            // A log that ends early cannot be told from one that was written no further.
            let isEndOfLog = change.isCut && path == template.lastSegment
            #expect(isReported || isEndOfLog, "\(result.missing) samples are missing without a word: \(context)")
        }
        if isReported {
            let statistics = storage.statistics
            let isCounted =
                statistics.walCorruptions > 0 || statistics.unreadableBlocks > 0 || result.failures > 0
            #expect(isCounted, "nothing was counted: \(context)")
        }
        if result.missing + result.failures > 0, !(change.isCut && path == template.lastSegment) {
            #expect(!found.damage.isEmpty || !found.notes.isEmpty, "the verification found nothing: \(context)")
        }
        // What is newer than the damage is served in any case.
        let newest = template.newest + 15_000
        try storage.store(template.labels, at: newest) { Double($0) }
        #expect(try storage.samples([], from: newest).count == template.labels.count, "\(context)")
        storage.tendHead()
        _ = try? storage.compact()
        storage.compactBlocks()
        storage.close()
        let again = EventLog()
        let reopened = try Storage(
            folder: folder, options: DamageTemplate.options, clock: template.clock, report: again.append)
        #expect(try reopened.samples([], from: newest).count == template.labels.count, "opened again: \(context)")
        result = try compare(reopened, template, reported + again.all, "opened again: \(context)")
        reopened.close()
        return isReported
    }

    /// What families said last must be there, or before last where what was damaged is told of.
    private func checkMetadata(_ storage: Storage, _ change: DamageChange, isReported: Bool, _ context: String) {
        var isWhole = true
        for (family, found) in storage.allMetadata {
            guard let number = Int(family.dropFirst("family_".count)), family.hasPrefix("family_") else {
                Issue.record("a family nobody told of: \(family): \(context)")
                continue
            }
            let known = stride(from: 0, to: 400, by: 50).map { DamageTemplate.metadata(number, step: $0) }
            if !known.contains(found) { Issue.record("\(family) is wrong: \(found): \(context)") }
            if found != known.last { isWhole = false }
        }
        if storage.allMetadata.count < 8 { isWhole = false }
        // A file that ends early cannot be told from one whose last write was broken off.
        #expect(isWhole || isReported || change.isCut, "metadata is missing without a word: \(context)")
    }

    /// Reads all, range by range; wrong samples are recorded.
    private func compare(
        _ storage: Storage, _ template: DamageTemplate, _ reported: [StorageEvent], _ context: String
    ) throws -> (missing: Int, failures: Int) {
        let mayBeBack = reported.contains { if case .damagedTombstones = $0 { true } else { false } }
        var missing = 0
        var failures = 0
        for start in stride(from: template.oldest, through: template.newest, by: 300_000) {
            let end = start + 299_999
            let read: [LabelSet: SampleColumns]
            do { read = try storage.samples([], from: start, through: end) } catch {
                failures += 1
                #expect("\(error)".contains(storage.folder), "an error without a file: \(error): \(context)")
                continue
            }
            for (labels, truth) in template.truth {
                let expected = truth.filter { $0.key >= start && $0.key <= end }
                let columns = read[labels] ?? SampleColumns()
                missing += expected.keys.filter { !columns.timestamps.contains($0) }.count
                for position in 0..<columns.count {
                    let time = columns.timestamps[position]
                    let value = columns.histograms.first { $0.position == position }?.histogram.count
                    let isRight = (value ?? columns.values[position]) == expected[time]
                    let isBack = mayBeBack && (value ?? columns.values[position]) == template.deleted[labels]?[time]
                    if !isRight, !isBack { Issue.record("\(labels) at \(time) is wrong: \(context)") }
                }
            }
            #expect(Set(read.keys).isSubset(of: template.labels), "series nobody appended: \(context)")
        }
        return (missing, failures)
    }
}

/// One way to damage a file.
private struct DamageChange {
    let bytes: [UInt8]
    let text: String
    let isCut: Bool

    init(of whole: [UInt8], using generator: inout SeededGenerator) {
        var bytes = whole
        let position = Int.random(in: 0..<max(1, whole.count), using: &generator)
        let end = min(bytes.count, position + Int.random(in: 1...600, using: &generator))
        let choice = whole.isEmpty ? 4 : Int.random(in: 0..<6, using: &generator)
        switch choice {
        case 0, 1:
            bytes.removeLast(bytes.count - position)
            text = "cut at \(position)"
        case 2, 3:
            let bit = UInt8.random(in: 0..<8, using: &generator)
            bytes[position] ^= 1 << bit
            text = "bit \(bit) at \(position)"
        case 4:
            bytes += (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            text = "noise behind the end"
        default:
            let isZero = Bool.random(using: &generator)
            for index in position..<end { bytes[index] = isZero ? 0 : UInt8.random(in: 0...255, using: &generator) }
            text = "\(isZero ? "zeros" : "noise") at \(position)..<\(end)"
        }
        isCut = choice < 2
        self.bytes = bytes
    }
}

/// A data folder with every kind of file, as the end of the process leaves it, and what is in it.
private struct DamageTemplate {
    private(set) var files: [String: [UInt8]] = [:]
    let labels = (0..<8).map { series("m", ["n": "\($0)"]) }
    let oldest: Int64 = 1_700_000_000_000
    let newest: Int64
    let clock = ManualClock(milliseconds: 1_700_100_000_000)
    /// What must be shown.
    private(set) var truth: [LabelSet: [Int64: Double]] = [:]
    /// What was deleted.
    private(set) var deleted: [LabelSet: [Int64: Double]] = [:]

    static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.maximumBlockRange = 1_800_000
        options.checkpointLogSize = 4_000
        options.maximumSealedBytes = 500
        options.segmentSize = 6_000
        return options
    }()

    init() throws {
        let folder = try TemporaryFolder(inMemory: true)
        newest = oldest + 399 * 15_000
        // What came and went is written when a store is closed.
        var storage = try Storage(folder: folder.path, options: Self.options, clock: clock)
        _ = try storage.resolve(labels)
        storage.close()
        storage = try Storage(folder: folder.path, options: Self.options, clock: clock)
        for step in 0..<400 {
            let time = oldest + Int64(step) * 15_000
            if step % 50 == 0 {
                storage.remember((0..<8).map { ("family_\($0)", Self.metadata($0, step: step)) })
            }
            var batch = SampleBatch(timestamp: time)
            batch.references = try storage.resolve(labels)
            for (number, labels) in labels.enumerated() {
                let value = Double(step * step % 1_000) + Double(number) / 8
                batch.values.append(value)
                truth[labels, default: [:]][time] = value
            }
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 1)]
            histogram.positiveBuckets = [batch.values[7]]
            histogram.count = batch.values[7]
            batch.histograms = [SampleColumns.PositionedHistogram(position: 7, histogram: histogram)]
            #expect(try storage.append(batch).appendedCount == labels.count)
            if step % 40 == 39 { try storage.compact() }
            if step == 200 { storage.compactBlocks() }
            if step % 5 == 0 { storage.tendHead() }
            if step == 399 {
                try delete(labels[1], from: oldest + 600_000, through: oldest + 900_000, storage)
                try delete(labels[2], from: time - 300_000, through: time - 60_000, storage)
            }
        }
        try Data(repeating: 0x20, count: 2_048).write(to: folder.url.appendingPathComponent("queries.active"))
        // As it lies there while the store is open.
        var found: [String: [UInt8]] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: folder.path) ?? .init() {
            if let data = FileManager.default.contents(atPath: "\(folder.path)/\(path)"),
                (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/\(path)")) == nil
            {
                found[path] = Array(data)
            }
        }
        files = found
        storage.close()
        #expect(Set(kinds).isSuperset(of: Self.watchedKinds + ["lock", "meta.json", "queries.active"]), "\(kinds)")
    }

    /// The kinds whose damage must be noticed; nobody reads the others before they are written anew.
    static let watchedKinds = [
        "checkpoint", "chunks", "columns", "growth", "head.tombstones", "index", "lineage", "metadata", "segment",
        "tombstones",
    ]

    /// What a family said at a step.
    static func metadata(_ family: Int, step: Int) -> MetricMetadata {
        MetricMetadata(
            type: MetricType.allCases[family], help: "Family \(family), said at \(step).", unit: "u\(family)")
    }

    private mutating func delete(_ labels: LabelSet, from start: Int64, through end: Int64, _ storage: Storage) throws {
        let matcher = Matcher("n", .equal, labels["n"] ?? "")
        try storage.delete(matching: [[matcher]], from: start, through: end)
        deleted[labels] = truth[labels]?.filter { $0.key >= start && $0.key <= end }
        truth[labels] = truth[labels]?.filter { $0.key < start || $0.key > end }
    }

    /// The kinds of files, by name or by ending where names are numbers.
    var kinds: [String] { Array(Set(files.keys.map(Self.kind))).sorted() }

    private static func kind(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.first?.isNumber == true ? name.split(separator: ".").last.map(String.init) ?? name : name
    }

    /// The files of a kind.
    func paths(of kind: String) -> [String] { files.keys.filter { Self.kind($0) == kind }.sorted() }

    /// The segment of the log that was written to.
    var lastSegment: String { paths(of: "segment").last ?? "" }

    /// Writes the files anew, one of them changed.
    func restore(to folder: URL, _ changed: String, _ bytes: [UInt8]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        for (path, whole) in files {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(path == changed ? bytes : whole).write(to: file)
        }
    }
}
