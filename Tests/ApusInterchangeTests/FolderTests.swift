import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Looking into a data folder")
struct FolderTests {
    /// A folder with a block, and a store that has newer samples in its head.
    private func makeStore(_ folder: String) throws -> (storage: Storage, now: Int64) {
        let now = SystemWallClock().now() / 1_000 * 1_000
        let text = (0..<500).map { "old{n=\"\($0 % 5)\"} \($0) \(now / 1_000 - 90_000 + Int64($0))" }.joined(
            separator: "\n")
        _ = try OpenMetricsImport.run(
            TextSource(name: "text", bytes: Array("\(text)\n# EOF\n".utf8)), into: try BlockImport(folder: folder))
        let storage = try Storage(folder: folder)
        for step in 0..<10 {
            var batch = SampleBatch(timestamp: now - 10_000 + Int64(step) * 1_000)
            batch.references = try storage.resolve((0..<3).map { series("live", ["n": "\($0)"]) })
            batch.values = [1, 2, SpecialValue.staleMarker]
            _ = try storage.append(batch)
        }
        return (storage, now)
    }

    /// The names and contents of all files.
    private func contents(_ folder: String) throws -> [String: Data] {
        var result: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name != "lock" {
            if let data = FileManager.default.contents(atPath: "\(folder)/\(name)") { result[name] = data }
        }
        return result
    }

    @Test("while a server runs, everything acknowledged is seen and nothing is touched")
    func whileServing() throws {
        let folder = try TemporaryFolder()
        let (storage, _) = try makeStore(folder.path)
        defer { storage.close() }
        let before = try contents(folder.path)
        do {
            let view = try DataFolderView(folder.path)
            #expect(view.damage == [])
            #expect(differences(try view.storage.table(), try storage.table()) == [])
        }
        #expect(try contents(folder.path) == before)
    }

    @Test("what is no data folder is refused")
    func notAFolder() throws {
        let folder = try TemporaryFolder()
        #expect(throws: InterchangeError.self) { _ = try DataFolderView(folder.path) }
        #expect(throws: InterchangeError.self) { _ = try DataFolderView("\(folder.path)/none") }
    }

    @Test("a sound folder verifies, also while a server runs; flipped bits in any file are found")
    func verification() throws {
        let folder = try TemporaryFolder()
        let (storage, _) = try makeStore(folder.path)
        try storage.delete(
            matching: [[Matcher("n", .equal, "1")]], from: .min, through: SystemWallClock().now() - 5_000)
        let sound = try FolderVerification.run(folder: folder.path)
        #expect(sound.damage == [] && sound.blocks > 0 && sound.files >= 3)
        storage.close()
        var generator = SeededGenerator(seed: 12)
        let block = try #require(try Folder.names(in: "\(folder.path)/blocks").first)
        let segment = try #require(try Folder.names(in: "\(folder.path)/wal").first)
        let checkpoints = try Folder.names(in: "\(folder.path)/head").filter { $0.hasSuffix(".checkpoint") }
        let files =
            [
                "blocks/\(block)/index", "blocks/\(block)/columns", "blocks/\(block)/lineage",
                "blocks/\(block)/tombstones",
                "wal/\(segment)", "head.tombstones",
            ] + checkpoints.map { "head/\($0)" }
        for file in files {
            let path = "\(folder.path)/\(file)"
            let original = try Data(contentsOf: URL(fileURLWithPath: path))
            for _ in 0..<40 {
                try change(path) { bytes in
                    // The end of the log may be torn: flip before it.
                    let end = file.hasPrefix("wal") ? bytes.count / 2 : bytes.count
                    bytes[Int.random(in: 0..<end, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                }
                #expect(try !FolderVerification.run(folder: folder.path).damage.isEmpty, "\(file)")
                try original.write(to: URL(fileURLWithPath: path))
            }
        }
        #expect(try FolderVerification.run(folder: folder.path).damage == [])
    }

    @Test("an analysis counts series, values, pairs and what comes and goes")
    func analysis() throws {
        let folder = try TemporaryFolder()
        let (storage, _) = try makeStore(folder.path)
        defer { storage.close() }
        let analysis = try FolderAnalysis(storage, limit: 3)
        #expect(analysis.series == 8)
        #expect(analysis.seriesByMetric.map(\.name) == ["old", "live"])
        #expect(analysis.seriesByMetric.map(\.count) == [5, 3])
        #expect(analysis.valuesByLabel.first?.name == "n" && analysis.valuesByLabel.first?.count == 5)
        #expect(analysis.seriesByPair.first?.name == "__name__=old" && analysis.seriesByPair.first?.count == 5)
        // Every series is there for minutes of a day.
        #expect(analysis.churnByPair.first?.name == "__name__=old")
        #expect((analysis.churnByPair.first?.count ?? 0) > 490)
        #expect(analysis.blockSamples == 500)
        #expect(analysis.columns.first?.name == "timestamps")
        #expect(analysis.columns.dropFirst().reduce(0) { $0 + $1.samples } == 500)
    }

    @Test("text of samples can be imported again; JSON has what text cannot express")
    func dump() throws {
        let folder = try TemporaryFolder()
        let (storage, now) = try makeStore(folder.path)
        defer { storage.close() }
        var text: [UInt8] = []
        let summary = try SampleDump.run(storage, range: .min ... .max, selectors: [], format: .openMetrics) {
            text += $0
        }
        #expect(summary.series == 8 && summary.samples == 520 && summary.staleMarkers == 10)
        let other = "\(folder.path)/other"
        _ = try OpenMetricsImport.run(TextSource(name: "dump", bytes: text), into: try BlockImport(folder: other))
        let again = try Storage(folder: other)
        defer { again.close() }
        var expected = try storage.table()
        expected[series("live", ["n": "2"])] = nil
        #expect(differences(try again.table(), expected) == [])
        var lines: [UInt8] = []
        _ = try SampleDump.run(
            storage, range: now - 10_000...now - 9_000,
            selectors: [[Matcher("n", .equal, "2"), Matcher("__name__", .equal, "live")]],
            format: .jsonLines
        ) { lines += $0 }
        #expect(
            String(decoding: lines, as: UTF8.self)
                == "{\"metric\":{\"__name__\":\"live\",\"n\":\"2\"},\"samples\":[[\(now - 10_000),\"stale\"],[\(now - 9_000),\"stale\"]]}\n"
        )
    }
}
