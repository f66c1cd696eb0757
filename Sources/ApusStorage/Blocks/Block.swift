import ApusBytes
import ApusEncoding
import ApusModel

/// An immutable block on disk, mapped for reading; unmapped when the last reference goes away.
final class Block: Sendable {
    let identifier: String
    let folder: String
    let header: BlockFormat.IndexHeader
    let lineage: BlockLineage
    /// What was deleted; another object with the same files takes the place of this one when more is.
    let tombstones: Tombstones
    /// The same samples in coarser steps, as far as they have been written; the coarsest first.
    let rollups: [RollupFile]
    /// The paths of those that cannot be read.
    let damagedRollups: [String]
    /// Whether there are series without samples, of which only roll-ups are left.
    let hasRolledSeries: Bool
    let index: MappedFile
    let columns: MappedFile
    let sections: BlockSections

    /// Opens the block in `folder` and checks its index.
    init(folder: String, identifier: String) throws(BlockError) {
        self.folder = folder
        self.identifier = identifier
        do throws(FileError) {
            index = try MappedFile("\(folder)/index")
            columns = try MappedFile("\(folder)/columns")
        } catch {
            throw .file(error)
        }
        let index = index
        let header = try BlockFormat.IndexHeader(index)
        self.header = header
        lineage =
            try SealedFile.read("\(folder)/\(Self.lineageName)", magic: SealedFile.lineageMagic) {
                body throws(ByteError) in try BlockLineage(body: body)
            } ?? BlockLineage(headBoundary: header.maximumTime)
        tombstones =
            try SealedFile.read("\(folder)/\(Self.tombstonesName)", magic: SealedFile.tombstonesMagic) {
                body throws(ByteError) in try Tombstones(body: body, seriesCount: header.seriesCount)
            } ?? Tombstones()
        let rollups = RollupFile.files(in: folder, seriesCount: header.seriesCount)
        self.rollups = rollups.readable
        damagedRollups = rollups.damaged
        // Which series these are says the index; a block whose files are all damaged may have some, too.
        hasRolledSeries = rollups.readable.contains { $0.rolledCount > 0 } || !rollups.damaged.isEmpty
        sections = try BlockSections(index, header: header)
        guard UInt64(columns.count) == header.columnsLength else {
            throw .damaged(
                path: columns.path,
                reason: "the file has \(columns.count) bytes and should have \(header.columnsLength)")
        }
    }

    /// The same block with other tombstones or roll-ups.
    init(
        _ block: Block, tombstones: Tombstones? = nil, rollups: (readable: [RollupFile], damaged: [String])? = nil
    ) {
        identifier = block.identifier
        folder = block.folder
        header = block.header
        lineage = block.lineage
        self.tombstones = tombstones ?? block.tombstones
        self.rollups = rollups?.readable ?? block.rollups
        damagedRollups = rollups?.damaged ?? block.damagedRollups
        hasRolledSeries =
            rollups.map { $0.readable.contains { $0.rolledCount > 0 } || !$0.damaged.isEmpty } ?? block.hasRolledSeries
        index = block.index
        columns = block.columns
        sections = block.sections
    }

    /// The names of the files that not every block has.
    static let lineageName = "lineage"
    static let tombstonesName = "tombstones"

    /// The time of its samples, both ends included.
    var timeRange: ClosedRange<Int64> { header.minimumTime...header.maximumTime }

    /// Samples of the log up to this time are in blocks, as far as this one knows.
    var headBoundary: Int64 { lineage.headBoundary }

    /// What decides between samples with one time in blocks that overlap: the greater rank was written later.
    var rank: String { lineage.rank ?? identifier }

    /// The bytes of its two data files.
    var byteCount: Int { index.count + columns.count }

    /// A part of the index, checked by the caller to lie within it.
    @_lifetime(borrow self)
    func indexBytes(_ range: Range<Int>) -> RawSpan {
        // The mapping lives as long as this block.
        unsafe index.bytes(ownedBy: self).extracting(range)
    }

    /// Refuses what was read of the index, when a page of it was not given by the disk since it was checked: that reads as zeros.
    func demandWholeIndex() throws(QueryableError) {
        if index.hasFailed { throw damage(index.path, "a part of it cannot be read") }
    }

    /// The error that names a damaged file of this block.
    func damage(_ path: String, _ reason: String) -> QueryableError {
        .unreadable("\(path) is damaged: \(reason); restore the block from a backup or remove its folder")
    }
}
