import ApusModel

/// A block that cannot be read.
struct UnreadableBlock: Sendable {
    var folder: String
    var reason: String
    /// The time of its samples; `nil` when no header of it can be read.
    var timeRange: ClosedRange<Int64>?
}

/// The blocks of a store; a value that queriers keep.
struct BlockSet: Sendable {
    /// Readable blocks by their first sample.
    var blocks: [Block] = []
    var unreadable: [UnreadableBlock] = []

    /// Opens the blocks in a folder and removes left-overs.
    init(folder: String, report: (StorageEvent) -> Void) throws(StorageError) {
        do throws(FileError) {
            try Folder.make(folder)
            for name in try Folder.names(in: folder) {
                let path = "\(folder)/\(name)"
                if name.hasSuffix(BlockFormat.temporaryEnding) || name.hasSuffix(BlockFormat.deletedEnding) {
                    try Folder.remove(path)
                } else if BlockIdentifier.isValid(name) {
                    open(path, name, report)
                }
            }
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        sort()
    }

    private mutating func open(_ path: String, _ name: String, _ report: (StorageEvent) -> Void) {
        do throws(BlockError) {
            blocks.append(try Block(folder: path, identifier: name))
        } catch {
            report(.damagedBlock(path: path, reason: error.reason))
            unreadable.append(UnreadableBlock(folder: path, reason: error.reason, timeRange: Self.timeRange(of: path)))
        }
    }

    /// Adds a block that was written.
    mutating func insert(_ block: Block) {
        blocks.append(block)
        sort()
    }

    /// The end of the newest block's time, or of what its name claims when it is unreadable; the head begins after it.
    var maximumTime: Int64? {
        (blocks.map(\.header.maximumTime) + unreadable.compactMap { $0.timeRange?.upperBound }).max()
    }

    private mutating func sort() {
        blocks.sort {
            ($0.header.minimumTime, $0.header.maximumTime) < ($1.header.minimumTime, $1.header.maximumTime)
        }
    }

    /// The time of a block whose index is damaged: from the one header that can still be read.
    private static func timeRange(of path: String) -> ClosedRange<Int64>? {
        if let file = try? MappedFile("\(path)/index"), let header = try? BlockFormat.IndexHeader(file) {
            return header.minimumTime...header.maximumTime
        }
        if let file = try? MappedFile("\(path)/columns") { return try? BlockFormat.timeRange(ofColumns: file) }
        return nil
    }
}
