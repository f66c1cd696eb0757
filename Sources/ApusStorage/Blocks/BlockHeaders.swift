import ApusBytes

extension BlockFormat.IndexHeader {
    /// Reads the header of an index file.
    init(_ file: MappedFile) throws(BlockError) {
        version = try BlockFormat.statedVersion(of: file, magic: BlockFormat.indexMagic)
        try BlockFormat.check(
            file, magic: BlockFormat.indexMagic, length: BlockFormat.indexHeaderLength(version: version))
        let sectionCount = BlockFormat.sectionCount(version: version)
        var reader = ByteReader(file.bytes)
        do throws(ByteError) {
            try reader.skip(12)
            let stated = try reader.readLittleEndian(UInt32.self)
            guard stated == UInt32(sectionCount) else { throw .lengthOutOfRange(offset: 12, length: UInt64(stated)) }
            minimumTime = try reader.readLittleEndian()
            maximumTime = try reader.readLittleEndian()
            sampleCount = try reader.readLittleEndian()
            seriesCount = try reader.readLittleEndian()
            chunkCount = try reader.readLittleEndian()
            for _ in 0..<sectionCount {
                let length = try reader.readLittleEndian(UInt64.self)
                sections.append((length, try reader.readLittleEndian()))
            }
            columnsLength = try reader.readLittleEndian()
        } catch {
            throw .damaged(path: file.path, reason: "header: \(error)")
        }
        guard minimumTime <= maximumTime else { throw .damaged(path: file.path, reason: "its times are in disorder") }
    }
}

extension BlockFormat {
    /// The time span that the header of a columns file states.
    static func timeRange(ofColumns file: MappedFile) throws(BlockError) -> ClosedRange<Int64> {
        try check(file, magic: columnsMagic, length: columnsHeaderLength)
        var reader = ByteReader(file.bytes)
        do throws(ByteError) {
            try reader.skip(12)
            let minimum = try reader.readLittleEndian(Int64.self)
            let maximum = try reader.readLittleEndian(Int64.self)
            guard minimum <= maximum else { throw .lengthOutOfRange(offset: 12, length: 0) }
            return minimum...maximum
        } catch {
            throw .damaged(path: file.path, reason: "header: \(error)")
        }
    }

    /// Checks magic, checksum and version of a header, in this order: a version that is damaged is not a newer one.
    static func check(
        _ file: MappedFile, magic: StaticString, length: Int, newest: UInt32 = BlockFormat.version
    ) throws(BlockError) {
        _ = try statedVersion(of: file, magic: magic, newest: .max)
        guard file.count >= length else {
            throw .damaged(path: file.path, reason: "the file has only \(file.count) bytes")
        }
        let bytes = file.bytes
        let stated = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: length - 4, as: UInt32.self)
        guard CRC32C.checksum(bytes.extracting(0..<(length - 4))) == UInt32(littleEndian: stated) else {
            throw .damaged(path: file.path, reason: "checksum of the header does not match")
        }
        _ = try statedVersion(of: file, magic: magic, newest: newest)
    }

    /// The version that a file states after its magic; one that is newer than this program is refused.
    static func statedVersion(
        of file: MappedFile, magic: StaticString, newest: UInt32 = BlockFormat.version
    ) throws(BlockError) -> UInt32 {
        guard file.count >= 12 else {
            throw .damaged(path: file.path, reason: "the file has only \(file.count) bytes")
        }
        let bytes = file.bytes
        var expected = ByteWriter()
        expected.append(magic)
        let isOurs = unsafe bytes.extracting(0..<8).withUnsafeBytes { unsafe $0.elementsEqual(expected.bytes) }
        guard isOurs else { throw .damaged(path: file.path, reason: "it does not begin as a file of a block does") }
        let version = UInt32(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 8, as: UInt32.self))
        guard version <= newest else { throw .newerFormat(path: file.path, version: version) }
        return version
    }
}
