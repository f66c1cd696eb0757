import ApusBytes
import ApusModel
import ApusStorage
import Glibc

/// Writes the index of a Prometheus block, version 2; series are added in the order of labels.
///
/// Source of the form: Prometheus, `tsdb/docs/format/index.md`. The label indices, which are no longer used, are left out.
struct PrometheusIndexWriter {
    private struct Entry {
        /// The end of the series' symbols in `symbolRuns`.
        var symbolsEnd: Int
        /// The end of the series' chunks in `chunks`.
        var chunksEnd: Int
    }

    private var symbols = SymbolTable()
    private var symbolRuns: [UInt32] = []
    private var chunks: [PrometheusIndex.Chunk] = []
    private var entries: [Entry] = []

    /// The number of series added.
    var seriesCount: Int { entries.count }
    /// The number of chunks added.
    var chunkCount: Int { chunks.count }

    /// Adds a series, which comes after those before in the order of labels.
    mutating func add(_ labels: LabelSet, chunks new: [PrometheusIndex.Chunk]) throws(InterchangeError) {
        var cursor = LabelCursor(labels.run.span)
        while cursor.advance() {
            guard let name = symbols.intern(cursor.name), let value = symbols.intern(cursor.value) else {
                throw .unusable("a block cannot hold more than 4,294,967,294 different names and values")
            }
            symbolRuns.append(name.index)
            symbolRuns.append(value.index)
        }
        chunks.append(contentsOf: new)
        entries.append(Entry(symbolsEnd: symbolRuns.count, chunksEnd: chunks.count))
    }

    /// Writes the file and waits until it is on disk.
    func write(to path: String) throws(InterchangeError) {
        do throws(FileError) { try writeFile(path) } catch { throw .file(error) }
    }

    private func writeFile(_ path: String) throws(FileError) {
        var file = try BufferedFile(creating: path)
        var header = ByteWriter()
        header.appendBigEndian(PrometheusIndex.magic)
        header.append(2)
        try file.append(header.bytes.span)
        let order = (0..<UInt32(symbols.count)).sorted { a, b in
            compareBytes(symbols.text(of: Symbol(index: a)), symbols.text(of: Symbol(index: b))) < 0
        }
        var rank = [UInt32](repeating: 0, count: order.count)
        for (position, symbol) in order.enumerated() { rank[Int(symbol)] = UInt32(position) }
        var contents: [UInt64] = [UInt64(file.count)]
        try append(section: symbolTable(order), to: &file)
        contents.append(UInt64(file.count))
        let (references, pairs) = try appendSeries(rank, to: &file)
        contents.append(UInt64(file.count))
        let labelIndices = ByteWriter(bigEndian: UInt32(0))
        let lists = try appendLists(references, pairs, order, to: &file)
        contents.append(UInt64(file.count))
        try append(section: labelIndices.bytes, to: &file)
        contents.append(lists.start)
        contents.append(UInt64(file.count))
        try append(section: lists.table, to: &file)
        try appendContents(contents, to: &file)
        try file.finish()
    }

    private func append(section: [UInt8], to file: inout BufferedFile) throws(FileError) {
        guard section.count <= Int(UInt32.max) else { throw FileError("write", "index", code: EFBIG) }
        var length = ByteWriter(bigEndian: UInt32(section.count))
        try file.append(length.bytes.span)
        try file.append(section.span)
        length = ByteWriter(bigEndian: CRC32C.checksum(section.span))
        try file.append(length.bytes.span)
    }

    private func symbolTable(_ order: [UInt32]) -> [UInt8] {
        var writer = ByteWriter(bigEndian: UInt32(order.count))
        for symbol in order { writer.appendLengthPrefixed(symbols.text(of: Symbol(index: symbol))) }
        return writer.bytes
    }

