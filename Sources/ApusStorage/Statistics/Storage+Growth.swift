import ApusBytes
import Synchronization

extension Storage {
    /// Milliseconds of the clock that only goes forward between two times that the file is written.
    private static let growthInterval = 300_000

    /// Goes on with what came and went before the store was opened; a file that cannot be used is reported, and counting begins anew.
    func restoreGrowth() {
        let path = "\(folder)/\(SavedGrowth.fileName)"
        do throws(BlockError) {
            let saved = try SealedFile.read(path, magic: SavedGrowth.magic) { body throws(ByteError) in
                try SavedGrowth(body: body)
            }
            if let saved { head.growth.withLock { $0.restore(saved) } }
        } catch {
            counters.corruptions.add(1, ordering: .relaxed)
            report(.damagedGrowth(path: path, reason: error.reason))
        }
        lastGrowth.store(monotonicMilliseconds(), ordering: .relaxed)
    }

    /// Writes what came and went to its file every five minutes.
    func tendGrowth() {
        let now = monotonicMilliseconds()
        guard now - lastGrowth.load(ordering: .relaxed) >= Self.growthInterval else { return }
        lastGrowth.store(now, ordering: .relaxed)
        saveGrowth()
    }

    /// Writes what came and went to its file.
    func saveGrowth() {
        let saved = head.growth.withLock { $0.saved() }
        let path = "\(folder)/\(SavedGrowth.fileName)"
        do throws(FileError) {
            try SealedFile.write(saved.encoded(), magic: SavedGrowth.magic, to: path)
        } catch {
            report(.failed(operation: "writing how many series came and went", reason: error.description))
        }
    }
}
