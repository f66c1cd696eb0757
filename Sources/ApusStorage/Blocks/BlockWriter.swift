import ApusBytes
import ApusEncoding
import ApusModel
import Glibc

/// Writes a block, series by series in the order of label sets, to a temporary folder.
struct BlockWriter {
    /// What a series has in the arrays below.
    struct SeriesEntry {
        /// The end of its symbols in `symbolRuns`.
        var symbolsEnd: Int
        /// The end of its chunks in `chunks`.
        var chunksEnd: Int
        /// The place of its first column of values.
        var valuePlace: Int
    }

    /// A chunk: the number of its column of timestamps, and the length of its values.
    struct Chunk {
        var times: UInt32
        var valueLength: UInt32
    }

    /// A column of timestamps that is written.
    struct Times {
        var minimum: Int64
        var maximum: Int64
        var count: Int
        var place: Int
        var length: Int
    }

    private let folder: String
    private let chunkSamples: Int
    private var columns: ColumnGroupWriter
    private var encoder = ColumnEncoder(effort: .thorough)
    private var scratch = ByteWriter()
    private var symbols = SymbolTable()
    /// Pairs of symbols, series by series.
    private(set) var symbolRuns: [UInt32] = []
    private(set) var chunks: [Chunk] = []
    private(set) var entries: [SeriesEntry] = []
    private(set) var times: [Times] = []
    /// Columns of timestamps that are looked for in what follows, and their numbers in `times`.
    private var sharedTimestamps = SymbolTable()
    private var sharedNumbers: [UInt32] = []
    private(set) var header = BlockFormat.IndexHeader(minimumTime: .max, maximumTime: .min)

    /// A writer to `folder`, which must not exist.
    init(folder: String, form: BlockForm) throws(FileError) {
        self.folder = folder
        chunkSamples = form.chunkSamples
        try Folder.make(folder)
        columns = try ColumnGroupWriter(creating: "\(folder)/columns", form: form)
    }

    /// Adds a series; its label set comes after those of the series before, its samples ascend and are at least one.
    mutating func add(labels: Span<UInt8>, samples: borrowing SampleColumns) throws(FileError) {
        try intern(labels)
        var place: Int?
        var start = 0
        var nextHistogram = 0
        while start < samples.count {
            var end = min(samples.count, start + chunkSamples)
            let histograms = Self.histograms(of: samples, from: nextHistogram, before: &end)
            let chunk = try addChunk(samples, start..<end, histograms: histograms)
            place = place ?? chunk
            start = end
            nextHistogram = histograms.upperBound
        }
        if let place, let first = samples.timestamps.first, let last = samples.timestamps.last {
            endSeries(valuePlace: place, sampleCount: samples.count, first: first, last: last)
        }
    }

    /// Adds a series whose chunks stand in other blocks and are taken over as they are; they ascend and are at least one.
    ///
    /// - Parameter groups: what reads the blocks.
    mutating func add(
        labels: Span<UInt8>, copying copied: [(block: Block, entry: ChunkEntry)], _ groups: GroupMemory
    ) throws {
        guard let first = copied.first?.entry.minimumTime, let last = copied.last?.entry.maximumTime else { return }
        try intern(labels)
        var place: Int?
        var sampleCount = 0
        for (block, entry) in copied {
            scratch.bytes.removeAll(keepingCapacity: true)
            let timestamps = try groups.column(
                .timestamps, at: entry.timestampOffset, length: entry.timestampLength, of: block)
            scratch.append(Span<UInt8>(_bytes: timestamps))
            let number = try writeTimes(minimum: entry.minimumTime, maximum: entry.maximumTime, count: entry.count)
            scratch.bytes.removeAll(keepingCapacity: true)
            let values = try groups.column(.values, at: entry.valueOffset, length: entry.valueLength, of: block)
            scratch.append(Span<UInt8>(_bytes: values))
            let chunk = try writeValues(times: number)
            place = place ?? chunk
            sampleCount += entry.count
        }
        if let place { endSeries(valuePlace: place, sampleCount: sampleCount, first: first, last: last) }
    }

