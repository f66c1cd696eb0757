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
        var scratch = ReadScratch()
        var columns = SampleColumns()
        var damaged = 0
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
                        damaged += 1
                        note(error, at: path, damaged, into: &report)
                    }
                    return true
                }
            } catch {
                damaged += 1
                note(error, at: path, damaged, into: &report)
            }
        }
        if damaged > maximumPlaces {
            report.damage.append(.init(path: path, reason: "\(damaged - maximumPlaces) further places"))
        }
    }

    /// So many places of one block are told one by one.
    private static let maximumPlaces = 20

    private static func note(_ error: QueryableError, at path: String, _ count: Int, into report: inout Report) {
        if count <= maximumPlaces { report.damage.append(.init(path: path, reason: error.description)) }
    }

    // MARK: Log

    private static func verifyLog(
        _ folder: String, into report: inout Report, onFile: (String) -> Bool
    ) throws(FileError) {
        let names = try Folder.names(in: folder).filter { name in
            WALFormat.number(of: name, ending: ".segment") != nil
                || WALFormat.number(of: name, ending: ".checkpoint") != nil
        }
        let last = names.last { $0.hasSuffix(".segment") }
        for name in names {
            let path = "\(folder)/\(name)"
            guard onFile(path) else { return }
            let file: MappedFile
            do throws(FileError) { file = try MappedFile(path) } catch {
                if Folder.length(of: path) > 0 { report.damage.append(.init(path: path, reason: error.description)) }
                continue
            }
            report.files += 1
            report.bytes += file.count
            verifySegment(file, isLast: name == last, into: &report)
        }
    }

    private static func verifySegment(_ file: MappedFile, isLast: Bool, into report: inout Report) {
        guard let version = WALFormat.version(ofHeader: file.bytes) else {
            if isLast, file.count < WALFormat.headerLength {
                report.notes.append("\(file.path) is being made")
            } else {
                report.damage.append(.init(path: file.path, reason: "its header is damaged"))
            }
            return
        }
        guard version <= WALFormat.version else {
            report.damage.append(.init(path: file.path, reason: "version \(version) is newer than this program"))
            return
        }
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
