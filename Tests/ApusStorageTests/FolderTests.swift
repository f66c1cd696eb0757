import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Data folders")
struct FolderTests {
    @Test("a folder that is open is refused with one error, and can be opened after closing")
    func locked() throws {
        let folder = try TemporaryFolder()
        let first = try Storage(folder: folder.path)
        #expect(throws: StorageError.locked(folder: folder.path)) { try Storage(folder: folder.path) }
        first.close()
        try Storage(folder: folder.path).close()
    }

    @Test("a file in place of the folder is refused, saying so")
    func notAFolder() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appendingPathComponent("data").path
        try Data([1]).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StorageError.self) { try Storage(folder: path) }
        #expect(error?.description.contains("Not a directory") == true)
    }

    @Test("a folder that cannot be written to is refused with the system's reason and what to do")
    func readOnly() throws {
        let folder = try TemporaryFolder()
        guard runProgram("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a folder that is read-only")
            return
        }
        defer { _ = runProgram("/bin/umount", ["-l", folder.path]) }
        // Files that are open for writing would keep it from becoming read-only.
        do {
            let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000))
            try storage.store([series("m")], at: 1_000) { _ in 1 }
            storage.close()
        }
        try #require(runProgram("/bin/mount", ["-o", "remount,ro", folder.path]))
        for path in [folder.path, "\(folder.path)/new"] {
            let error = #expect(throws: StorageError.self) { try Storage(folder: path) }
            let text = error?.description ?? ""
            #expect(text.contains("Read-only file system") && text.contains("is writable"), "\(text)")
        }
        // What is in it can still be looked at.
        #expect(try FolderVerification.run(folder: folder.path).damage.isEmpty)
        try #require(runProgram("/bin/mount", ["-o", "remount,rw", folder.path]))
        let again = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000))
        #expect(try again.samples([]).count == 1)
        again.close()
    }

    @Test("a folder that another process has open is refused, and can be opened once that process is gone")
    func lockedByAnotherProcess() throws {
        let folder = try TemporaryFolder()
        let writer = try CrashWriter(folder: folder.path, firstStep: 1, seriesCount: 4)
        #expect(try writer.isReady())
        #expect(throws: StorageError.locked(folder: folder.path)) { try Storage(folder: folder.path) }
        let second = try CrashWriter(folder: folder.path, firstStep: 1, seriesCount: 4)
        #expect(try !second.isReady())
        #expect(second.refusal?.contains("in use by another process") == true)
        _ = writer.killed()
        try Storage(folder: folder.path).close()
    }

    @Test("a closed store refuses appends and goes on serving open queriers")
    func closed() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000))
        let labels = [series("m")]
        try storage.store(labels, at: 1_000) { _ in 1 }
        let querier = try storage.querier(from: 0, through: 2_000)
        storage.close()
        storage.close()
        #expect(throws: AppendError.closed) { try storage.store(labels, at: 2_000) { _ in 1 } }
        #expect(try querier.samples([]).count == 1)
    }

    @Test("a full disk refuses the batch whole, changes nothing, and appends go on when there is space again")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        try #require(FileManager.default.fileExists(atPath: "/bin/mount"))
        guard runProgram("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]) else {
            print("skipped: a tmpfs cannot be mounted here; run the tests as root to try a full disk")
            return
        }
        defer { _ = runProgram("/bin/umount", ["-l", folder.path]) }
        let filler = folder.url.appendingPathComponent("filler")
        let secondFiller = folder.url.appendingPathComponent("filler2")
        try Data(count: 350_000).write(to: filler)
        try Data(count: 50_000).write(to: secondFiller)
        let clock = ManualClock(milliseconds: 1_000_000_000)
        let labels = (0..<200).map { series("m", ["n": "\($0)"]) }
        var storedSteps: [Int] = []
        var options = StorageOptions()
        // Up to the last byte.
        options.diskReserve = 0
        let storage = try Storage(folder: folder.path, options: options, clock: clock)
        var refusals = 0
        for step in 1...4_000 {
            do {
                try storage.store(labels, at: Int64(step) * 1_000) { Double(step + $0) }
                storedSteps.append(step)
            } catch AppendError.notDurable(let text) {
                #expect(text.contains("No space left on device"))
                refusals += 1
                if refusals == 5 {
                    #expect(throws: AppendError.self) {
                        try storage.resolve([series("new", ["x": String(repeating: "y", count: 5_000)])])
                    }
                    try FileManager.default.removeItem(at: filler)
                }
                if refusals > 10 { break }
            }
        }
        #expect(refusals > 5, "the disk never was full")
        try expectSteps(storedSteps, storage, labels)
        storage.close()
        #expect(throws: StorageError.self, "a full disk has no room for the next segment") {
            try Storage(folder: folder.path, clock: clock)
        }
        try FileManager.default.removeItem(at: secondFiller)
        let reopened = try Storage(folder: folder.path, clock: clock)
        try expectSteps(storedSteps, reopened, labels)
        #expect(reopened.statistics.walCorruptions == 0)
        reopened.close()
    }

    private func expectSteps(_ steps: [Int], _ storage: Storage, _ labels: [LabelSet]) throws {
        let read = try storage.samples([])
        #expect(read.count == labels.count)
        for (number, labels) in labels.enumerated() {
            #expect(read[labels]?.timestamps == steps.map { Int64($0) * 1_000 })
            #expect(read[labels]?.values == steps.map { Double($0 + number) })
        }
    }
}
