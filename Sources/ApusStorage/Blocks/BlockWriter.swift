import ApusBytes
import ApusEncoding
import ApusModel
import Glibc

/// Writes a block, series by series in the order of label sets, to a temporary folder.
struct BlockWriter {
    private struct SeriesEntry {
        /// The end of the series' symbols in `symbolRuns`.
        var symbolsEnd: Int
        /// The end of the series' encoded chunks in `chunkEntries`.
        var chunksEnd: Int
        var chunkCount: Int
    }

    private let folder: String
    private let chunkSamples: Int
    private let columns: SystemFile
    private var buffer = ByteWriter(capacity: 1 << 20)
    private var bufferOffset = BlockFormat.columnsHeaderLength
    private var encoder = ColumnEncoder()
    private var scratch = ByteWriter()
    private var symbols = SymbolTable()
    private var symbolRuns: [UInt32] = []
    private var chunkEntries = ByteWriter()
    private var entries: [SeriesEntry] = []
    /// Timestamp columns written already, and where.
    private var sharedTimestamps = SymbolTable()
    private var sharedOffsets: [Int] = []
    private(set) var header = BlockFormat.IndexHeader(minimumTime: .max, maximumTime: .min)

    /// A writer to `folder`, which must not exist.
    init(folder: String, chunkSamples: Int) throws(FileError) {
        self.folder = folder
        self.chunkSamples = min(max(1, chunkSamples), ColumnLimits.maximumCount)
        try Folder.make(folder)
        columns = try SystemFile(creating: "\(folder)/columns", isExclusive: true)
    }

    /// Adds a series; its label set comes after those of the series before, its samples ascend and are at least one.
    mutating func add(labels: Span<UInt8>, samples: borrowing SampleColumns) throws(FileError) {
        try intern(labels)
        var place = ChunkPlace()
        var chunkCount = 0
        var start = 0
        var nextHistogram = 0
        while start < samples.count {
            var end = min(samples.count, start + chunkSamples)
            let histograms = Self.histograms(of: samples, from: nextHistogram, before: &end)
            try addChunk(samples, start..<end, histograms: histograms, place: &place)
            chunkCount += 1
            start = end
            nextHistogram = histograms.upperBound
        }
        if let first = samples.timestamps.first, let last = samples.timestamps.last {
            endSeries(chunkCount: chunkCount, sampleCount: samples.count, first: first, last: last)
        }
    }

    /// Adds a series whose chunks stand in other blocks and are taken over as they are; they ascend and are at least one.
    mutating func add(labels: Span<UInt8>, copying chunks: [(block: Block, entry: ChunkEntry)]) throws {
        guard let first = chunks.first?.entry.minimumTime, let last = chunks.last?.entry.maximumTime else { return }
        try intern(labels)
        var place = ChunkPlace()
        var sampleCount = 0
        for (block, entry) in chunks {
            var copy = entry
            scratch.bytes.removeAll(keepingCapacity: true)
            try block.appendColumn(at: entry.timestampOffset, length: entry.timestampLength, to: &scratch)
            copy.timestampOffset = try writeShared()
            scratch.bytes.removeAll(keepingCapacity: true)
            try block.appendColumn(at: entry.valueOffset, length: entry.valueLength, to: &scratch)
            copy.valueOffset = try write()
            copy.append(after: &place, to: &chunkEntries)
            sampleCount += entry.count
        }
        endSeries(chunkCount: chunks.count, sampleCount: sampleCount, first: first, last: last)
    }

    private mutating func intern(_ labels: Span<UInt8>) throws(FileError) {
        var cursor = LabelCursor(labels)
        while cursor.advance() {
            guard let name = symbols.intern(cursor.name), let value = symbols.intern(cursor.value) else {
                throw FileError("index", folder, code: EFBIG)
            }
            symbolRuns.append(name.index)
            symbolRuns.append(value.index)
        }
    }

    private mutating func endSeries(chunkCount: Int, sampleCount: Int, first: Int64, last: Int64) {
        entries.append(
            SeriesEntry(symbolsEnd: symbolRuns.count, chunksEnd: chunkEntries.count, chunkCount: chunkCount))
        header.sampleCount += UInt64(sampleCount)
        header.seriesCount += 1
        header.chunkCount += UInt32(chunkCount)
        header.minimumTime = min(header.minimumTime, first)
        header.maximumTime = max(header.maximumTime, last)
    }

