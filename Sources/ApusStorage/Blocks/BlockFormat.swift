import ApusBytes

/// The constants of a block's files; the form is `docs/formats/block.md`.
enum BlockFormat {
    static let indexMagic: StaticString = "APUSIDX\0"
    static let columnsMagic: StaticString = "APUSCOL\0"
    static let version: UInt32 = 2
    static let columnsHeaderLength = 36
    static let checksumLength = 4
    /// The bytes of a group in the index.
    static let groupLength = 24
    /// The places of a compressed group, at most.
    static let maximumCompressedGroup = 1 << 24
    static let postingLength = 16
    /// The first byte of a column of values with native histograms (`docs/formats/columns.md`).
    static let histogramKind: UInt8 = 4
    static let temporaryEnding = ".tmp"
    static let deletedEnding = ".deleted"

    /// The number of sections of an index.
    static func sectionCount(version: UInt32) -> Int { version < 2 ? 3 : 6 }

    /// The length of the header of an index.
    static func indexHeaderLength(version: UInt32) -> Int { 60 + 12 * sectionCount(version: version) }

    /// What the header of the index states.
    struct IndexHeader: Equatable {
        var version = BlockFormat.version
        var minimumTime: Int64 = 0
        var maximumTime: Int64 = 0
        var sampleCount: UInt64 = 0
        var seriesCount: UInt32 = 0
        var chunkCount: UInt32 = 0
        /// Lengths and checksums, in the order of the file.
        var sections: [(length: UInt64, checksum: UInt32)] = []
        var columnsLength: UInt64 = 0

        static func == (a: IndexHeader, b: IndexHeader) -> Bool { a.encoded() == b.encoded() }

        /// The header's bytes.
        func encoded() -> [UInt8] {
            var writer = ByteWriter(capacity: indexHeaderLength(version: version))
            writer.append(indexMagic)
            writer.appendLittleEndian(version)
            writer.appendLittleEndian(UInt32(sections.count))
            writer.appendLittleEndian(minimumTime)
            writer.appendLittleEndian(maximumTime)
            writer.appendLittleEndian(sampleCount)
            writer.appendLittleEndian(seriesCount)
            writer.appendLittleEndian(chunkCount)
            for section in sections {
                writer.appendLittleEndian(section.length)
                writer.appendLittleEndian(section.checksum)
            }
            writer.appendLittleEndian(columnsLength)
            appendChecksum(to: &writer)
            return writer.bytes
        }
    }

    /// The header of the columns file.
    static func columnsHeader(minimumTime: Int64, maximumTime: Int64) -> [UInt8] {
        var writer = ByteWriter(capacity: columnsHeaderLength)
        writer.append(columnsMagic)
        writer.appendLittleEndian(version)
        writer.appendLittleEndian(minimumTime)
        writer.appendLittleEndian(maximumTime)
        writer.appendLittleEndian(UInt32(0))
        appendChecksum(to: &writer)
        return writer.bytes
    }

    private static func appendChecksum(to writer: inout ByteWriter) {
        let bytes = writer.bytes
        writer.appendLittleEndian(CRC32C.checksum(bytes.span))
    }
}

/// Why a file of a block cannot be used.
enum BlockError: Error {
    /// The bytes are not what they should be.
    case damaged(path: String, reason: String)
    /// A newer version wrote it.
    case newerFormat(path: String, version: UInt32)
    /// The system refused to read it.
    case file(FileError)

    var reason: String {
        switch self {
        case .damaged(_, let reason): reason
        case .newerFormat(_, let version): "format version \(version) is newer than this version of Apus"
        case .file(let error): error.description
        }
    }
}
