import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("The head of Prometheus")
struct PrometheusHeadTests {
    private static let start: Int64 = 1_700_000_000_000

    private func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// Imports a Prometheus folder and gives what is stored then.
    private func take(_ source: String, skippingDamage: Bool = false) throws -> (
        table: SeriesTable, summary: ImportSummary
    ) {
        let folder = try TemporaryFolder()
        var options = ImportOptions()
        options.skipsDamage = skippingDamage
        let summary = try PrometheusFolder.take(source, into: try BlockImport(folder: folder.path), options: options)
        let storage = try Storage(folder: folder.path)
        defer { storage.close() }
        return (try storage.table(), summary)
    }

    /// A log with a checkpoint and two segments, records across pages, and what they hold.
    private func makeLog(_ folder: String, seriesCount: Int = 200, steps: Int = 50) throws -> SeriesTable {
        var table: SeriesTable = [:]
        let labels = (0..<seriesCount).map { series("up", ["n": "\($0)", "long": String(repeating: "x", count: 200)]) }
        var checkpoint = LogFixture()
        checkpoint.append(
            LogFixture.series(labels[..<(seriesCount / 2)].enumerated().map { (UInt64($0.offset), $0.element) }))
        checkpoint.append(LogFixture.samples([(0, Self.start - 5_000, -1)]))
        checkpoint.fillPage()
        try write(checkpoint.bytes, to: "\(folder)/wal/checkpoint.00000004/00000000")
        // A segment before the checkpoint is left over and holds nothing that counts.
        try write([1, 2, 3], to: "\(folder)/wal/00000004")
        var first = LogFixture()
        first.append(
            LogFixture.series(
                labels[(seriesCount / 2)...].enumerated().map { (UInt64(seriesCount / 2 + $0.offset), $0.element) }))
        for step in 0..<steps {
            first.append(
                LogFixture.samples(
                    (0..<seriesCount).map { (UInt64($0), Self.start + Int64(step) * 1_000, Double($0 * step)) }))
        }
        first.fillPage()
        try write(first.bytes, to: "\(folder)/wal/00000005")
        var second = LogFixture()
        second.append(LogFixture.samples([(7, Self.start + 50_000, .infinity), (9_999, Self.start, 1)]))
        second.append(LogFixture.exemplars([(3, Self.start, 1), (4, Self.start, 2)]))
        second.append([5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9])
        try write(second.bytes, to: "\(folder)/wal/00000006")
        for (number, labels) in labels.enumerated() {
            var columns = SampleColumns()
            if number == 0 { columns.append(-1, at: Self.start - 5_000) }
            for step in 0..<steps { columns.append(Double(number * step), at: Self.start + Int64(step) * 1_000) }
            if number == 7 { columns.append(.infinity, at: Self.start + 50_000) }
            table[labels] = columns
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/chunks_head", withIntermediateDirectories: true)
        return table
    }

    @Test("checkpoint and segments are read, records across pages too")
    func log() throws {
        let folder = try TemporaryFolder()
        let table = try makeLog(folder.path)
        let taken = try take(folder.path)
        #expect(differences(taken.table, table) == [])
        #expect(taken.summary.exemplars == 2 && taken.summary.unknownSeriesSamples == 1)
        #expect(try PrometheusFolder.verify(folder.path).damage == [])
    }

    @Test("exemplars and metadata of the log are taken: the head has them then")
    func exemplarsAndMetadata() throws {
        let folder = try TemporaryFolder()
        var log = LogFixture()
        log.append(
            LogFixture.series([
                (1, series("took_seconds_bucket", ["le": "1"])), (2, series("made_total")), (300, series("size")),
            ]))
        log.append(LogFixture.samples([(1, Self.start, 4), (2, Self.start, 5), (300, Self.start, 6)]))
        log.append(LogFixture.exemplars([(2, Self.start + 1, 7), (1, Self.start, 0.5), (1, Self.start + 9, 0.25)]))
        // Of a series that is not known, and one outside of the range that is asked for.
        log.append(LogFixture.exemplars([(9, Self.start, 1), (2, Self.start + 99, 8)]))
        log.append(
            LogFixture.metadata([
                (1, 3, [("UNIT", "seconds"), ("HELP", "How long it took: ü.")]), (2, 1, [("HELP", "first")]),
                (300, 2, [("LATER", "x"), ("HELP", "A size.")]), (77, 1, [("HELP", "of nothing")]),
            ]))
        log.append(LogFixture.metadata([(2, 1, [("UNIT", ""), ("HELP", "last")])]))
        log.append([14, 0, 0, 0, 0, 0, 0, 0, 1])
        try write(log.bytes, to: "\(folder.path)/prometheus/wal/00000000")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/prometheus/chunks_head", withIntermediateDirectories: true)
        let data = "\(folder.path)/data"
        let range = Self.start...(Self.start + 50)
        func take() throws -> ImportSummary {
            try PrometheusFolder.take(
                "\(folder.path)/prometheus", range: range, into: try BlockImport(folder: data))
        }
        let first = try take()
        #expect(first.exemplars == 4 && first.exemplarsTaken == 3 && first.metadata == 3 && first.samples == 3)
        // What the head has is not taken twice.
        #expect(try take().exemplarsTaken == 0)
        let storage = try Storage(folder: data)
        defer { storage.close() }
        let found = try storage.exemplars(
            matching: [[Matcher("__name__", .notEqual, "")]], from: .min, through: .max)
        let label = LabelSet([Label(name: "a", value: "b")])
        #expect(
            found.map(\.labels) == [series("made_total"), series("took_seconds_bucket", ["le": "1"])])
        #expect(
            found.map(\.exemplars) == [
                [Exemplar(labels: label, value: 7, timestamp: Self.start + 1)],
                [
                    Exemplar(labels: label, value: 0.5, timestamp: Self.start),
                    Exemplar(labels: label, value: 0.25, timestamp: Self.start + 9),
                ],
            ])
        #expect(
            storage.metadata(of: "took_seconds")
                == MetricMetadata(type: .histogram, help: "How long it took: ü.", unit: "seconds"))
        #expect(storage.metadata(of: "made_total") == MetricMetadata(type: .counter, help: "last"))
        #expect(storage.metadata(of: "size") == MetricMetadata(type: .gauge, help: "A size."))
        #expect(storage.allMetadata.count == 3)
        #expect(try PrometheusFolder.verify("\(folder.path)/prometheus").damage == [])
    }

    @Test("histograms of all kinds are read, and deleted times are left out")
    func histograms() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 3)
        let plain = NativeHistogram.random(using: &generator)
        var floats = plain
        floats.count += 0.25
        let custom = NativeHistogram.randomCustom(using: &generator)
        var stale = NativeHistogram()
        stale.sum = SpecialValue.staleMarker
        var log = LogFixture()
        log.append(LogFixture.series([(1, series("h")), (2, series("c"))]))
        log.append(LogFixture.histograms(7, [(1, Self.start, plain), (1, Self.start + 1, plain)]))
        log.append(LogFixture.histograms(8, [(1, Self.start + 2, floats)]))
        log.append(LogFixture.histograms(7, [(1, Self.start + 3, stale)]))
        log.append(LogFixture.histograms(9, [(2, Self.start, custom)]))
        log.append(LogFixture.histograms(10, [(2, Self.start + 1, custom)]))
        log.append(LogFixture.tombstones([(1, Self.start + 1, Self.start + 1), (2, Self.start + 5, .max), (1, 9, 3)]))
        try write(log.bytes, to: "\(folder.path)/wal/00000000")
        try write([], to: "\(folder.path)/chunks_head/000001")
        var h = SampleColumns()
        h.append(plain, at: Self.start)
        h.append(floats, at: Self.start + 2)
        h.append(SpecialValue.staleMarker, at: Self.start + 3)
        var c = SampleColumns()
        c.append(custom, at: Self.start)
        c.append(custom, at: Self.start + 1)
        #expect(differences(try take(folder.path).table, [series("h"): h, series("c"): c]) == [])
    }

    @Test(
        "chunks of the head and the log of samples out of order complete the log; what is in blocks is not taken twice")
    func chunks() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 8)
        // A block up to start + 1,000,000, and a head that has the older half of its chunks on disk.
        let old = SampleColumns(timestamps: [Self.start, Self.start + 999_999], values: [1, 2])
        _ = try writeBlock([series("a"): old], in: folder.path)
        let recent = SampleColumns.random(count: 100, from: Self.start + 1_000_000, step: 1_000, using: &generator)
        let helper = try writeBlock([series("x"): recent], in: "\(folder.path)/helper")
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(helper)/chunks/000001")))
        let chunk = try #require(try LogFixture.chunks(ofSegment: bytes).first)
        let times = try #require(recent.timestamps.first)...(try #require(recent.timestamps.last))
        try FileManager.default.removeItem(atPath: "\(folder.path)/helper")
        var late = SampleColumns(timestamps: [Self.start + 500_000], values: [5])
        let lateBlock = try writeBlock([series("x"): late], in: "\(folder.path)/late")
        let lateBytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(lateBlock)/chunks/000001")))
        let lateChunk = try #require(try LogFixture.chunks(ofSegment: lateBytes).first)
        try FileManager.default.removeItem(atPath: "\(folder.path)/late")
        try write(
            LogFixture.headChunks([
                (1, times, chunk.encoding, chunk.data),
                (1, late.timestamps[0]...late.timestamps[0], lateChunk.encoding | 0x80, lateChunk.data),
            ]), to: "\(folder.path)/chunks_head/000001")
        var log = LogFixture()
        log.append(LogFixture.series([(1, series("a"))]))
        log.append(LogFixture.samples([(1, Self.start + 700_000, 99), (1, times.upperBound + 10, 3)]))
        try write(log.bytes, to: "\(folder.path)/wal/00000000")
        var outOfOrder = LogFixture()
        outOfOrder.append(LogFixture.samples([(1, Self.start + 600_000, 6)]))
        try write(outOfOrder.bytes, to: "\(folder.path)/wbl/00000000")
        var expected = SampleColumns()
        for (time, value) in zip(old.timestamps[..<1], old.values) { expected.append(value, at: time) }
        expected.append(5, at: Self.start + 500_000)
        expected.append(6, at: Self.start + 600_000)
        expected.append(2, at: Self.start + 999_999)
        for (time, value) in zip(recent.timestamps, recent.values) { expected.append(value, at: time) }
        expected.append(3, at: times.upperBound + 10)
        late = try take(folder.path).table[series("a")] ?? SampleColumns()
        #expect(late.isSame(as: expected))
    }

    @Test("a chunk of the head that was being written when the process was killed is passed over: the log has it")
    func tornChunk() throws {
        let folder = try TemporaryFolder()
        let table = try makeLog(folder.path, seriesCount: 10, steps: 2)
        let whole = LogFixture.headChunks([(1, 0...1, 1, [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0])])
        for length in [16, 20, 33, 40, 45] {
            try write(Array(whole[..<length]) + [0, 0, 0], to: "\(folder.path)/chunks_head/000001")
            #expect(differences(try take(folder.path).table, table) == [], "cut at \(length)")
            #expect(try PrometheusFolder.verify(folder.path).damage == [])
            #expect(try !PrometheusFolder.verify(folder.path).notes.isEmpty)
        }
    }

    @Test("a torn end of the log is what was never acknowledged")
    func tornTail() throws {
        let folder = try TemporaryFolder()
        let table = try makeLog(folder.path, seriesCount: 10, steps: 2)
        let last = "\(folder.path)/wal/00000006"
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: last)))
        // Cut at every byte: what is left of the segment counts, nothing else changes.
        for length in 0..<whole.count {
            try write(Array(whole[..<length]), to: last)
            let taken = try take(folder.path).table
            #expect(differences(taken, table).count <= 1, "cut at \(length)")
        }
    }

    @Test("damage in the middle of the log is told of, and passed over only when that is wanted")
    func damage() throws {
        let folder = try TemporaryFolder()
        let table = try makeLog(folder.path, seriesCount: 60, steps: 20)
        let middle = "\(folder.path)/wal/00000005"
        let original = try Data(contentsOf: URL(fileURLWithPath: middle))
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<20 {
            try change(middle) { $0[Int.random(in: 0..<20_000, using: &generator)] ^= 0x10 }
            #expect(throws: InterchangeError.self) { _ = try take(folder.path) }
            let taken = try take(folder.path, skippingDamage: true)
            #expect(!taken.summary.damage.isEmpty)
            for (labels, columns) in taken.table {
                let known = try #require(table[labels])
                #expect(Set(columns.timestamps).isSubset(of: Set(known.timestamps)))
            }
            #expect(try !PrometheusFolder.verify(folder.path).damage.isEmpty)
            try original.write(to: URL(fileURLWithPath: middle))
        }
    }

    @Test("a record of an unknown kind is not passed over in silence")
    func unknownKind() throws {
        let folder = try TemporaryFolder()
        _ = try makeLog(folder.path)
        var log = LogFixture()
        log.append([77, 1, 2, 3])
        try write(log.bytes, to: "\(folder.path)/wal/00000007")
        #expect {
            try take(folder.path)
        } throws: { error in
            "\(error)".contains("kind 77")
        }
    }

    @Test("random records with right checksums are refused, never more", arguments: 1...3 as ClosedRange<UInt64>)
    func hostileRecords(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: seed)
        var log = LogFixture()
        log.append(LogFixture.series([(1, series("a"))]))
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...80, using: &generator)
            let record = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            log.append(
                [UInt8.random(in: 1...11, using: &generator)] + record,
                compression: UInt8.random(in: 0...3, using: &generator))
        }
        try write(log.bytes, to: "\(folder.path)/wal/00000000")
        try write([], to: "\(folder.path)/chunks_head/000001")
        #expect(try !PrometheusFolder.verify(folder.path).damage.isEmpty)
        // Times out of range end the import, whatever else is passed over.
        do { _ = try take(folder.path, skippingDamage: true) } catch { #expect(error is InterchangeError) }
    }
}
