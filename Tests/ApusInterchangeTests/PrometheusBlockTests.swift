import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Blocks of Prometheus")
struct PrometheusBlockTests {
    /// Two hours of some series, histograms among them.
    static func table(seed: UInt64, seriesCount: Int = 12, samples: Int = 300) -> SeriesTable {
        var generator = SeededGenerator(seed: seed)
        var table: SeriesTable = [:]
        for number in 0..<seriesCount {
            let labels = series("metric_\(number % 5)", ["instance": "host-\(number)", "ünï": "köd \(number % 3)"])
            table[labels] = .random(
                count: Int.random(in: 1...samples, using: &generator), from: 1_700_000_000_000,
                histograms: number % 3 == 0, using: &generator)
        }
        return table
    }

    @Test("what is written is read again, bit by bit", arguments: 1...20 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let table = Self.table(seed: seed)
        let block = try writeBlock(table, in: folder.path)
        #expect(differences(try readBlock(block), table) == [])
        #expect(try PrometheusBlock(folder: block).verify() == [])
    }

    @Test("times far apart and values of every kind keep their bits")
    func extremes() throws {
        let folder = try TemporaryFolder()
        var columns = SampleColumns()
        let times: [Int64] = [
            -253_402_300_799_999, -1, 0, 1, 8_192, 16_384, 90_000, 700_000, 5_000_000_000_000, 253_402_300_799_000,
        ]
        let values: [Double] = [
            .greatestFiniteMagnitude, -.leastNonzeroMagnitude, 0, -0.0, SpecialValue.staleMarker, .infinity, 1, 1 / 3,
            0x1p-1022, -1,
        ]
        for (time, value) in zip(times, values) { columns.append(value, at: time) }
        let table = [series("extreme"): columns, LabelSet.empty: columns]
        #expect(differences(try readBlock(try writeBlock(table, in: folder.path)), table) == [])
    }

    @Test(
        "the version 1 index of an old release is read",
        .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
    func version1() throws {
        let path = try SharedData.url("conformance/tsdb/index_format_v1").path
        let table = try readBlock(path)
        #expect(table.count == 102)
        #expect(table[LabelSet([Label(name: "bar", value: "100"), Label(name: "foo", value: "bar")])] == nil)
        #expect(table.values.allSatisfy { $0.count == 1 })
        #expect(try PrometheusBlock(folder: path).verify() == [])
    }

    @Test(
        "an index with the version of a release that wrote the wrong one is read",
        .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
    func wrongVersion() throws {
        let path = try SharedData.url("conformance/tsdb/repair_index_version/01BZJ9WJQPWHGNC2W4J9TA62KC").path
        let meta = try PrometheusBlockMeta(path: "\(path)/meta.json")
        #expect(meta.version == 2)
        let index = try PrometheusIndex(path: "\(path)/index", hasWrongVersion: true)
        let labels = try (0..<index.seriesCount).map { try index.series(at: $0).labels.description }
        #expect(labels == ["{a=\"1\", b=\"1\"}", "{a=\"2\", b=\"1\"}"])
    }

    @Test("deleted times are not read")
    func tombstones() throws {
        let folder = try TemporaryFolder()
        let table = Self.table(seed: 77, seriesCount: 4)
        let block = try writeBlock(table, in: folder.path)
        var tombstones = PrometheusTombstones()
        let start: Int64 = 1_700_000_000_000
        let index = try PrometheusIndex(path: "\(block)/index")
        let deleted = try index.series(at: 1)
        tombstones.add(deleted.reference, start + 60_000, start + 600_000)
        tombstones.add(deleted.reference, start + 900_000, .max)
        try Data(tombstones.encoded()).write(to: URL(fileURLWithPath: "\(block)/tombstones"))
        let read = try readBlock(block)
        for (labels, columns) in table where labels != deleted.labels {
            #expect(read[labels]?.isSame(as: columns) == true)
        }
        let times = try #require(table[deleted.labels]).timestamps
        let kept = times.filter { $0 < start + 60_000 || $0 > start + 600_000 && $0 < start + 900_000 }
        #expect(read[deleted.labels]?.timestamps == kept)
    }

    @Test(
        "flipped bits and cut files give an error or the same samples, never others",
        arguments: 1...6 as ClosedRange<UInt64>)
    func damage(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let table = Self.table(seed: seed, seriesCount: 6, samples: 60)
        let block = try writeBlock(table, in: folder.path)
        var generator = SeededGenerator(seed: seed &* 1_000)
        var refused = 0
        for file in ["index", "chunks/000001", "tombstones"] {
            let path = "\(block)/\(file)"
            if file == "tombstones" {
                var tombstones = PrometheusTombstones()
                tombstones.add(1, 5, 6)
                try Data(tombstones.encoded()).write(to: URL(fileURLWithPath: path))
            }
            let original = try Data(contentsOf: URL(fileURLWithPath: path))
            for round in 0..<60 {
                try change(path) { bytes in
                    if round % 4 == 0 {
                        bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
                    } else {
                        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(
                            in: 1...255, using: &generator)
                    }
                }
                do {
                    let read = try readBlock(block)
                    #expect(differences(read, table) == [], "\(file), round \(round)")
                } catch {
                    #expect(error is InterchangeError)
                    refused += 1
                }
                try original.write(to: URL(fileURLWithPath: path))
            }
        }
        #expect(refused > 100)
    }

    @Test("random bytes with right checksums are refused or read, never more", arguments: 1...3 as ClosedRange<UInt64>)
    func hostileChunks(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var columns = SampleColumns()
            let encoding = UInt8.random(in: 1...4, using: &generator)
            do throws(ChunkError) {
                try ChunkEncoding.decode(bytes.span.bytes, encoding: encoding, into: &columns)
            } catch {
                #expect(!error.description.isEmpty)
                continue
            }
            #expect(columns.count > 0)
        }
    }
}