    /// Writes the entries of the series.
    ///
    /// - Returns: their references, and every pair of name and value by rank with the position of its series.
    private func appendSeries(
        _ rank: [UInt32], to file: inout BufferedFile
    ) throws(FileError) -> (references: [UInt32], pairs: [(pair: UInt64, series: UInt32)]) {
        var references: [UInt32] = []
        var pairs: [(pair: UInt64, series: UInt32)] = []
        references.reserveCapacity(entries.count)
        pairs.reserveCapacity(symbolRuns.count / 2)
        var symbolsStart = 0
        var chunksStart = 0
        for entry in entries {
            var writer = ByteWriter(capacity: 128)
            writer.appendVarint(UInt64((entry.symbolsEnd - symbolsStart) / 2))
            for position in stride(from: symbolsStart, to: entry.symbolsEnd, by: 2) {
                let name = rank[Int(symbolRuns[position])]
                let value = rank[Int(symbolRuns[position + 1])]
                writer.appendVarint(UInt64(name))
                writer.appendVarint(UInt64(value))
                pairs.append((UInt64(name) << 32 | UInt64(value), UInt32(references.count)))
            }
            Self.append(chunks[chunksStart..<entry.chunksEnd], to: &writer)
            try file.pad(to: PrometheusIndex.seriesAlignment)
            guard let reference = UInt32(exactly: file.count / PrometheusIndex.seriesAlignment) else {
                throw FileError("write", "index", code: EFBIG)
            }
            references.append(reference)
            var framed = ByteWriter(capacity: writer.count + 8)
            framed.appendLengthPrefixed(writer.bytes.span)
            framed.appendBigEndian(CRC32C.checksum(writer.bytes.span))
            try file.append(framed.bytes.span)
            symbolsStart = entry.symbolsEnd
            chunksStart = entry.chunksEnd
        }
        pairs.sort { $0.pair == $1.pair ? $0.series < $1.series : $0.pair < $1.pair }
        return (references, pairs)
    }

    private static func append(_ chunks: ArraySlice<PrometheusIndex.Chunk>, to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(chunks.count))
        var previous: PrometheusIndex.Chunk?
        for chunk in chunks {
            if let previous {
                writer.appendVarint(UInt64(bitPattern: chunk.minimumTime &- previous.maximumTime))
            } else {
                writer.appendSignedVarint(chunk.minimumTime)
            }
            writer.appendVarint(UInt64(bitPattern: chunk.maximumTime &- chunk.minimumTime))
            if let previous {
                writer.appendSignedVarint(Int64(bitPattern: chunk.reference &- previous.reference))
            } else {
                writer.appendVarint(chunk.reference)
            }
            previous = chunk
        }
    }

    /// Writes the list of all series and that of every pair.
    ///
    /// - Returns: where the lists begin, and the table that leads to them, by name and value.
    private func appendLists(
        _ references: [UInt32], _ pairs: [(pair: UInt64, series: UInt32)], _ order: [UInt32],
        to file: inout BufferedFile
    ) throws(FileError) -> (start: UInt64, table: [UInt8]) {
        let empty: [UInt8] = []
        var table = ByteWriter()
        var count: UInt32 = 1
        try file.pad(to: 4)
        let start = UInt64(file.count)
        table.append(2)
        table.appendLengthPrefixed(empty.span)
        table.appendLengthPrefixed(empty.span)
        table.appendVarint(start)
        try append(list: references[...], to: &file)
        var first = 0
        while first < pairs.count {
            let end = pairs[first...].firstIndex { $0.pair != pairs[first].pair } ?? pairs.count
            try file.pad(to: 4)
            table.append(2)
            table.appendLengthPrefixed(symbols.text(of: Symbol(index: order[Int(pairs[first].pair >> 32)])))
            table.appendLengthPrefixed(symbols.text(of: Symbol(index: order[Int(pairs[first].pair & 0xFFFF_FFFF)])))
            table.appendVarint(UInt64(file.count))
            try append(list: pairs[first..<end].map { references[Int($0.series)] }[...], to: &file)
            count += 1
            first = end
        }
        var counted = ByteWriter(bigEndian: count)
        counted.append(table.bytes)
        return (start, counted.bytes)
    }

    private func append(list: ArraySlice<UInt32>, to file: inout BufferedFile) throws(FileError) {
        var writer = ByteWriter(capacity: 4 + 4 * list.count)
        writer.appendBigEndian(UInt32(list.count))
        for reference in list { writer.appendBigEndian(reference) }
        try append(section: writer.bytes, to: &file)
    }

    /// The offsets of symbols, series, label indices, their table, lists and their table.
    private func appendContents(_ offsets: [UInt64], to file: inout BufferedFile) throws(FileError) {
        var writer = ByteWriter()
        for offset in offsets { writer.appendBigEndian(offset) }
        writer.appendBigEndian(CRC32C.checksum(writer.bytes.span))
        try file.append(writer.bytes.span)
    }
}

extension ByteWriter {
    /// A writer that holds one big-endian integer.
    fileprivate init<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        self.init()
        appendBigEndian(value)
    }
}
