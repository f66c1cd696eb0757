package import ApusModel

/// Something that whoever runs the store should know of.
package enum StorageEvent: Sendable, Equatable {
    /// How much an event matters.
    package enum Severity: Sendable {
        /// The normal course.
        case info
        /// Something was lost or will be if nothing is done.
        case warning
        /// An operation failed.
        case error
    }

    /// The log was read: how many series and samples it gave, and how long that took.
    case replayed(series: Int, samples: Int, milliseconds: Int)
    /// The end of the log was not a whole record and was cut off.
    case tornTail(path: String, offset: Int, bytes: Int)
    /// Bytes in the middle of the log are damaged and were passed over.
    case damagedLog(path: String, offset: Int, bytes: Int)
    /// A record of the log could be read but not be understood.
    case unusableRecord(path: String, offset: Int, reason: String)
    /// A file of the head is damaged; what the log has of it is read from there, the rest is served.
    case damagedHead(path: String, offset: Int, reason: String)
    /// A block cannot be read; queries in its span of time fail.
    case damagedBlock(path: String, reason: String)
    /// The file of what was deleted from the head is damaged and was set aside.
    case damagedTombstones(path: String, reason: String)
    /// Part of the file of metadata is damaged and was passed over; what it said is learnt anew from the targets.
    case damagedMetadata(path: String, offset: Int, reason: String)
    /// The file of what came and went is damaged; counting begins anew.
    case damagedGrowth(path: String, reason: String)
    /// A block was written.
    case compacted(block: String, series: Int, samples: Int, milliseconds: Int)
    /// Blocks were written as one that takes their place; `nil` when nothing of them was left.
    case merged(blocks: [String], into: String?, samples: Int, milliseconds: Int)
    /// A block tells its samples in coarser steps, too, each in milliseconds.
    case rolledUp(block: String, resolutions: [Int64], milliseconds: Int)
    /// A roll-up cannot be read and is written anew from the samples.
    case damagedRollup(path: String)
    /// A roll-up cannot be read or not whole, and samples that it told of are gone.
    case lostRollup(path: String)
    /// A block was removed because its time is over.
    case expired(block: String)
    /// A block was removed because the files take more space than they may.
    case beyondSize(block: String)
    /// New series were refused by limits; told of every half minute at most.
    case seriesRefused(count: Int, most: SeriesRefusal, countOfMost: Int)
    /// An operation in the background failed and will be tried again.
    case failed(operation: String, reason: String)

    /// How much this event matters.
    package var severity: Severity {
        switch self {
        case .replayed, .compacted, .merged, .rolledUp, .expired, .beyondSize: .info
        case .damagedRollup, .damagedGrowth, .tornTail, .seriesRefused: .warning
        case .damagedLog, .lostRollup, .unusableRecord, .damagedHead, .damagedBlock, .damagedTombstones,
            .damagedMetadata, .failed:
            .error
        }
    }
}

extension StorageEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .replayed(let series, let samples, let milliseconds):
            "log replayed: \(series) series, \(samples) samples in \(milliseconds) ms"
        case .tornTail(let path, let offset, let bytes):
            "torn tail of \(bytes) bytes cut off \(path) at \(offset)"
        case .damagedLog(let path, let offset, let bytes):
            "\(bytes) damaged bytes in \(path) at \(offset) passed over; their samples are lost"
        case .unusableRecord(let path, let offset, let reason):
            "record in \(path) at \(offset) passed over: \(reason)"
        case .damagedHead(let path, let offset, let reason):
            "damaged file of the head \(path) at \(offset): \(reason)"
        case .damagedBlock(let path, let reason):
            "damaged block \(path): \(reason); restore it from a backup or remove the folder"
        case .damagedTombstones(let path, let reason):
            """
            damaged tombstones \(path): \(reason); set aside: what was deleted from the head is visible again, delete it anew
            """
        case .damagedMetadata(let path, let offset, let reason):
            "damaged metadata \(path) at \(offset): \(reason); passed over, targets say it anew"
        case .damagedGrowth(let path, let reason):
            "damaged \(path): \(reason); counting what series came and went begins anew"
        case .compacted(let block, let series, let samples, let milliseconds):
            "block \(block) written: \(series) series, \(samples) samples in \(milliseconds) ms"
        case .merged(let blocks, let block, let samples, let milliseconds):
            "blocks \(blocks.joined(separator: ", ")) "
                + (block.map { "are now block \($0): \(samples) samples" } ?? "had nothing left and are removed")
                + " in \(milliseconds) ms"
        case .beyondSize(let block): "block \(block) removed: the files took more space than the retention allows"
        case .rolledUp(let block, let resolutions, let milliseconds):
            "block \(block) rolled up to \(resolutions.map(DurationText.string).joined(separator: ", "))"
                + " in \(milliseconds) ms"
        case .damagedRollup(let path): "damaged roll-up \(path): it is written anew from the samples"
        case .lostRollup(let path):
            "damaged roll-up \(path): samples that it told of are gone; restore the file from a backup"
        case .expired(let block): "block \(block) removed after its retention time"
        case .seriesRefused(let count, let most, let countOfMost):
            "\(count) new series refused"
                + (countOfMost < count ? "; for \(countOfMost) of them \(most)" : ": \(most)")
        case .failed(let operation, let reason): "\(operation) failed and will be tried again: \(reason)"
        }
    }
}
