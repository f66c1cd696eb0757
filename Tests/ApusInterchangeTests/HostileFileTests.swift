import ApusBytes
import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Files whose checksums are right and whose content is not: only a writer with bad intentions makes them.
@Suite("Hostile files of Prometheus")
struct HostileFileTests {
    /// A range of a file whose checksum stands behind it.
    private struct Section {
        var content: Range<Int>

        /// A section `length <4b> content crc <4b>` at an offset.
        init(_ bytes: [UInt8], at offset: Int) {
            let length = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
            content = (offset + 4)..<(offset + 4 + length)
        }

        init(content: Range<Int>) {
            self.content = content
        }

        /// Changes some bytes and makes the checksum right again.
        func spoil(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
            guard !content.isEmpty else { return }
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: content, using: &generator)
                bytes[place] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            bytes.replaceSubrange(
                content.upperBound..<(content.upperBound + 4),
                with: bigEndian(CRC32C.checksum(bytes.span.extracting(content))))
        }
    }

    /// The sections of an index: contents, symbols, table of postings, and every series.
    private func sections(of bytes: [UInt8]) throws -> [Section] {
        var reader = ByteReader(bytes.span.extracting((bytes.count - 52)..<bytes.count))
        var offsets: [Int] = []
        for _ in 0..<6 { offsets.append(Int(try reader.readLittleEndian(UInt64.self).byteSwapped)) }
        var result = [
            Section(content: (bytes.count - 52)..<(bytes.count - 4)), Section(bytes, at: offsets[0]),
            Section(bytes, at: offsets[4]), Section(bytes, at: offsets[5]),
        ]
        var offset = (offsets[1] + 15) / 16 * 16
        while offset < offsets[2] {
            var entry = ByteReader(bytes.span.extracting(offset..<bytes.count))
            let length = Int(try entry.readVarint())
            result.append(Section(content: (offset + entry.offset)..<(offset + entry.offset + length)))
            offset = (offset + entry.offset + length + 4 + 15) / 16 * 16
        }
        return result
    }

    @Test(
        "an index that lies gives an error or series, and costs no more than it is long",
        arguments: 1...3 as ClosedRange<UInt64>)
    func index(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let block = try writeBlock(PrometheusBlockTests.table(seed: seed, seriesCount: 4, samples: 20), in: folder.path)
        let path = "\(block)/index"
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let sections = try sections(of: original)
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for round in 0..<300 {
            var bytes = original
            sections[round % sections.count].spoil(&bytes, using: &generator)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do {
                _ = try readBlock(block)
                let target = "\(folder.path)/data-\(round)"
                if round % 20 == 0 { _ = try PrometheusFolder.take(block, into: try BlockImport(folder: target)) }
            } catch {
                #expect(error is InterchangeError || error is BlockImportError, "\(error)")
                refused += 1
            }
        }
        #expect(refused > 50)
    }

    @Test("chunks and tombstones that lie give an error or samples", arguments: 1...3 as ClosedRange<UInt64>)
    func chunks(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let block = try writeBlock(PrometheusBlockTests.table(seed: seed, seriesCount: 4, samples: 40), in: folder.path)
        let path = "\(block)/chunks/000001"
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var sections: [Section] = []
        var offset = 8
        for chunk in try LogFixture.chunks(ofSegment: original) {
            let start = offset + ByteWriter.varintSize(UInt64(chunk.data.count))
            sections.append(Section(content: start..<(start + 1 + chunk.data.count)))
            offset = start + 1 + chunk.data.count + 4
        }
        var generator = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var bytes = original
            sections[round % sections.count].spoil(&bytes, using: &generator)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do { _ = try readBlock(block) } catch { #expect(error is InterchangeError) }
        }
        try Data(original).write(to: URL(fileURLWithPath: path))
        for _ in 0..<200 {
            let entries = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let tombstones = bigEndian(UInt32(0x0130_BA30)) + [1] + entries + bigEndian(CRC32C.checksum(entries.span))
            try Data(tombstones).write(to: URL(fileURLWithPath: "\(block)/tombstones"))
            do { _ = try readBlock(block) } catch { #expect(error is InterchangeError) }
        }
    }

    @Test(
        "metadata that lies is refused",
        arguments: [
            "", "{", "[]", "{\"ulid\":\"x\"}", "{\"ulid\":1,\"minTime\":0,\"maxTime\":1,\"version\":1}",
            "{\"ulid\":\"x\",\"minTime\":5,\"maxTime\":1,\"version\":1}",
            "{\"ulid\":\"x\",\"minTime\":0,\"maxTime\":1,\"version\":9}",
            "{\"ulid\":\"x\",\"minTime\":-1e300,\"maxTime\":1e300,\"version\":1}",
        ])
    func metadata(text: String) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/meta.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: InterchangeError.self) { _ = try PrometheusBlockMeta(path: path) }
    }

    @Test("a block that claims all of time is read in a bounded number of ranges")
    func allOfTime() throws {
        let folder = try TemporaryFolder()
        let table = PrometheusBlockTests.table(seed: 5, seriesCount: 3, samples: 30)
        let block = try writeBlock(table, in: folder.path)
        let text = "{\"ulid\":\"x\",\"minTime\":-9007199254740992,\"maxTime\":9007199254740992,\"version\":1}"
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(block)/meta.json"))
        let summary = try PrometheusFolder.take(block, into: try BlockImport(folder: "\(folder.path)/data"))
        #expect(summary.samples == table.values.reduce(0) { $0 + $1.count })
    }
}
