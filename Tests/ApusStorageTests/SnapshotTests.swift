import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Snapshots")
struct SnapshotTests {
    private static let labels = (0..<10).map { series("m", ["n": "\($0)"]) }
    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        return options
    }()

    private func open(_ folder: String) throws -> Storage {
        try Storage(folder: folder, options: Self.options, clock: ManualClock(milliseconds: 10_000_000))
    }

    private func makeStore(_ folder: TemporaryFolder) throws -> Storage {
        let storage = try open(folder.path)
        for step in 0..<240 {
            try storage.store(Self.labels, at: 3_000_000 + Int64(step) * 15_000) { Double(step * $0) }
        }
        try storage.compact()
        return storage
    }

    @Test("a snapshot opens as a data folder by itself and holds what was stored, without what was deleted")
    func opens() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        try storage.delete(matching: [[Matcher("n", .equal, "3")]], from: 3_000_000, through: 6_400_000)
        let before = try storage.samples([])
        let name = try storage.makeSnapshot()
        let pattern = try Regex("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}")
        #expect(name.wholeMatch(of: pattern) != nil, "\(name)")
        // What happens afterwards is not in it.
        try storage.delete(matching: [[]], from: .min, through: .max)
        try storage.cleanTombstones()
        try storage.store(Self.labels, at: 7_000_000) { _ in 7 }
        storage.close()
        for _ in 0..<2 {
            let copy = try open("\(folder.path)/snapshots/\(name)")
            let after = try copy.samples([])
            #expect(Set(after.keys) == Set(before.keys))
            for (labels, columns) in before {
                #expect(after[labels]?.timestamps == columns.timestamps)
                #expect(after[labels]?.values == columns.values)
            }
            copy.close()
        }
        let copy = try open("\(folder.path)/snapshots/\(name)")
        try copy.store(Self.labels, at: 7_000_000) { _ in 8 }
        #expect(try copy.samples([], from: 7_000_000).count == 10)
        copy.close()
        let reopened = try open(folder.path)
        #expect(try reopened.samples([]).values.allSatisfy { $0.timestamps == [7_000_000] })
        reopened.close()
    }

    @Test("blocks are linked, not copied, and the head can be left out")
    func links() throws {
        let folder = try TemporaryFolder()
        let storage = try makeStore(folder)
        defer { storage.close() }
        let name = try storage.makeSnapshot(skippingHead: true)
        let blocks = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/blocks").sorted()
        let linked = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/snapshots/\(name)/blocks")
        #expect(linked.sorted() == blocks)
        for block in blocks {
            let path = "\(folder.path)/snapshots/\(name)/blocks/\(block)/columns"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.referenceCount] as? Int == 2)
        }
        let copy = try open("\(folder.path)/snapshots/\(name)")
        let first = try copy.samples([])[Self.labels[1]]?.count ?? 0
        #expect(first > 100 && first < 240)
        copy.close()
    }

    @Test("a snapshot that was not finished is removed when the store is opened")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        try makeStore(folder).close()
        let path = "\(folder.path)/snapshots/20200101T000000Z-0123456789abcdef.tmp"
        try FileManager.default.createDirectory(atPath: "\(path)/blocks/x", withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: "\(path)/blocks/x/columns"))
        let storage = try open(folder.path)
        #expect(!FileManager.default.fileExists(atPath: path))
        storage.close()
        #expect(throws: SnapshotError.closed) { try storage.makeSnapshot() }
    }
}
