import ApusBytes

/// A block that cannot be read.
struct UnreadableBlock: Sendable {
    var folder: String
    var reason: String
    /// The time of its samples; `nil` when no header of it can be read.
    var timeRange: ClosedRange<Int64>?
    /// Samples of the log up to this time are in blocks, as far as can be told.
    var headBoundary: Int64?
}

/// The blocks of a store and what was deleted from its head; a value that queriers keep.
struct BlockSet: Sendable {
    /// Readable blocks by their first sample; of those that overlap, one after the other, the one written first comes first.
    private(set) var blocks: [Block] = []
    var unreadable: [UnreadableBlock] = []
    /// What was deleted from the head.
    var headTombstones = HeadTombstones()
    /// The milliseconds in the newest identifier.
    private var newestIdentifier: Int64 = 0

    /// Opens the blocks in a folder and removes left-overs.
    init(folder: String, report: (StorageEvent) -> Void) throws(StorageError) {
        do throws(FileError) {
            try Folder.make(folder)
            for name in try Folder.names(in: folder) {
                let path = "\(folder)/\(name)"
                if name.hasSuffix(BlockFormat.temporaryEnding) || name.hasSuffix(BlockFormat.deletedEnding) {
                    try Folder.remove(path)
                } else if let milliseconds = BlockIdentifier.milliseconds(of: name) {
                    newestIdentifier = max(newestIdentifier, milliseconds)
                    open(path, name, report)
                }
            }
            try removeParents(folder)
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
            unreadable.append(UnreadableBlock(path, reason: error.reason))
        }
    }

    /// Removes the blocks whose place others have taken: a crash kept them.
    private mutating func removeParents(_ folder: String) throws(FileError) {
        let parents = Set(blocks.flatMap(\.lineage.parents))
        if parents.isEmpty { return }
        let leftOver =
            blocks.filter { parents.contains($0.identifier) }.map(\.folder)
            + unreadable.filter { parents.contains(String($0.folder.dropFirst(folder.count + 1))) }.map(\.folder)
        blocks.removeAll { parents.contains($0.identifier) }
        unreadable.removeAll { leftOver.contains($0.folder) }
        for path in leftOver { try Folder.removeBlock(path) }
    }

    // MARK: Changes

    /// A new identifier, greater than all before it whatever the clock says.
    mutating func makeIdentifier(milliseconds: Int64) -> String {
        newestIdentifier = max(milliseconds, newestIdentifier + 1)
        var generator = SystemRandomNumberGenerator()
        return BlockIdentifier.make(milliseconds: newestIdentifier, using: &generator)
    }

    /// Adds a block that was written.
    mutating func insert(_ block: Block) {
        newestIdentifier = max(newestIdentifier, BlockIdentifier.milliseconds(of: block.identifier) ?? 0)
        blocks.append(block)
        sort()
    }

    /// Puts blocks in the place of those with the same identifier.
    mutating func update(_ changed: [Block]) {
        for block in changed {
            if let position = blocks.firstIndex(where: { $0.identifier == block.identifier }) {
                blocks[position] = block
            }
        }
    }

    /// Removes the blocks with some identifiers.
    mutating func remove(_ identifiers: Set<String>) {
        blocks.removeAll { identifiers.contains($0.identifier) }
        sort()
    }

    // MARK: Times

    /// The end of what the head was emptied of, after which it begins; `nil` when nothing of it is in blocks.
    var headBoundary: Int64? {
        let boundary = (blocks.map(\.headBoundary) + unreadable.compactMap(\.headBoundary)).max()
        return boundary == .min ? nil : boundary
    }

    /// The time of the newest sample in a block, or that an unreadable one claims to have.
    var maximumTime: Int64? {
        (blocks.map(\.header.maximumTime) + unreadable.compactMap { $0.timeRange?.upperBound }).max()
    }

    /// The time of the oldest sample in a readable block.
    var minimumTime: Int64? { blocks.map(\.header.minimumTime).min() }

    /// Brings the blocks into order.
    private mutating func sort() {
        blocks.sort { ($0.header.minimumTime, $0.rank) < ($1.header.minimumTime, $1.rank) }
        for group in Self.overlapping(blocks) where group.count > 1 {
            blocks[group].sort { $0.rank < $1.rank }
        }
    }

    /// The groups of blocks, given by their first sample, that overlap one after the other.
    static func overlapping(_ blocks: [Block]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        while start < blocks.count {
            var end = start + 1
            var maximum = blocks[start].header.maximumTime
            while end < blocks.count, blocks[end].header.minimumTime <= maximum {
                maximum = max(maximum, blocks[end].header.maximumTime)
                end += 1
            }
            groups.append(start..<end)
            start = end
        }
        return groups
    }
}

extension UnreadableBlock {
    /// The block in `folder`, as much of it as can be known.
    fileprivate init(_ folder: String, reason: String) {
        self.folder = folder
        self.reason = reason
        timeRange = Self.timeRange(of: folder)
        let lineage = try? SealedFile.read("\(folder)/\(Block.lineageName)", magic: SealedFile.lineageMagic) {
            body throws(ByteError) in try BlockLineage(body: body)
        }
        // Without a lineage, or with one that cannot be read, the block may be the one that the log relies on.
        headBoundary = lineage?.headBoundary ?? timeRange?.upperBound
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