    /// Writes index and headers and syncs everything; the folder can then be renamed.
    ///
    /// A block that is not written straight from the head has a lineage.
    mutating func finish(identifier: String, lineage: BlockLineage? = nil) throws(FileError) {
        try flush()
        header.columnsLength = UInt64(bufferOffset)
        try columns.write(
            BlockFormat.columnsHeader(minimumTime: header.minimumTime, maximumTime: header.maximumTime).span, at: 0)
        try columns.synchronize()
        let sections = encodedSections()
        for section in sections where section.count > Int(UInt32.max) {
            throw FileError("index", folder, code: EFBIG)
        }
        header.sections = sections.map { (UInt64($0.count), CRC32C.checksum($0.span)) }
        let index = try SystemFile(creating: "\(folder)/index", isExclusive: true)
        try index.write(header.encoded().span, at: 0)
        var offset = BlockFormat.indexHeaderLength
        for section in sections {
            try index.write(section.span, at: offset)
            offset += section.count
        }
        try index.synchronize()
        let meta = try SystemFile(creating: "\(folder)/meta.json", isExclusive: true)
        try meta.write(Array(metaText(identifier).utf8).span, at: 0)
        try meta.synchronize()
        if let lineage {
            let path = "\(folder)/\(Block.lineageName)"
            try SealedFile.write(lineage.encoded(), magic: SealedFile.lineageMagic, to: path)
        }
        try Folder.synchronize(folder)
    }

    /// Gives a block without samples the time that its header must have.
    mutating func setEmptyTime(_ time: Int64) {
        header.minimumTime = time
        header.maximumTime = time
    }

    // MARK: Chunks

    /// The numbers of the histograms of a chunk that ends before `end`, which is lowered where they are too large for one chunk.
    private static func histograms(
        of samples: borrowing SampleColumns, from first: Int, before end: inout Int
    ) -> Range<Int> {
        var next = first
        var weight = 0
        while next < samples.histograms.count, samples.histograms[next].position < end {
            weight += HistogramLayout.weight(samples.histograms[next].histogram)
            if weight > ColumnLimits.maximumPopulations, next > first {
                end = samples.histograms[next].position
                break
            }
            next += 1
        }
        return first..<next
    }

    private mutating func addChunk(
        _ samples: borrowing SampleColumns, _ range: Range<Int>, histograms: Range<Int>, place: inout ChunkPlace
    ) throws(FileError) {
        let timestamps = samples.timestamps.span.extracting(range)
        let values = samples.values.span.extracting(range)
        scratch.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(timestamps, to: &scratch)
        let timestampLength = scratch.count
        let timestampOffset = try writeShared()
        scratch.bytes.removeAll(keepingCapacity: true)
        if histograms.isEmpty {
            encoder.appendValues(values, to: &scratch)
        } else {
            encoder.appendHistograms(
                samples.histograms[histograms], among: values, from: range.lowerBound, to: &scratch)
        }
        let valueOffset = try write()
        let first = timestamps[0]
        let last = timestamps[timestamps.count - 1]
        let chunk = ChunkEntry(
            minimumTime: first, maximumTime: last, count: timestamps.count, timestampOffset: timestampOffset,
            timestampLength: timestampLength, valueOffset: valueOffset, valueLength: scratch.count)
        chunk.append(after: &place, to: &chunkEntries)
    }

    /// Writes the timestamp column in `scratch`, or finds where an equal one was written.
    private mutating func writeShared() throws(FileError) -> Int {
        // Columns with much jitter never repeat: what is remembered of them is bounded.
        if sharedTimestamps.memoryBytes > 32 << 20 {
            sharedTimestamps = SymbolTable()
            sharedOffsets = []
        }
        let known = sharedTimestamps.count
        let bytes = scratch.bytes
        guard let symbol = sharedTimestamps.intern(bytes.span) else { return try write() }
        if Int(symbol.index) < known { return sharedOffsets[Int(symbol.index)] }
        let offset = try write()
        sharedOffsets.append(offset)
        return offset
    }

    /// Writes the column in `scratch` with its checksum.
    private mutating func write() throws(FileError) -> Int {
        if buffer.count >= 1 << 20 { try flush() }
        let offset = bufferOffset + buffer.count
        let bytes = scratch.bytes
        buffer.append(bytes)
        buffer.appendLittleEndian(CRC32C.checksum(bytes.span))
        return offset
    }