    /// Adds a series whose samples are gone; roll-ups beside the block tell of its time.
    mutating func add(rolledUp labels: Span<UInt8>, times: ClosedRange<Int64>) throws(FileError) {
        try intern(labels)
        endSeries(valuePlace: 0, sampleCount: 0, first: times.lowerBound, last: times.upperBound)
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

    private mutating func endSeries(valuePlace: Int, sampleCount: Int, first: Int64, last: Int64) {
        entries.append(
            SeriesEntry(symbolsEnd: symbolRuns.count, chunksEnd: chunks.count, valuePlace: valuePlace))
        header.sampleCount += UInt64(sampleCount)
        header.seriesCount += 1
        header.chunkCount = UInt32(clamping: chunks.count)
        header.minimumTime = min(header.minimumTime, first)
        header.maximumTime = max(header.maximumTime, last)
    }

    /// Writes index and headers and syncs everything; the folder can then be renamed.
    ///
    /// A block that is not written straight from the head has a lineage.
    mutating func finish(identifier: String, lineage: BlockLineage? = nil) throws(FileError) {
        let written = try columns.finish(
            header: BlockFormat.columnsHeader(minimumTime: header.minimumTime, maximumTime: header.maximumTime))
        header.columnsLength = UInt64(written.length)
        let sections = encodedSections(symbols) + [written.section]
        for section in sections where section.count > Int(UInt32.max) {
            throw FileError("index", folder, code: EFBIG)
        }
        header.sections = sections.map { (UInt64($0.count), CRC32C.checksum($0.span)) }
        let index = try SystemFile(creating: "\(folder)/index", isExclusive: true)
        try index.write(header.encoded().span, at: 0)
        var offset = BlockFormat.indexHeaderLength(version: header.version)
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
    static func histograms(
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

    /// Writes a chunk; gives the place of its values.
    private mutating func addChunk(
        _ samples: borrowing SampleColumns, _ range: Range<Int>, histograms: Range<Int>
    ) throws(FileError) -> Int {
        let timestamps = samples.timestamps.span.extracting(range)
        let values = samples.values.span.extracting(range)
        scratch.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(timestamps, to: &scratch)
        let number = try writeTimes(
            minimum: timestamps[0], maximum: timestamps[timestamps.count - 1], count: timestamps.count)
        scratch.bytes.removeAll(keepingCapacity: true)
        if histograms.isEmpty {
            encoder.appendValues(values, to: &scratch)
        } else {
            encoder.appendHistograms(
                samples.histograms[histograms], among: values, from: range.lowerBound, to: &scratch)
        }
        return try writeValues(times: number)
    }

    /// Writes the column of timestamps in `scratch`, or finds where an equal one was written; gives its number.
    private mutating func writeTimes(minimum: Int64, maximum: Int64, count: Int) throws(FileError) -> UInt32 {
        // Columns with much jitter never repeat: what is remembered of them is bounded.
        if sharedTimestamps.memoryBytes > 32 << 20 {
            sharedTimestamps = SymbolTable()
            sharedNumbers = []
        }
        let known = sharedTimestamps.count
        let bytes = scratch.bytes
        // A column does not say how many timestamps it has.
        scratch.appendVarint(UInt64(count))
        let key = scratch.bytes
        let symbol = sharedTimestamps.intern(key.span)
        if let symbol, Int(symbol.index) < known { return sharedNumbers[Int(symbol.index)] }
        let place = try columns.append(timestamps: bytes)
        let number = UInt32(truncatingIfNeeded: times.count)
        times.append(Times(minimum: minimum, maximum: maximum, count: count, place: place, length: bytes.count))
        if symbol != nil { sharedNumbers.append(number) }
        return number
    }

    /// Writes the column of values in `scratch`; gives its place.
    private mutating func writeValues(times number: UInt32) throws(FileError) -> Int {
        let bytes = scratch.bytes
        chunks.append(Chunk(times: number, valueLength: UInt32(truncatingIfNeeded: bytes.count)))
        return try columns.append(values: bytes)
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
