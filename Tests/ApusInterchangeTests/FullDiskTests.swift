import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// A small file system in memory, which only root can mount.
private final class SmallDisk {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    /// A disk of so many kilobytes; `nil`, with a message, where none can be mounted.
    init?(kilobytes: Int) throws {
        folder = try TemporaryFolder()
        guard Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a full disk")
            return nil
        }
    }

    deinit {
        _ = Self.run("/bin/umount", ["-l", folder.path])
    }

    /// Makes the disk so large.
    func resize(kilobytes: Int) throws {
        let isResized = Self.run("/bin/mount", ["-o", "remount,size=\(kilobytes)k", folder.path])
        try #require(isResized)
    }

    /// The names in a folder of the disk, none when it is not there.
    func names(in name: String) -> [String] { (try? Folder.names(in: "\(path)/\(name)")) ?? [] }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = nil
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite("Full disks while moving in and out")
struct FullDiskTests {
    /// Values that take all their bytes.
    private static let table: SeriesTable = {
        var generator = SeededGenerator(seed: 5)
        var table: SeriesTable = [:]
        for number in 0..<40 {
            var columns = SampleColumns()
            for step in 0..<2_000 {
                columns.append(
                    Double.random(in: 0..<1, using: &generator), at: 1_700_000_000_000 + Int64(step) * 90_000)
            }
            table[series("m", ["n": "\(number)"])] = columns
        }
        return table
    }()

    private static let text: [UInt8] = {
        var lines: [String] = []
        for (labels, columns) in table {
            for (time, value) in zip(columns.timestamps, columns.values) {
                lines.append("\(labels) \(value) \(time / 1_000)")
            }
        }
        return Array((lines + ["# EOF\n"]).joined(separator: "\n").utf8)
    }()

    private func take(_ folder: String) throws -> ImportSummary {
        var options = ImportOptions()
        options.memory = 1 << 20
        return try OpenMetricsImport.run(
            TextSource(name: "text", bytes: Self.text), into: try BlockImport(folder: folder), options: options)
    }

    private func isAboutSpace(_ error: any Error) -> Bool {
        "\(error)".contains("No space left") || "\(error)".contains("nearly full")
    }

    /// From too little for the waiting samples to too little for the last block.
    @Test(
        "an import ends with a clear error and leaves nothing; with space the same goes through",
        arguments: [300, 1_200, 1_700])
    func importing(kilobytes: Int) throws {
        guard let disk = try SmallDisk(kilobytes: kilobytes) else { return }
        let data = "\(disk.path)/data"
        #expect(performing: { try take(data) }, throws: isAboutSpace)
        #expect(disk.names(in: "data/blocks") == [])
        let storage = try Storage(folder: data)
        #expect(try storage.table().isEmpty)
        storage.close()
        try disk.resize(kilobytes: 20_000)
        #expect(try take(data).samples == 80_000)
        let again = try Storage(folder: data)
        defer { again.close() }
        #expect(differences(try again.table(), Self.table) == [])
    }

    @Test("a data folder of Prometheus that does not fit is taken whole once there is space")
    func prometheus() throws {
        guard let disk = try SmallDisk(kilobytes: 400) else { return }
        let source = try TemporaryFolder()
        let block = try writeBlock(Self.table, in: source.path)
        let data = "\(disk.path)/data"
        func take() throws -> ImportSummary {
            try PrometheusFolder.take(block, into: try BlockImport(folder: data))
        }
        #expect(performing: { try take() }, throws: isAboutSpace)
        #expect(disk.names(in: "data/blocks") == [])
        try disk.resize(kilobytes: 20_000)
        #expect(try take().samples == 80_000)
        #expect(try FolderVerification.run(folder: data).damage == [])
    }

    @Test("an export ends with a clear error and leaves no block, also of those that fitted", arguments: [100, 400])
    func exporting(kilobytes: Int) throws {
        let source = try TemporaryFolder()
        _ = try PrometheusFolder.take(
            try writeBlock(Self.table, in: source.path), into: try BlockImport(folder: "\(source.path)/data"))
        guard let disk = try SmallDisk(kilobytes: kilobytes) else { return }
        let target = "\(disk.path)/out"
        var selection = PrometheusExport.Selection()
        selection.blockLength = 6 * 3_600_000
        func export() throws -> PrometheusExport.Summary {
            try PrometheusExport.run(try DataFolderView("\(source.path)/data"), selection: selection, to: target)
        }
        #expect(performing: { try export() }, throws: isAboutSpace)
        #expect(disk.names(in: "out") == [])
        try disk.resize(kilobytes: 20_000)
        let summary = try export()
        #expect(summary.samples == 80_000 && summary.blocks.count > 4)
        #expect(disk.names(in: "out") == summary.blocks.map(\.identifier).sorted())
        #expect(try PrometheusFolder.verify(target).damage == [])
    }

    @Test("a snapshot and a block of the head that do not fit leave nothing half, and are made when there is space")
    func headAndSnapshot() throws {
        guard let disk = try SmallDisk(kilobytes: 700) else { return }
        let data = "\(disk.path)/data"
        var options = StorageOptions()
        options.diskReserve = 0
        options.blockRange = 9_000_000
        let storage = try Storage(folder: data, options: options)
        defer { storage.close() }
        let labels = Self.table.keys.sorted()
        let references = try storage.resolve(labels)
        var stored = 0
        for step in 0..<2_000 {
            var batch = SampleBatch(timestamp: 1_700_000_000_000 + Int64(step) * 90_000)
            batch.references = references
            batch.values = labels.map { Self.table[$0]?.values[step] ?? 0 }
            do throws(AppendError) { stored += try storage.append(batch).appendedCount } catch { break }
        }
        #expect(stored > 10_000 && stored < 80_000, "the disk did not become full")
        let before = try storage.table()
        #expect(throws: SnapshotError.self) { _ = try storage.makeSnapshot() }
        #expect(disk.names(in: "data/snapshots").allSatisfy { !$0.hasSuffix(".tmp") })
        #expect(throws: (any Error).self) { _ = try storage.compact() }
        #expect(disk.names(in: "data/blocks").allSatisfy { !$0.hasSuffix(".tmp") })
        #expect(differences(try storage.table(), before) == [])
        try disk.resize(kilobytes: 20_000)
        #expect(try storage.compact() > 0)
        let name = try storage.makeSnapshot()
        #expect(differences(try storage.table(), before) == [])
        let copy = try Storage(folder: "\(data)/snapshots/\(name)")
        defer { copy.close() }
        #expect(differences(try copy.table(), before) == [])
    }
}
