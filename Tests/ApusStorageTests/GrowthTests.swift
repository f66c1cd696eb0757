import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Growth over restarts")
struct GrowthTests {
    private static let start: Int64 = 1_700_000_000_000

    private let folder: TemporaryFolder
    private let clock = ManualClock(milliseconds: Self.start)
    private var path: String { "\(folder.path)/growth" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ events: EventLog = EventLog()) throws -> Storage {
        try Storage(folder: folder.path, clock: clock, report: events.append)
    }

    private func growth(_ storage: Storage) -> [[String]] {
        storage.growth(limit: 10).map { window in
            ["\(window.created) \(window.gone)"] + window.metrics.map { "\($0.name) \($0.created) \($0.gone)" }
        }
    }

    @Test("what came before a restart still counts, and the time without the program is not covered")
    func restart() throws {
        var storage = try open()
        _ = try storage.resolve((0..<5).map { series("a", ["n": "\($0)"]) })
        clock.advance(milliseconds: 120_000)
        _ = try storage.resolve([series("b")])
        storage.close()
        clock.advance(milliseconds: 3 * 60_000)
        storage = try open()
        _ = try storage.resolve([series("c"), series("a", ["n": "new"])])
        #expect(growth(storage)[0] == ["3 0", "a 1 0", "b 1 0", "c 1 0"])
        #expect(growth(storage)[1] == ["8 0", "a 6 0", "b 1 0", "c 1 0"])
        #expect(storage.growth(limit: 1).map(\.covered) == [120_000, 120_000, 120_000])
        clock.advance(milliseconds: 60_000)
        #expect(storage.growth(limit: 1).map(\.covered) == [120_000, 180_000, 180_000])
        storage.close()
        clock.advance(milliseconds: 2 * 86_400_000)
        storage = try open()
        defer { storage.close() }
        #expect(growth(storage).allSatisfy { $0 == ["0 0"] })
        #expect(storage.growth(limit: 1).map(\.covered) == [0, 0, 0])
    }

    @Test("nothing counts twice however often the store is opened")
    func again() throws {
        for _ in 0..<300 {
            let storage = try open()
            _ = try storage.resolve([series("a")])
            storage.close()
            clock.advance(milliseconds: 1_000)
        }
        let storage = try open()
        defer { storage.close() }
        #expect(growth(storage)[2] == ["1 0", "a 1 0"])
        #expect(Folder.length(of: path) < 10_000)
    }

    @Test("a clock that was set back shows nothing of what is to come")
    func clockBack() throws {
        var storage = try open()
        _ = try storage.resolve([series("a")])
        clock.advance(milliseconds: 600_000)
        _ = try storage.resolve([series("b")])
        storage.close()
        clock.advance(milliseconds: -500_000)
        storage = try open()
        defer { storage.close() }
        #expect(growth(storage)[1] == ["1 0", "a 1 0"])
        #expect(storage.growth(limit: 1).allSatisfy { $0.covered == 0 })
    }

    @Test("many long names take bounded space")
    func bounded() throws {
        let storage = try open()
        for first in stride(from: 0, to: 9_000, by: 1_000) {
            let names = (first..<(first + 1_000)).map { "m\($0)_" + String(repeating: "x", count: 1_000) }
            _ = try storage.resolve(names.map { series($0) })
        }
        storage.close()
        #expect(Folder.length(of: path) < 4_096 * 300)
        let again = try open()
        defer { again.close() }
        let day = again.growth(limit: 10_000)[2]
        #expect(day.created == 9_000 && day.metrics.allSatisfy { $0.name.utf8.count <= 256 })
    }

    @Test("a damaged file is reported and counted, and counting begins anew", arguments: [5, 20, 40])
    func damage(byte: Int) throws {
        var storage = try open()
        _ = try storage.resolve([series("a")])
        storage.close()
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[byte] ^= 0x10
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try FolderVerification.run(folder: folder.path).damage.map(\.path) == [path])
        let events = EventLog()
        storage = try open(events)
        #expect(events.all.contains { if case .damagedGrowth(path, _) = $0 { true } else { false } })
        #expect(storage.statistics.walCorruptions == 1)
        _ = try storage.resolve([series("b")])
        storage.close()
        #expect(try FolderVerification.run(folder: folder.path).damage == [])
        storage = try open()
        defer { storage.close() }
        #expect(growth(storage)[2] == ["1 0", "b 1 0"])
    }
}
