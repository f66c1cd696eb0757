import ApusBytes

/// Where the parts of a block's index lie, and how many things they hold.
///
/// Made of an index whose checksums are right; what is read at offsets found in it is checked nevertheless.
struct BlockSections: Sendable {
    /// A section that begins with the number of what it holds.
    struct Section: Sendable {
        var range = 0..<0
        var count = 0
    }

    let symbols: Section
    let series: Section
    let postings: Section
    /// These two are empty in version 1, which has no groups either.
    let shapes: Section
    let times: Section
    let groups: ColumnGroups?

    /// Checks lengths and checksums of the sections of an index.
    init(_ index: MappedFile, header: BlockFormat.IndexHeader) throws(BlockError) {
        var offset = BlockFormat.indexHeaderLength(version: header.version)
        var sections: [Section] = []
        for (number, section) in header.sections.enumerated() {
            guard section.length <= UInt64(index.count - offset) else {
                throw .damaged(path: index.path, reason: "section \(number) goes beyond the end of the file")
            }
            let range = offset..<(offset + Int(section.length))
            guard CRC32C.checksum(index.bytes.extracting(range)) == section.checksum else {
                throw .damaged(path: index.path, reason: "checksum of section \(number) does not match")
            }
            sections.append(Section(range: range, count: Self.count(index, range)))
            offset = range.upperBound
        }
        guard offset == index.count else {
            throw .damaged(path: index.path, reason: "\(index.count - offset) bytes after the last section")
        }
        symbols = sections[0]
        series = sections[1]
        postings = sections[2]
        guard header.version >= 2 else {
            shapes = Section()
            times = Section()
            groups = nil
            return
        }
        shapes = sections[3]
        times = sections[4]
        guard let groups = ColumnGroups(index, sections[5].range) else {
            throw .damaged(path: index.path, reason: "the groups do not fill their section")
        }
        self.groups = groups
    }

    private static func count(_ index: MappedFile, _ range: Range<Int>) -> Int {
        guard range.count >= 4 else { return 0 }
        return Int(
            UInt32(
                littleEndian: unsafe index.bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: range.lowerBound, as: UInt32.self)))
    }
}
