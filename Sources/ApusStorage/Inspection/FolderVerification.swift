import ApusBytes
import ApusModel

/// Checks the files of a data folder, which a server may be using: nothing is locked and nothing is written.
package enum FolderVerification {
    /// What was found.
    package struct Report: Sendable, Equatable {
        /// A damaged place.
        package struct Damage: Sendable, Equatable {
            /// The file, or the folder of a block.
            package var path: String
            /// What is wrong, and where.
            package var reason: String

            /// Damage of a file.
            package init(path: String, reason: String) {
                self.path = path
                self.reason = reason
            }
        }

        /// The files that were read.
        package var files = 0
        /// Their bytes.
        package var bytes = 0
        /// The blocks.
        package var blocks = 0
        /// What is damaged, in the order of the names of the files.
        package var damage: [Damage] = []
        /// What is not whole and need not be, such as the record that a server is writing.
        package var notes: [String] = []

        /// Nothing found so far.
        package init() {}
    }

    /// Reads every byte that has a checksum.
    ///
    /// - Parameter onFile: called before each file or block; `false` ends the check.
    /// - Throws: when the folder cannot be read.
    package static func run(folder: String, onFile: (String) -> Bool = { _ in true }) throws(FileError) -> Report {
        var report = Report()
        if Folder.isFolder("\(folder)/blocks") {
            for name in try Folder.names(in: "\(folder)/blocks") where BlockIdentifier.isValid(name) {
                let path = "\(folder)/blocks/\(name)"
                guard onFile(path) else { return report }
                verifyBlock(path, name, into: &report)
            }
        }
        verifySealed("\(folder)/\(HeadTombstones.fileName)", magic: SealedFile.tombstonesMagic, into: &report) {
            body throws(ByteError) in _ = try HeadTombstones(body: body)
        }
        verifySealed("\(folder)/\(SavedGrowth.fileName)", magic: SavedGrowth.magic, into: &report) {
            body throws(ByteError) in _ = try SavedGrowth(body: body)
        }
        verifyMetadata("\(folder)/\(MetadataFormat.fileName)", into: &report)
        if Folder.isFolder("\(folder)/head") { try verifyHead("\(folder)/head", into: &report, onFile: onFile) }
        if Folder.isFolder("\(folder)/wal") { try verifyLog("\(folder)/wal", into: &report, onFile: onFile) }
        return report
    }

    // MARK: Blocks

    private static func verifyBlock(_ path: String, _ name: String, into report: inout Report) {
        let block: Block
        do throws(BlockError) { block = try Block(folder: path, identifier: name) } catch {
            // A server may have removed it since the names were read.
            if Folder.isFolder(path) { report.damage.append(.init(path: error.path ?? path, reason: error.reason)) }
            return
        }
        report.blocks += 1
        report.files += 2
        report.bytes += block.byteCount
        do throws(BlockError) { _ = try BlockFormat.timeRange(ofColumns: block.columns) } catch {
            report.damage.append(.init(path: error.path ?? path, reason: error.reason))
        }
        verifyRollups(of: block, into: &report)
        var scratch = ReadScratch()
        var columns = SampleColumns()
        // Several columns share a checksum: what is damaged is told once.
        var places = Set<String>()
        for number in block.allSeries() {
            do throws(QueryableError) {
                _ = try block.labelSet(of: number)
                try block.forEachChunk(of: number) { chunk throws(QueryableError) in
                    columns.removeAll()
                    do throws(QueryableError) {
                        try block.read(chunk, range: .min ... .max, scratch: &scratch, into: &columns)
                        if columns.count != chunk.count {
                            throw block.damage(path, "series \(number): a chunk has \(columns.count) samples")
                        }
                    } catch {
                        note(error, at: path, &places, into: &report)
                    }
                    return true
                }
            } catch {
                note(error, at: path, &places, into: &report)
            }
        }
        if places.count > maximumPlaces {
            report.damage.append(.init(path: path, reason: "\(places.count - maximumPlaces) further places"))
        }
    }

    /// Reads every record; whether its numbers are those of the samples is not looked at.
    private static func verifyRollups(of block: Block, into report: inout Report) {
        for name in RollupFile.names(in: block.folder) {
            let path = "\(block.folder)/\(name)"
            do throws(BlockError) {
                let file = try RollupFile(path, seriesCount: block.header.seriesCount)
                report.files += 1
                report.bytes += file.byteCount
                try file.verify()
            } catch {
                report.damage.append(.init(path: error.path ?? path, reason: error.reason))
            }
        }
    }

    /// So many places of one block are told one by one.
    private static let maximumPlaces = 20

    private static func note(
        _ error: QueryableError, at path: String, _ places: inout Set<String>, into report: inout Report
    ) {
        guard places.insert(error.description).inserted, places.count <= maximumPlaces else { return }
        report.damage.append(.init(path: path, reason: error.description))
    }

    // MARK: Head and log

    private static func verifySealed(
        _ path: String, magic: StaticString, into report: inout Report, _ read: (RawSpan) throws(ByteError) -> Void
    ) {
        do throws(BlockError) {
            guard try SealedFile.read(path, magic: magic, read) != nil else { return }
            report.files += 1
            report.bytes += Folder.length(of: path)
        } catch {
            report.damage.append(.init(path: path, reason: error.reason))
        }
    }

    private static func verifyMetadata(_ path: String, into report: inout Report) {
        guard Folder.length(of: path) > 0 else { return }
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch {
            report.damage.append(.init(path: path, reason: error.description))
            return
        }
        report.files += 1
        report.bytes += file.count
        if NumberedHeader.version(of: file.bytes, magic: MetadataFormat.magic) == nil {
            report.damage.append(.init(path: path, reason: "its header is damaged"))
        }
        verifyRecords(file, isLast: true, into: &report)
    }

    /// What the files of a kind are called, begin with, and may end with.
    private struct Kind {
        var ending: String
        var magic: StaticString
        var version: UInt32
    }

    private static func verifyLog(
        _ folder: String, into report: inout Report, onFile: (String) -> Bool
    ) throws(FileError) {
        let kind = Kind(ending: ".segment", magic: WALFormat.magic, version: WALFormat.version)
        try forEachFile(folder, kind, into: &report, onFile: onFile) { file, isLast, report in
            verifyRecords(file, isLast: isLast, into: &report)
        }
        // Earlier versions kept the log's beginning in a file of the same form.
        let checkpoints = Kind(ending: ".checkpoint", magic: WALFormat.magic, version: WALFormat.version)
        try forEachFile(folder, checkpoints, into: &report, onFile: onFile) { file, _, report in
            verifyRecords(file, isLast: false, into: &report)
        }
    }

    private static func verifyHead(
        _ folder: String, into report: inout Report, onFile: (String) -> Bool
    ) throws(FileError) {
        let chunks = Kind(ending: ".chunks", magic: ChunkFormat.magic, version: ChunkFormat.version)
        try forEachFile(folder, chunks, into: &report, onFile: onFile) { file, isLast, report in
            verifyChunks(file, isLast: isLast, into: &report)
        }
        let checkpoints = Kind(
            ending: CheckpointFormat.ending, magic: CheckpointFormat.magic, version: CheckpointFormat.version)
        try forEachFile(folder, checkpoints, into: &report, onFile: onFile) { file, isLast, report in
            verifyRecords(file, isLast: false, into: &report)
            if isLast { verifyLengths(of: CheckpointReader.chunkFiles(in: file), in: folder, into: &report) }
        }
    }

    /// Finds chunk files that end before what the newest checkpoint knows of them: a cut between two chunks leaves whole ones.
    ///
    /// One that is not there is no damage, since a file goes when all in it is in blocks.
    private static func verifyLengths(of chunkFiles: [ChunkFile.Facts], in folder: String, into report: inout Report) {
        for facts in chunkFiles {
            let path = "\(folder)/\(ChunkFormat.name(facts.number))"
            let length = Folder.length(of: path)
            if length > 0, length < facts.length {
                report.damage.append(
                    .init(path: path, reason: "\(facts.length - length) bytes at the end are missing"))
            }
        }
    }

    /// Calls `body` with every file of a kind whose header is right, and whether it is the newest, which may be written to.
    private static func forEachFile(
        _ folder: String, _ kind: Kind, into report: inout Report, onFile: (String) -> Bool,
        _ body: (MappedFile, _ isLast: Bool, inout Report) -> Void
    ) throws(FileError) {
        let names = try Folder.names(in: folder).filter { FileNumber.number(of: $0, ending: kind.ending) != nil }
        for name in names {
            let path = "\(folder)/\(name)"
            guard onFile(path) else { return }
            let file: MappedFile
            do throws(FileError) { file = try MappedFile(path) } catch {
                // A server may have removed it since the names were read.
                if Folder.length(of: path) > 0 { report.damage.append(.init(path: path, reason: error.description)) }
                continue
            }
            report.files += 1
            report.bytes += file.count
            guard let version = NumberedHeader.version(of: file.bytes, magic: kind.magic) else {
                if name == names.last, file.count < NumberedHeader.length {
                    report.notes.append("\(path) is being made")
                } else {
                    report.damage.append(.init(path: path, reason: "its header is damaged"))
                }
                continue
            }
            guard version <= kind.version else {
                report.damage.append(.init(path: path, reason: "version \(version) is newer than this program"))
                continue
            }
            body(file, name == names.last, &report)
        }
    }

    private static func verifyRecords(_ file: MappedFile, isLast: Bool, into report: inout Report) {
        var reader = WALReader(file.bytes)
        while let stretch = reader.next() {
            guard case .damage(let range) = stretch else { continue }
            if isLast, range.upperBound == file.count {
                report.notes.append("\(file.path) ends in the middle of a record at byte \(range.lowerBound)")
            } else {
                report.damage.append(
                    .init(path: file.path, reason: "\(range.count) bytes at \(range.lowerBound) are no record"))
            }
        }
    }

    private static func verifyChunks(_ file: MappedFile, isLast: Bool, into report: inout Report) {
        var offset = ChunkFormat.headerLength
        while offset < file.count {
            guard let chunk = StoredChunk(file.bytes, at: offset) else {
                let next = nextChunk(file, after: offset)
                let text = "\((next ?? file.count) - offset) bytes at \(offset) are no chunk"
                if isLast, next == nil {
                    report.notes.append("\(file.path): \(text); the log has what they held")
                    return
                }
                report.damage.append(.init(path: file.path, reason: text))
                offset = next ?? file.count
                continue
            }
            offset = chunk.values.upperBound
        }
    }

    /// Where the chunk after a damaged one begins, if the length of that is right.
    private static func nextChunk(_ file: MappedFile, after offset: Int) -> Int? {
        guard offset <= file.count - ChunkFormat.frameLength else { return nil }
        let length = Int(
            UInt32(
                littleEndian: unsafe file.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)))
        let next = offset + ChunkFormat.frameLength + length
        return next < file.count && StoredChunk(file.bytes, at: next) != nil ? next : nil
    }
}

extension BlockError {
    /// The file, where it is known.
    fileprivate var path: String? {
        switch self {
        case .damaged(let path, _), .newerFormat(let path, _): path
        case .file(let error): error.path
        }
    }
}