    private mutating func flush() throws(FileError) {
        let bytes = buffer.bytes
        try columns.write(bytes.span, at: bufferOffset)
        bufferOffset += bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }

    // MARK: Index

    private func encodedSections() -> [[UInt8]] {
        let order = (0..<UInt32(symbols.count)).sorted { a, b in
            compareBytes(symbols.text(of: Symbol(index: a)), symbols.text(of: Symbol(index: b))) < 0
        }
        var rank = [UInt32](repeating: 0, count: order.count)
        for (position, symbol) in order.enumerated() { rank[Int(symbol)] = UInt32(position) }
        let (series, postings) = encodedSeries(rank)
        return [encodedSymbols(order), series, postings]
    }

    private func encodedSymbols(_ order: [UInt32]) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendLittleEndian(UInt32(order.count))
        var offset: UInt32 = 0
        writer.appendLittleEndian(offset)
        for symbol in order {
            offset &+= UInt32(symbols.text(of: Symbol(index: symbol)).count)
            writer.appendLittleEndian(offset)
        }
        for symbol in order { writer.append(symbols.text(of: Symbol(index: symbol))) }
        return writer.bytes
    }

    private func encodedSeries(_ rank: [UInt32]) -> (series: [UInt8], postings: [UInt8]) {
        var offsets = ByteWriter()
        var texts = ByteWriter()
        // Pair of symbols, then series: sorted, these are the postings.
        var pairs: [(pair: UInt64, series: UInt32)] = []
        pairs.reserveCapacity(symbolRuns.count / 2)
        offsets.appendLittleEndian(UInt32(entries.count))
        offsets.appendLittleEndian(UInt32(0))
        var symbolsStart = 0
        var chunksStart = 0
        for (number, entry) in entries.enumerated() {
            texts.appendVarint(UInt64((entry.symbolsEnd - symbolsStart) / 2))
            for position in stride(from: symbolsStart, to: entry.symbolsEnd, by: 2) {
                let name = rank[Int(symbolRuns[position])]
                let value = rank[Int(symbolRuns[position + 1])]
                texts.appendVarint(UInt64(name))
                texts.appendVarint(UInt64(value))
                pairs.append((UInt64(name) << 32 | UInt64(value), UInt32(number)))
            }
            texts.appendVarint(UInt64(entry.chunkCount))
            texts.append(chunkEntries.bytes.span.extracting(chunksStart..<entry.chunksEnd))
            offsets.appendLittleEndian(UInt32(truncatingIfNeeded: texts.count))
            symbolsStart = entry.symbolsEnd
            chunksStart = entry.chunksEnd
        }
        pairs.sort { $0.pair == $1.pair ? $0.series < $1.series : $0.pair < $1.pair }
        offsets.append(texts.bytes)
        return (offsets.bytes, encodedPostings(pairs))
    }

    private func encodedPostings(_ pairs: [(pair: UInt64, series: UInt32)]) -> [UInt8] {
        var table = ByteWriter()
        var lists = ByteWriter()
        var count: UInt32 = 0
        table.appendLittleEndian(UInt32(0))
        var start = 0
        while start < pairs.count {
            var end = start
            let offset = UInt32(truncatingIfNeeded: lists.count)
            var previous: UInt32 = 0
            while end < pairs.count, pairs[end].pair == pairs[start].pair {
                lists.appendVarint(UInt64(pairs[end].series - previous))
                previous = pairs[end].series
                end += 1
            }
            table.appendLittleEndian(UInt32(truncatingIfNeeded: pairs[start].pair >> 32))
            table.appendLittleEndian(UInt32(truncatingIfNeeded: pairs[start].pair))
            table.appendLittleEndian(offset)
            table.appendLittleEndian(UInt32(end - start))
            count += 1
            start = end
        }
        table.overwriteLittleEndian(count, at: 0)
        table.append(lists.bytes)
        return table.bytes
    }

    private func metaText(_ identifier: String) -> String {
        """
        {
          "version": \(BlockFormat.version),
          "id": "\(identifier)",
          "minTime": \(header.minimumTime),
          "maxTime": \(header.maximumTime),
          "series": \(header.seriesCount),
          "chunks": \(header.chunkCount),
          "samples": \(header.sampleCount)
        }

        """
    }
}
