import ApusBytes
import ApusModel

extension BlockWriter {
    /// The sections of the index up to that of the groups, in their order.
    func encodedSections(_ symbols: borrowing SymbolTable) -> [[UInt8]] {
        let order = Self.sorted(symbols)
        var rank = [UInt32](repeating: 0, count: order.count)
        for (position, symbol) in order.enumerated() { rank[Int(symbol)] = UInt32(position) }
        let runs = symbolRuns.map { rank[Int($0)] }
        let shapes = SeriesShapes(runs: runs, ends: entries.map(\.symbolsEnd))
        return [
            Self.encoded(symbols, order), encodedSeries(runs, shapes), encodedPostings(runs), shapes.encoded(),
            encodedTimes(),
        ]
    }

    private static func sorted(_ symbols: borrowing SymbolTable) -> [UInt32] {
        var order = Array(0..<UInt32(symbols.count))
        let table = copy symbols
        order.sort { compareBytes(table.text(of: Symbol(index: $0)), table.text(of: Symbol(index: $1))) < 0 }
        return order
    }

    private static func encoded(_ symbols: borrowing SymbolTable, _ order: [UInt32]) -> [UInt8] {
        var section = IndexSection(capacity: order.count)
        for symbol in order {
            section.content.append(symbols.text(of: Symbol(index: symbol)))
            section.endEntry()
        }
        return section.encoded()
    }

    private func encodedSeries(_ runs: [UInt32], _ shapes: SeriesShapes) -> [UInt8] {
        var section = IndexSection(capacity: entries.count)
        var symbolsStart = 0
        var chunksStart = 0
        for (number, entry) in entries.enumerated() {
            let shape = shapes.shapeOfSeries[number]
            section.content.appendVarint(UInt64(shape))
            for (position, pair) in stride(from: symbolsStart, to: entry.symbolsEnd, by: 2).enumerated()
            where shapes.isVaried(shape, position) {
                section.content.appendVarint(UInt64(runs[pair + 1]))
            }
            section.content.appendVarint(UInt64(entry.chunksEnd - chunksStart))
            section.content.appendVarint(UInt64(entry.valuePlace))
            var expected: Int64 = 0
            for chunk in chunks[chunksStart..<entry.chunksEnd] {
                section.content.appendSignedVarint(Int64(chunk.times) - expected)
                section.content.appendVarint(UInt64(chunk.valueLength))
                expected = Int64(chunk.times) + 1
            }
            section.endEntry()
            symbolsStart = entry.symbolsEnd
            chunksStart = entry.chunksEnd
        }
        return section.encoded()
    }

    private func encodedTimes() -> [UInt8] {
        var section = IndexSection(capacity: times.count)
        for column in times {
            section.content.appendVarint(UInt64(bitPattern: column.minimum &- header.minimumTime))
            section.content.appendVarint(UInt64(bitPattern: column.maximum &- column.minimum))
            section.content.appendVarint(UInt64(column.count))
            section.content.appendVarint(UInt64(column.place))
            section.content.appendVarint(UInt64(column.length))
            section.endEntry()
        }
        return section.encoded()
    }

    private func encodedPostings(_ runs: [UInt32]) -> [UInt8] {
        // Pair of symbols, then series: sorted, these are the postings.
        var pairs: [(pair: UInt64, series: UInt32)] = []
        pairs.reserveCapacity(runs.count / 2)
        var start = 0
        for (number, entry) in entries.enumerated() {
            for position in stride(from: start, to: entry.symbolsEnd, by: 2) {
                pairs.append((UInt64(runs[position]) << 32 | UInt64(runs[position + 1]), UInt32(number)))
            }
            start = entry.symbolsEnd
        }
        pairs.sort { $0.pair == $1.pair ? $0.series < $1.series : $0.pair < $1.pair }
        var table = ByteWriter()
        var lists = ByteWriter()
        var count: UInt32 = 0
        table.appendLittleEndian(UInt32(0))
        start = 0
        while start < pairs.count {
            let pair = pairs[start].pair
            let end = pairs[start...].firstIndex { $0.pair != pair } ?? pairs.count
            table.appendLittleEndian(UInt32(truncatingIfNeeded: pair >> 32))
            table.appendLittleEndian(UInt32(truncatingIfNeeded: pair))
            table.appendLittleEndian(UInt32(truncatingIfNeeded: lists.count))
            table.appendLittleEndian(UInt32(end - start))
            PostingsList.append(pairs[start..<end], to: &lists)
            count += 1
            start = end
        }
        table.overwriteLittleEndian(count, at: 0)
        table.append(lists.bytes)
        return table.bytes
    }
}

/// A section with the number of its entries and where each begins and the last ends.
struct IndexSection {
    /// The entries written so far.
    var content = ByteWriter()
    private var offsets = ByteWriter()
    private var count: UInt32 = 0

    /// An empty section with room for the offsets of so many entries.
    init(capacity: Int) {
        offsets = ByteWriter(capacity: 4 * (capacity + 2))
        offsets.appendLittleEndian(count)
        offsets.appendLittleEndian(UInt32(0))
    }

    /// Ends an entry; offsets beyond 32 bits are refused by the writer of the file, which sees the length.
    mutating func endEntry() {
        count += 1
        offsets.appendLittleEndian(UInt32(truncatingIfNeeded: content.count))
    }

    /// The bytes.
    consuming func encoded() -> [UInt8] {
        offsets.overwriteLittleEndian(count, at: 0)
        offsets.append(content.bytes)
        return offsets.bytes
    }
}
