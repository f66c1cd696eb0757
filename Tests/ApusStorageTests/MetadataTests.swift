import ApusBytes
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Metadata on disk")
struct MetadataTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/metadata" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(
        _ change: (inout StorageOptions) -> Void = { _ in }, events: EventLog = EventLog()
    ) throws -> Storage {
        var options = StorageOptions()
        change(&options)
        return try Storage(folder: folder.path, options: options, report: events.append)
    }

    private func all(_ storage: Storage) -> [String: MetricMetadata] {
        Dictionary(uniqueKeysWithValues: storage.allMetadata.map { ($0.family, $0.metadata) })
    }

    private static let examples: [(family: String, metadata: MetricMetadata)] = MetricType.allCases.map {
        ("family_\($0.rawValue)", MetricMetadata(type: $0, help: "Tells \"\($0)\"\nof it: ü.", unit: "seconds"))
    }

    /// A process that is killed leaves the folder as it is: a copy that another store opens.
    private func afterKill(_ body: (Storage) throws -> Void) throws {
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: path, toPath: "\(copy.path)/metadata")
        let storage = try Storage(folder: copy.path)
        defer { storage.close() }
        try body(storage)
    }

    @Test("the newest of each family survives the end of the process, without being closed")
    func survives() throws {
        let storage = try open()
        defer { storage.close() }
        storage.remember(Self.examples)
        storage.remember([("later", MetricMetadata(type: .gauge, help: "first"))])
        storage.remember([("later", MetricMetadata(type: .counter, help: "second"))])
        let expected = all(storage)
        #expect(expected.count == MetricType.allCases.count + 1)
        try afterKill { again in
            #expect(all(again) == expected)
            #expect(again.metadata(of: "later") == MetricMetadata(type: .counter, help: "second"))
            #expect(again.metadata(of: "none") == nil)
            #expect(again.statistics.metadataFamilies == expected.count)
        }
    }

    @Test("what is known is not written again")
    func repeats() throws {
        let storage = try open()
        defer { storage.close() }
        storage.remember(Self.examples)
        let length = Folder.length(of: path)
        for _ in 0..<100 { storage.remember(Self.examples) }
        #expect(Folder.length(of: path) == length)
    }

    @Test("a file with much that is not true any more is written anew")
    func rewritten() throws {
        let storage = try open()
        defer { storage.close() }
        let text = String(repeating: "x", count: 10_000)
        for number in 0..<400 {
            storage.remember([("a", MetricMetadata(help: "\(number)\(text)"))])
        }
        #expect(Folder.length(of: path) < 1_200_000)
        #expect(Folder.length(of: path) > 10_000)
        try afterKill { #expect($0.metadata(of: "a")?.help == "399\(text)") }
    }

    @Test("beyond the limits what was said the longest ago is forgotten, and what is too long is not kept")
    func limits() throws {
        let storage = try open {
            $0.maximumMetadataFamilies = 100
            $0.maximumMetadataBytes = 100_000
        }
        defer { storage.close() }
        for number in 0..<150 { storage.remember([("m\(number)", MetricMetadata(help: "\(number)"))]) }
        #expect((80...100).contains(storage.allMetadata.count))
        #expect(storage.metadata(of: "m149") != nil && storage.metadata(of: "m0") == nil)
        storage.remember([("long", MetricMetadata(help: String(repeating: "x", count: 2_000)))])
        #expect(storage.metadata(of: "long") == nil)
        for number in 0..<200 {
            storage.remember([("m\(number)", MetricMetadata(help: String(repeating: "y", count: 1_400)))])
        }
        let bytes = storage.allMetadata.reduce(0) { $0 + $1.metadata.help.utf8.count }
        #expect(bytes <= 100_000 && bytes > 50_000)
        let expected = all(storage)
        try afterKill { #expect(all($0) == expected) }
    }

    @Test("a file cut anywhere, or with a changed byte, gives what is whole of it, is told of, and is mended")
    func damage() throws {
        let storage = try open()
        for example in Self.examples { storage.remember([example]) }
        let expected = all(storage)
        storage.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator(seed: 11)
        for round in 0..<60 {
            var bytes = whole
            let place = Int.random(in: 0..<whole.count, using: &generator)
            let isCut = round % 2 == 0
            if isCut { bytes.removeLast(whole.count - place) } else { bytes[place] ^= 1 << UInt8(place % 8) }
            try bytes.write(to: URL(fileURLWithPath: path))
            let events = EventLog()
            let damaged: Storage
            do {
                damaged = try open(events: events)
            } catch StorageError.newerFormat {
                Issue.record("a damaged header was taken for a newer one")
                continue
            }
            let found = all(damaged)
            #expect(found.allSatisfy { expected[$0.key] == $0.value })
            #expect(found.count >= (isCut ? 0 : expected.count - 1))
            damaged.remember(Self.examples)
            damaged.close()
            let mended = try open()
            #expect(all(mended) == expected)
            mended.close()
            #expect(try FolderVerification.run(folder: folder.path).damage.isEmpty)
        }
        // Damage in the middle is told of; that the file ends early is what a kill leaves.
        var bytes = whole
        bytes[60] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(!(try FolderVerification.run(folder: folder.path).damage.isEmpty))
        let events = EventLog()
        let damaged = try open(events: events)
        damaged.close()
        #expect(events.all.contains { if case .damagedMetadata = $0 { true } else { false } })
    }

    @Test("a file of a newer version is refused")
    func newer() throws {
        let storage = try open()
        storage.remember(Self.examples)
        storage.close()
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[8] = 2
        let checksum = CRC32C.checksum(bytes.span.extracting(0..<20))
        for index in 0..<4 { bytes[20 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(throws: StorageError.newerFormat(path: path, version: 2)) { try open() }
    }

    @Test("what cannot be written is told of, kept, and written when it can be")
    func unwritable() throws {
        let events = EventLog()
        let storage = try open(events: events)
        defer { storage.close() }
        // A folder in the place of the temporary file.
        try Folder.make("\(path).tmp")
        storage.remember(Self.examples)
        #expect(events.all.contains { if case .failed = $0 { true } else { false } })
        #expect(storage.statistics.metadataFailures == 1)
        #expect(all(storage).count == Self.examples.count)
        try Folder.remove("\(path).tmp")
        storage.remember([("more", MetricMetadata())])
        let expected = all(storage)
        try afterKill { #expect(all($0) == expected) }
    }

    @Test("a snapshot has the metadata")
    func snapshot() throws {
        let storage = try open()
        defer { storage.close() }
        storage.remember(Self.examples)
        let name = try storage.makeSnapshot()
        let copy = try Storage(folder: "\(folder.path)/snapshots/\(name)")
        defer { copy.close() }
        #expect(all(copy) == all(storage))
    }

    /// Bytes as the format is documented, which later versions must read.
    @Test("the documented bytes are read")
    func fixture() throws {
        var file = ByteWriter()
        file.append("APUSMET\0" as StaticString)
        file.appendLittleEndian(UInt32(1))
        file.appendLittleEndian(UInt64(0))
        let header = file.bytes
        file.appendLittleEndian(CRC32C.checksum(header.span))
        var body = ByteWriter()
        body.append(1)
        for (family, type, help, unit) in [
            ("up", UInt8(2), "Whether.", ""), ("t", 1, "", "seconds"), ("up", 3, "", ""),
        ] {
            body.appendVarint(UInt64(family.utf8.count))
            body.append(family)
            body.append(type)
            body.appendVarint(UInt64(help.utf8.count))
            body.append(help)
            body.appendVarint(UInt64(unit.utf8.count))
            body.append(unit)
        }
        var length = ByteWriter()
        length.appendLittleEndian(UInt32(body.count))
        file.appendLittleEndian(UInt32(0x52A9_5741))
        file.append(length.bytes)
        let sum = length.bytes + body.bytes
        file.appendLittleEndian(CRC32C.checksum(sum.span))
        file.append(body.bytes)
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        let storage = try open()
        defer { storage.close() }
        #expect(
            all(storage) == [
                "up": MetricMetadata(type: .histogram), "t": MetricMetadata(type: .counter, unit: "seconds"),
            ])
    }
}
