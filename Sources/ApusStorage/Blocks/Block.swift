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
    let index: MappedFile
    let columns: MappedFile
    let symbolsRange: Range<Int>
    let seriesRange: Range<Int>
    let postingsRange: Range<Int>
    let symbolCount: Int
    let entryCount: Int
    let postingCount: Int

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
        rollups = RollupFile.files(in: folder, seriesCount: header.seriesCount)
        var offset = BlockFormat.indexHeaderLength
        var ranges: [Range<Int>] = []
        for (number, section) in header.sections.enumerated() {
            guard section.length <= UInt64(index.count - offset) else {
                throw .damaged(path: index.path, reason: "section \(number) goes beyond the end of the file")
            }
            let range = offset..<(offset + Int(section.length))
            guard CRC32C.checksum(index.bytes.extracting(range)) == section.checksum else {
                throw .damaged(path: index.path, reason: "checksum of section \(number) does not match")
            }
            ranges.append(range)
            offset = range.upperBound
        }
        guard offset == index.count else {
            throw .damaged(path: index.path, reason: "\(index.count - offset) bytes after the last section")
        }
        guard UInt64(columns.count) == header.columnsLength else {
            throw .damaged(
                path: columns.path,
                reason: "the file has \(columns.count) bytes and should have \(header.columnsLength)")
        }
        symbolsRange = ranges[0]
        seriesRange = ranges[1]
        postingsRange = ranges[2]
        // Each section begins with the number of what it holds.
        let counts = ranges.map { range in
            range.count < 4
                ? 0
                : Int(
                    UInt32(
                        littleEndian: unsafe index.bytes.unsafeLoadUnaligned(
                            fromUncheckedByteOffset: range.lowerBound, as: UInt32.self)))
        }
        symbolCount = counts[0]
        entryCount = counts[1]
        postingCount = counts[2]
    }

    /// The same block with other tombstones or roll-ups.
    init(_ block: Block, tombstones: Tombstones? = nil, rollups: [RollupFile]? = nil) {
        identifier = block.identifier
        folder = block.folder
        header = block.header
        lineage = block.lineage
        self.tombstones = tombstones ?? block.tombstones
        self.rollups = rollups ?? block.rollups
        index = block.index
        columns = block.columns
        symbolsRange = block.symbolsRange
        seriesRange = block.seriesRange
        postingsRange = block.postingsRange
        symbolCount = block.symbolCount
        entryCount = block.entryCount
        postingCount = block.postingCount
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

    /// Appends the samples of a series within a range of time, without the deleted ones; histograms have the hints that are stored.
    func read(
        series number: UInt32, range: ClosedRange<Int64>, scratch: inout ReadScratch, into result: inout SampleColumns
    ) throws(QueryableError) {
        let deleted = tombstones.isEmpty ? nil : tombstones[number]
        let start = result.count
        var isPredecessorDeleted = false
        try forEachChunk(of: number) { chunk throws(QueryableError) in
            if chunk.minimumTime > range.upperBound { return false }
            if chunk.maximumTime < range.lowerBound { return true }
            if let deleted, deleted.covers(chunk.timeRange) {
                isPredecessorDeleted = true
                return true
            }
            let histogram = result.histograms.count
            try read(chunk, range: range, scratch: &scratch, into: &result)
            if isPredecessorDeleted, histogram < result.histograms.count {
                result.histograms[histogram].histogram.forgetPredecessor()
            }
            isPredecessorDeleted = false
            return true
        }
        if let deleted { result.remove(deleted, from: start) }
    }

    func read(
        _ chunk: ChunkEntry, range: ClosedRange<Int64>, scratch: inout ReadScratch, into result: inout SampleColumns
    ) throws(QueryableError) {
        let timestamps = try column(at: chunk.timestampOffset, length: chunk.timestampLength)
        let values = try column(at: chunk.valueOffset, length: chunk.valueLength)
        do throws(ColumnError) {
            let kept = try scratch.appendTimestamps(
                timestamps, count: chunk.count, limit: chunk.count, range: range, to: &result.timestamps)
            if kept.isEmpty { return }
            try scratch.decoder.decodeSamples(values, count: chunk.count, keeping: kept, into: &result)
        } catch {
            throw damage(columns.path, "chunk at \(chunk.valueOffset): \(error)")
        }
    }

    /// Whether a chunk has native histograms: what these say of the sample before may not hold elsewhere.
    func hasHistograms(_ chunk: ChunkEntry) throws(QueryableError) -> Bool {
        let values = try column(at: chunk.valueOffset, length: chunk.valueLength)
        return unsafe values.unsafeLoad(fromUncheckedByteOffset: 0, as: UInt8.self) == BlockFormat.histogramKind
    }

    /// Appends the bytes of a column.
    func appendColumn(at offset: Int, length: Int, to writer: inout ByteWriter) throws(QueryableError) {
        let bytes = try column(at: offset, length: length)
        writer.append(Span<UInt8>(_bytes: bytes))
    }

    /// The bytes of a column whose checksum is right.
    @_lifetime(borrow self)
    func column(at offset: Int, length: Int) throws(QueryableError) -> RawSpan {
        guard offset >= BlockFormat.columnsHeaderLength, length > 0, offset <= columns.count,
            length <= columns.count - offset - BlockFormat.checksumLength
        else { throw damage(columns.path, "column of \(length) bytes at \(offset) is outside the file") }
        // The mapping lives as long as this block.
        let all = unsafe columns.bytes(ownedBy: self)
        let bytes = all.extracting(offset..<(offset + length))
        let stated = unsafe all.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + length, as: UInt32.self)
        guard CRC32C.checksum(bytes) == UInt32(littleEndian: stated) else {
            throw damage(columns.path, "checksum of the column at \(offset) does not match")
        }
        return bytes
    }

    /// A part of the index, checked by the caller to lie within it.
    @_lifetime(borrow self)
    func indexBytes(_ range: Range<Int>) -> RawSpan {
        // The mapping lives as long as this block.
        unsafe index.bytes(ownedBy: self).extracting(range)
    }

    /// The error that names a damaged file of this block.
    func damage(_ path: String, _ reason: String) -> QueryableError {
        .unreadable("\(path) is damaged: \(reason); restore the block from a backup or remove its folder")
    }
}
