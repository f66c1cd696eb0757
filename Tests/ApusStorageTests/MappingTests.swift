import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Mapped files that cannot be read")
struct MappingTests {
    @Test("pages of a file that was cut while it is mapped read as zeros and are remembered")
    func cutWhileMapped() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("file")
        try Data(repeating: 7, count: 20_000).write(to: url)
        let file = try MappedFile(url.path)
        #expect(!file.hasFailed)
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(atOffset: 4_096)
        let bytes = file.bytes.withUnsafeBytes { Array($0) }
        #expect(bytes.prefix(4_096).allSatisfy { $0 == 7 })
        #expect(bytes.dropFirst(4_096).allSatisfy { $0 == 0 })
        #expect(file.hasFailed)
        let other = try MappedFile(url.path)
        #expect(other.count == 4_096 && !other.hasFailed)
    }

    @Test("a file that is cut while the store is open fails the queries that need it, by name, and nothing else")
    func cutWhileOpen() throws {
        let folder = try TemporaryFolder()
        var options = StorageOptions()
        options.blockRange = 600_000
        options.checkpointLogSize = 1
        options.maximumSealedBytes = 1
        let storage = try Storage(
            folder: folder.path, options: options, clock: ManualClock(milliseconds: 10_000_000_000))
        defer { storage.close() }
        // Noise, so that files are longer than a page.
        var generator = SeededGenerator(seed: 3)
        let labels = (0..<40).map { series("m", ["n": "\($0)"]) }
        for step in 0..<120 {
            try storage.store(labels, at: 3_000_000 + Int64(step) * 15_000) { _ in
                Double.random(in: 0..<1, using: &generator)
            }
            storage.tendHead()
        }
        try storage.compact()
        let newest: Int64 = 3_000_000 + 119 * 15_000
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let cut = files.filter { $0.hasSuffix("/columns") || $0.hasSuffix("/index") || $0.hasSuffix(".chunks") }
        #expect(cut.count > 2)
        for path in cut {
            try FileHandle(forWritingTo: folder.url.appendingPathComponent(path)).truncate(atOffset: 24)
        }
        let error = #expect(throws: QueryableError.self) { try storage.samples([]) }
        #expect(error?.description.contains(folder.path) == true, "\(String(describing: error))")
        try storage.store(labels, at: newest + 15_000) { Double($0) }
        #expect(try storage.samples([], from: newest + 15_000).count == labels.count)
    }
}
