import ApusModel
import Synchronization

/// Why a snapshot was not made; nothing of it is left.
package enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file could not be linked, copied or written; the text names it and the cause.
    case failed(String)
    /// The store is closed or closing.
    case closed

    package var description: String {
        switch self {
        case .failed(let text): text
        case .closed: "the store is closed"
        }
    }
}

extension Storage {
    static let snapshotsName = "snapshots"

    /// Makes a copy of the store that opens as a data folder by itself: `snapshots/<name>` in the data folder.
    ///
    /// Blocks are linked, or copied where they cannot be, with what was deleted from them; the head, as one batch after the other stood in it
    /// at one moment, becomes a block unless it is skipped. Exemplars are left out. Waits for a compaction of the head that runs. The name
    /// appears when everything is durable.
    ///
    /// - Returns: the name, the time followed by a random number, as Prometheus gives it.
    package func makeSnapshot(skippingHead: Bool = false) throws(SnapshotError) -> String {
        var generator = SystemRandomNumberGenerator()
        let name = Self.snapshotName(milliseconds: clock.now(), random: generator.next())
        let path = "\(folder)/\(Self.snapshotsName)/\(name)"
        let temporary = path + BlockFormat.temporaryEnding
        try compaction.withLock { state throws(SnapshotError) in
            guard !state.isClosed else { throw .closed }
            do {
                try Folder.make("\(temporary)/blocks")
                try linkBlocks(to: "\(temporary)/blocks")
                if !skippingHead { try writeHead(to: "\(temporary)/blocks") }
                try metadata.withLock { file throws(FileError) in
                    try file.write(to: "\(temporary)/\(MetadataFormat.fileName)")
                }
                try Folder.synchronize("\(temporary)/blocks")
                try Folder.synchronize(temporary)
                try Folder.rename(temporary, to: path)
                try Folder.synchronize(folder)
            } catch {
                // What cannot be removed now is removed when the store is opened.
                do throws(FileError) { try Folder.removeTree(temporary) } catch {}
                throw .failed("\(error)")
            }
        }
        return name
    }

    private static func snapshotName(milliseconds: Int64, random: UInt64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let digits = String(random, radix: 16)
        return padded(time.year, 4) + padded(time.month, 2) + padded(time.day, 2) + "T" + padded(time.hour, 2)
            + padded(time.minute, 2) + padded(time.second, 2) + "Z-" + String(repeating: "0", count: 16 - digits.count)
            + digits
    }

    private func linkBlocks(to target: String) throws(FileError) {
        let set = blocks.withLock { $0 }
        for folder in set.blocks.map(\.folder) + set.unreadable.map(\.folder) {
            let name = folder.split(separator: "/").last ?? ""
            let copy = "\(target)/\(name)"
            try Folder.make(copy)
            for file in try Folder.names(in: folder) where !file.hasSuffix(BlockFormat.temporaryEnding) {
                try Folder.link("\(folder)/\(file)", to: "\(copy)/\(file)")
            }
            try Folder.synchronize(copy)
        }
    }

    /// Writes what one view of the head sees to a block, also what waits to leave the head and is in another block already.
    private func writeHead(to target: String) throws(CompactionError) {
        let view = head.open()
        defer { head.close(view) }
        let range = Int64.min...head.samples.withLock { $0.maximumTime }
        let identifier = blocks.withLock { $0.makeIdentifier(milliseconds: clock.now()) }
        _ = try writeHead(
            sortedSeries(in: range), sequence: view.sequence, range: range, identifier: identifier,
            folder: "\(target)/\(identifier)")
    }

    /// Removes snapshots that were not finished.
    static func removeUnfinishedSnapshots(in folder: String) throws(FileError) {
        let path = "\(folder)/\(snapshotsName)"
        guard Folder.isFolder(path) else { return }
        for name in try Folder.names(in: path) where name.hasSuffix(BlockFormat.temporaryEnding) {
            try Folder.removeTree("\(path)/\(name)")
        }
    }
}
