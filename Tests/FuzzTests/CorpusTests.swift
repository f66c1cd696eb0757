import ApusTestSupport
import Foundation
import FuzzTargets
import Testing

/// Runs what the fuzzer found worth keeping, and a little more, through the same entry points.
@Suite("Fuzzed decoders")
struct CorpusTests {
    private static let corpora = SharedData.repositoryFolder.appendingPathComponent("Fuzz/Corpora")
    /// The changed copies of each input; `APUS_FUZZ_MUTATIONS` asks for more.
    private static let mutations =
        ProcessInfo.processInfo.environment["APUS_FUZZ_MUTATIONS"].flatMap { Int($0) } ?? 12

    private static func kept(_ name: String) throws -> [[UInt8]] {
        let folder = corpora.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            Array(try Data(contentsOf: folder.appendingPathComponent($0)))
        }
    }

    @Test("every decoder comes back from its seeds, from what was found before, and from changed copies of them")
    func replay() throws {
        let folder = try TemporaryFolder()
        for target in FuzzTarget.all(folder: folder.path) {
            var generator = SeededGenerator(seed: 7)
            #expect(!target.seeds.isEmpty, "\(target.name) has nothing to begin with")
            for input in target.seeds + (try Self.kept(target.name)) {
                target.run(input)
                for _ in 0..<Self.mutations { target.run(Self.changed(input, using: &generator)) }
            }
        }
    }

    @Test("the corpora are those of targets")
    func corporaBelongToTargets() throws {
        let folder = try TemporaryFolder()
        let names = Set(FuzzTarget.all(folder: folder.path).map(\.name))
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
        #expect(Set(folders).isSubset(of: names))
    }

    private static func changed(_ input: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 2: bytes.removeSubrange(position..<min(bytes.count, position + 8))
            case 3:
                bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 16)], at: position)
            default: bytes.removeLast(bytes.count - position)
            }
        }
        return bytes
    }
}
