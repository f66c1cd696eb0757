import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// The time from which the samples of these tests begin: some whole 18 hours.
private let origin: Int64 = 1_699_999_200_000 - 1_699_999_200_000 % 64_800_000

/// Imports text into a folder.
@discardableResult
private func take(_ text: String, into folder: String, memory: Int = 1 << 20) throws -> ImportSummary {
    var options = ImportOptions()
    options.memory = memory
    return try OpenMetricsImport.run(
        TextSource(name: "text", bytes: Array(text.utf8)), into: try BlockImport(folder: folder), options: options)
}

/// What a folder holds.
private func stored(in folder: String) throws -> SeriesTable {
    let storage = try Storage(folder: folder)
    defer { storage.close() }
    return try storage.table()
}

@Suite("Imports")
struct ImportTests {
    @Test("samples in any order and of many days become blocks aligned to ranges")
    func anyOrder() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 4)
        var expected: SeriesTable = [:]
        var lines: [String] = []
        for number in 0..<40 {
            var columns = SampleColumns()
            for step in 0..<1_000 {
                let time = origin + Int64(step) * 300_000 + Int64(number)
                let value = Double(Int.random(in: 0...1_000, using: &generator)) / 8
                columns.append(value, at: time)
                lines.append("m{n=\"\(number)\"} \(value) \(time / 1_000).\(String(time % 1_000 + 1_000).dropFirst())")
            }
            expected[series("m", ["n": "\(number)"])] = columns
        }
        lines.shuffle(using: &generator)
        // Less memory than the samples of a range want, so that ranges are read several times.
        let summary = try take(lines.joined(separator: "\n") + "\n# EOF\n", into: folder.path, memory: 1)
        #expect(summary.samples == 40_000 && summary.series == 40 && summary.duplicates == 0)
        #expect(summary.blocks.count == 5)
        for block in summary.blocks {
            #expect(block.minimumTime / 64_800_000 == block.maximumTime / 64_800_000)
        }
        #expect(differences(try stored(in: folder.path), expected) == [])
        #expect(try FolderVerification.run(folder: folder.path).damage == [])
        #expect(try Folder.names(in: "\(folder.path)/blocks").count == 5)
    }

    @Test("of several samples with one time the last counts")
    func duplicates() throws {
        let folder = try TemporaryFolder()
        let summary = try take("a 1 100\na 2 100\nb 1 100\na 0 99\n# EOF\n", into: folder.path)
        #expect(summary.duplicates == 1)
        let table = try stored(in: folder.path)
        #expect(table[series("a")]?.values == [0, 2])
        try take("a 3 100\n# EOF\n", into: folder.path)
        #expect(try stored(in: folder.path)[series("a")]?.values == [0, 3])
    }

    @Test("classic histograms and their types go over the edges of pieces")
    func pieces() throws {
        let folder = try TemporaryFolder()
        var lines = ["# HELP lat How long it takes.", "# TYPE lat histogram"]
        for step in 0..<60_000 {
            lines.append("lat_bucket{le=\"1\"} \(step) \(1_700_000_000 + step) # {trace=\"\(step)\"} 0.5")
            lines.append("lat_bucket{le=\"+Inf\"} \(step + 1) \(1_700_000_000 + step)")
        }
        let text = lines.joined(separator: "\n") + "\n# EOF\n"
        #expect(text.utf8.count > 4 << 20)
        let summary = try take(text, into: folder.path, memory: 64 << 20)
        #expect(summary.samples == 120_000 && summary.exemplars == 60_000)
        let table = try stored(in: folder.path)
        #expect(table.keys.map { $0["le"] }.sorted { ($0 ?? "") < ($1 ?? "") } == ["+Inf", "1.0"])
        lines[50_000] = "lat_bucket{le=\"1\"} what 1"
        #expect {
            try take(lines.joined(separator: "\n") + "\n# EOF\n", into: folder.path)
        } throws: { error in
            guard case .malformedText("text", line: 50_001, _, _)? = error as? InterchangeError else { return false }
            return true
        }
    }

    @Test(
        "text that cannot be taken is refused, and nothing is stored",
        arguments: [
            ("a 1\n# EOF\n", "without a timestamp"), ("a 1 5\n", "does not end with # EOF"),
            ("", "does not end with # EOF"),
            ("a 1 5\n# EOF\nb 1 5\n", "text:3:"), ("a 1 5\nb{ 1 5\n# EOF\n", "text:2:"),
            ("a 1 99999999999\n# EOF\n", "is to come"), ("a 1 5\n\u{0}\n# EOF\n", "text:2:"),
        ])
    func refused(text: String, reason: String) throws {
        let folder = try TemporaryFolder()
        #expect {
            try take(text, into: folder.path)
        } throws: { error in
            "\(error)".contains(reason)
        }
        #expect(try stored(in: folder.path).isEmpty)
        #expect(try Folder.names(in: "\(folder.path)/blocks") == [])
    }

    @Test("a store that runs takes old samples, and keeps those that it has only in its log")
    func backfill() throws {
        let folder = try TemporaryFolder()
        let now = SystemWallClock().now() / 1_000 * 1_000
        let storage = try Storage(folder: folder.path)
        var batch = SampleBatch(timestamp: now - 60_000)
        batch.references = try storage.resolve([series("live")])
        batch.values = [7]
        _ = try storage.append(batch)
        let text = "old 1 \((now - 900_000_000) / 1_000)\nlive 1 \(now / 1_000 - 3_600)\nlive 2 \(now / 1_000)\n# EOF\n"
        let summary = try Backfill(into: storage).take(openMetrics: Array(text.utf8))
        #expect(summary.samples == 3)
        batch.reset(timestamp: now - 30_000)
        batch.references = try storage.resolve([series("live")])
        batch.values = [8]
        #expect(try storage.append(batch).appendedCount == 1)
        #expect(try storage.table()[series("live")]?.values == [1, 7, 8, 2])
        storage.close()
        // Blocks from outside say nothing of what the log is needed for.
        #expect(try stored(in: folder.path)[series("live")]?.values == [1, 7, 8, 2])
        #expect(try stored(in: folder.path)[series("old")]?.values == [1])
    }

    @Test("a folder that a store has open is left alone")
    func locked() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path)
        defer { storage.close() }
        #expect(throws: BlockImportError.folder(.locked(folder: folder.path))) {
            _ = try take("a 1 5\n# EOF\n", into: folder.path)
        }
    }

    @Test("comma-separated values: quotes, several columns of values, labels")
    func csv() throws {
        let folder = try TemporaryFolder()
        let text = "time,host,cpu,mem\r\n2023-11-14T22:13:20Z,\"a,\"\"b\"\"\nc\",0.5,\n1700000015.5,d,1,2e3\r\n\r\n"
        var layout = CSVImport.Layout()
        layout.timeColumn = "time"
        layout.valueColumns = ["cpu", "mem"]
        layout.labels = [Label(name: "job", value: "csv")]
        let summary = try CSVImport.run(
            TextSource(name: "t.csv", bytes: Array(text.utf8)), layout: layout,
            into: try BlockImport(folder: folder.path))
        #expect(summary.samples == 3)
        let table = try stored(in: folder.path)
        #expect(table[series("cpu", ["host": "a,\"b\"\nc", "job": "csv"])]?.timestamps == [1_700_000_000_000])
        #expect(table[series("mem", ["host": "d", "job": "csv"])]?.values == [2_000])
        #expect(table[series("cpu", ["host": "d", "job": "csv"])]?.timestamps == [1_700_000_015_500])
    }

    @Test(
        "comma-separated values that cannot be taken are refused with the line",
        arguments: [
            ("", "is empty"), ("a,b\n", "no column is called \"timestamp\""), ("timestamp,value\n1\n", "t.csv:2:1"),
            ("timestamp,value\n5,x\n", "t.csv:2:2"), ("timestamp,value\nnever,1\n", "t.csv:2:1"),
            ("timestamp,value\n5,\"1\n", "does not end"),
        ])
    func badCSV(text: String, reason: String) throws {
        let folder = try TemporaryFolder()
        #expect {
            _ = try CSVImport.run(
                TextSource(name: "t.csv", bytes: Array(text.utf8)), into: try BlockImport(folder: folder.path))
        } throws: { error in
            "\(error)".contains(reason)
        }
    }

    @Test("out to Prometheus and back", arguments: 1...4 as ClosedRange<UInt64>)
    func outAndBack(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let table = PrometheusBlockTests.table(seed: seed)
        let block = try writeBlock(table, in: folder.path)
        let first = "\(folder.path)/first"
        let summary = try PrometheusFolder.take(block, into: try BlockImport(folder: first))
        #expect(summary.samples == table.values.reduce(0) { $0 + $1.count })
        #expect(differences(try stored(in: first), table) == [])
        var selection = PrometheusExport.Selection()
        selection.blockLength = 1_800_000
        let exported = try PrometheusExport.run(
            try DataFolderView(first), selection: selection, to: "\(folder.path)/out")
        #expect(exported.blocks.count > 1)
        let second = "\(folder.path)/second"
        _ = try PrometheusFolder.take("\(folder.path)/out", into: try BlockImport(folder: second))
        #expect(differences(try stored(in: second), table) == [])
    }

    @Test("where it is wanted, a damaged chunk is passed over and nothing else")
    func skippedChunk() throws {
        let folder = try TemporaryFolder()
        let table = PrometheusBlockTests.table(seed: 21)
        let block = try writeBlock(table, in: folder.path)
        try change("\(block)/chunks/000001") { $0[$0.count / 2] ^= 8 }
        #expect(throws: InterchangeError.self) {
            _ = try PrometheusFolder.take(block, into: try BlockImport(folder: "\(folder.path)/none"))
        }
        #expect(try stored(in: "\(folder.path)/none").isEmpty)
        var options = ImportOptions()
        options.skipsDamage = true
        let summary = try PrometheusFolder.take(
            block, into: try BlockImport(folder: "\(folder.path)/data"), options: options)
        #expect(summary.damage.count == 1)
        let read = try stored(in: "\(folder.path)/data")
        let different = differences(read, table)
        #expect(different.count == 1)
        let lost = table.values.reduce(0) { $0 + $1.count } - read.values.reduce(0) { $0 + $1.count }
        #expect((1...120).contains(lost))
    }

    @Test("a range of time and selectors narrow what is handed out")
    func narrowed() throws {
        let folder = try TemporaryFolder()
        let table = PrometheusBlockTests.table(seed: 9)
        _ = try PrometheusFolder.take(
            try writeBlock(table, in: folder.path), into: try BlockImport(folder: "\(folder.path)/data"))
        var selection = PrometheusExport.Selection()
        selection.selectors = [
            [Matcher("__name__", .equal, "metric_1")], [Matcher("instance", .matchesPattern, "host-[16]")],
        ]
        selection.range = 1_700_000_600_000...1_700_001_200_000
        let out = "\(folder.path)/out"
        let summary = try PrometheusExport.run(try DataFolderView("\(folder.path)/data"), selection: selection, to: out)
        let block = try #require(summary.blocks.first)
        var expected: SeriesTable = [:]
        for (labels, columns) in table
        where labels.metricName == "metric_1" || ["host-1", "host-6"].contains(labels["instance"]) {
            let times = columns.timestamps.filter { selection.range?.contains($0) ?? false }
            if !times.isEmpty { expected[labels] = SampleColumns(timestamps: times, values: times.map { _ in 0 }) }
        }
        let read = try readBlock("\(out)/\(block.identifier)")
        #expect(read.mapValues(\.timestamps) == expected.mapValues(\.timestamps))
    }
}
