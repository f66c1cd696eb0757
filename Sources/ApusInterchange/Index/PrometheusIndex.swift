import ApusBytes
package import ApusModel
import ApusStorage

/// The index of a Prometheus block, mapped for reading; versions 1 and 2.
///
/// Every section is checked before it is believed. Series are found through the list of all series, which is in the order of labels.
/// Source of the form: Prometheus, `tsdb/docs/format/index.md`.
package struct PrometheusIndex: Sendable {
    /// One series: its labels and the places of its chunks.
    package struct Series: Sendable {
        /// How tombstones name the series.
        package var reference: UInt64
        /// The series' labels.
        package var labels: LabelSet
        /// Its chunks, ascending.
        package var chunks: [Chunk]
    }

    /// The place of a chunk, and what it spans.
    package struct Chunk: Sendable, Equatable {
        /// The time of its first sample.
        package var minimumTime: Int64
        /// The time of its last sample.
        package var maximumTime: Int64
        /// The number of the segment in the upper half, the offset in it in the lower.
        package var reference: UInt64
    }

    static let magic: UInt32 = 0xBAAA_D700
    static let headerLength = 5
    /// Six offsets and a checksum.
    static let contentsLength = 52
    /// In version 2 series begin at multiples of this.
    static let seriesAlignment = 16

    private let file: PrometheusFile
    private let version: UInt8
    private let symbols: Range<Int>
    /// Where each symbol's length stands within the section; only in version 2.
    private let symbolOffsets: [UInt32]
    private let postingsTable: Range<Int>
    /// The references of all series, in the order of labels.
    private let references: [UInt32]

    /// Opens and checks an index.
    ///
    /// - Parameter hasWrongVersion: whether the block is one of those whose index says version 1 and is of version 2; a version of
    ///   Prometheus wrote such with version 2 in their `meta.json`.
    package init(path: String, hasWrongVersion: Bool = false) throws(InterchangeError) {
        let file = try PrometheusFile(path, magic: Self.magic, headerLength: Self.headerLength)
        self.file = file
        version = hasWrongVersion && file.version == 1 ? 2 : file.version
        guard version == 1 || version == 2 else {
            throw .unsupported(path: path, reason: "index version \(version) is not known (1 and 2 are)")
        }
        let offsets = try Self.contents(of: file)
        symbols = try file.section(at: offsets[0], name: "symbol table")
        symbolOffsets = version == 2 ? try Self.symbolOffsets(of: file, symbols) : []
        postingsTable = try file.section(at: offsets[5], name: "table of postings")
        references = try Self.allSeries(of: file, postingsTable)
    }

    /// The number of series.
    package var seriesCount: Int { references.count }

    /// The bytes of the file.
    package var byteCount: Int { file.count }

    /// The series at a position in the order of labels.
    package func series(at position: Int) throws(InterchangeError) -> Series {
        let reference = UInt64(references[position])
        let offset = version == 1 ? reference : reference * UInt64(Self.seriesAlignment)
        guard offset < UInt64(file.count) else {
            throw file.damaged(at: Int(clamping: offset), "series \(reference) lies beyond the end of the file")
        }
        let start = Int(offset)
        let entry = try file.read(start..<file.count, name: "entry of a series") { reader throws(ByteError) in
            let length = try reader.readCount(limit: max(0, reader.remaining - 4))
            return (start + reader.offset)..<(start + reader.offset + length)
        }
        try file.check(entry, name: "entry of a series")
        var labels = ByteWriter(capacity: 256)
        var pairs: [UInt64] = []
        let chunks = try file.read(entry, name: "entry of a series") { reader throws(ByteError) in
            for _ in 0..<(2 * (try reader.readCount(limit: reader.remaining / 2))) {
                pairs.append(try reader.readVarint())
            }
            return try Self.readChunks(&reader)
        }
        for symbol in pairs { try appendText(of: symbol, to: &labels) }
        guard let labels = LabelSet(validating: labels.bytes) else {
            throw file.damaged(at: start, "the labels of a series are not in order, not unique or not UTF-8")
        }
        return Series(reference: reference, labels: labels, chunks: chunks)
    }

    @_lifetime(reader: copy reader)
    private static func readChunks(_ reader: inout ByteReader) throws(ByteError) -> [Chunk] {
        // A chunk takes three bytes at least.
        let count = try reader.readCount(limit: reader.remaining / 3)
        var chunks: [Chunk] = []
        chunks.reserveCapacity(count)
        var previous = Chunk(minimumTime: 0, maximumTime: 0, reference: 0)
        for index in 0..<count {
            let start =
                index == 0
                ? try reader.readSignedVarint()
                : previous.maximumTime &+ Int64(bitPattern: try reader.readVarint())
            let end = start &+ Int64(bitPattern: try reader.readVarint())
            let reference =
                index == 0
                ? try reader.readVarint()
                : previous.reference &+ UInt64(bitPattern: try reader.readSignedVarint())
            previous = Chunk(minimumTime: start, maximumTime: end, reference: reference)
            chunks.append(previous)
        }
        return chunks
    }

    /// Checks every list of series, too, which reading does not need.
    package func verify() throws(InterchangeError) {
        var lists: [UInt64] = []
        try Self.forEachList(of: file, postingsTable) { lists.append($2) }
        for list in lists { _ = try file.section(at: list, name: "list of series") }
    }

    // MARK: Symbols

    /// Appends a text behind its length.
    private func appendText(of symbol: UInt64, to writer: inout ByteWriter) throws(InterchangeError) {
        let start: Int
        if version == 1 {
            // A symbol is the place of its text.
            guard symbol >= UInt64(symbols.lowerBound), symbol < UInt64(symbols.upperBound) else {
                throw file.damaged(at: symbols.lowerBound, "there is no symbol at \(symbol)")
            }
            start = Int(symbol)
        } else {
            guard symbol < UInt64(symbolOffsets.count) else {
                throw file.damaged(at: symbols.lowerBound, "there is no symbol \(symbol)")
            }
            start = symbols.lowerBound + Int(symbolOffsets[Int(symbol)])
        }
        try file.read(start..<symbols.upperBound, name: "symbol table") { reader throws(ByteError) in
            writer.appendLengthPrefixed(Span<UInt8>(_bytes: try reader.readLengthPrefixed()))
        }
    }

    private static func symbolOffsets(
        of file: PrometheusFile, _ symbols: Range<Int>
    ) throws(InterchangeError) -> [UInt32] {
        try file.read(symbols, name: "symbol table") { reader throws(ByteError) in
            let count = Int(try reader.readBigEndian(UInt32.self))
            guard count <= reader.remaining else { throw .lengthOutOfRange(offset: 0, length: UInt64(count)) }
            var offsets: [UInt32] = []
            offsets.reserveCapacity(count)
            for _ in 0..<count {
                offsets.append(UInt32(truncatingIfNeeded: reader.offset))
                _ = try reader.readLengthPrefixed()
            }
            return offsets
        }
    }

    // MARK: Sections

    private static func contents(of file: PrometheusFile) throws(InterchangeError) -> [UInt64] {
        let start = file.count - contentsLength
        guard start >= headerLength else { throw file.damaged(at: 0, "the file has only \(file.count) bytes") }
        try file.check(start..<(file.count - 4), name: "table of contents")
        return try file.read(start..<file.count, name: "table of contents") { reader throws(ByteError) in
            var offsets: [UInt64] = []
            for _ in 0..<6 { offsets.append(try reader.readBigEndian()) }
            return offsets
        }
    }

    /// The references in the list that the empty name and value have, or in all lists where there is no such.
    private static func allSeries(
        of file: PrometheusFile, _ table: Range<Int>
    ) throws(InterchangeError) -> [UInt32] {
        var all: UInt64?
        var lists: [UInt64] = []
        try forEachList(of: file, table) { name, value, offset in
            if name == 0, value == 0 { all = offset }
            lists.append(offset)
        }
        if let all { return try references(of: file, all) }
        var union: Set<UInt32> = []
        for list in lists { union.formUnion(try references(of: file, list)) }
        // Series lie in the order of labels.
        return union.sorted()
    }

    private static func references(of file: PrometheusFile, _ offset: UInt64) throws(InterchangeError) -> [UInt32] {
        let list = try file.section(at: offset, name: "list of series")
        return try file.read(list, name: "list of series") { reader throws(ByteError) in
            let count = Int(try reader.readBigEndian(UInt32.self))
            guard count <= reader.remaining / 4 else { throw .lengthOutOfRange(offset: 0, length: UInt64(count)) }
            var references: [UInt32] = []
            references.reserveCapacity(count)
            for _ in 0..<count { references.append(try reader.readBigEndian()) }
            return references
        }
    }

    /// Calls `body` with the lengths of name and value and the offset of every list.
    private static func forEachList(
        of file: PrometheusFile, _ table: Range<Int>, _ body: (_ name: Int, _ value: Int, _ offset: UInt64) -> Void
    ) throws(InterchangeError) {
        try file.read(table, name: "table of postings") { reader throws(ByteError) in
            let count = try reader.readBigEndian(UInt32.self)
            for _ in 0..<count {
                let start = reader.offset
                // Name and value, and nothing else, lead to a list.
                let keys = try reader.readByte()
                guard keys == 2 else { throw .lengthOutOfRange(offset: start, length: UInt64(keys)) }
                let name = try reader.readLengthPrefixed().byteCount
                let value = try reader.readLengthPrefixed().byteCount
                body(name, value, try reader.readVarint())
            }
        }
    }
}
