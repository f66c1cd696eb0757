import ApusBytes
import ApusModel

/// Writes a checkpoint of the head to a temporary file.
struct CheckpointWriter {
    private let path: String
    private let file: SystemFile
    private var offset = CheckpointFormat.headerLength
    private var buffer = ByteWriter(capacity: 1 << 20)
    private var recordStart = 0
    private var seriesCount = 0

    /// Begins the checkpoint with a number in `folder`.
    init(folder: String, number: UInt64) throws(FileError) {
        path = "\(folder)/\(CheckpointFormat.name(number))"
        file = try SystemFile(creating: path + ".tmp")
        try file.truncate(to: 0)
        try file.write(CheckpointFormat.header(number: number).span, at: 0)
    }

    /// Writes the texts of labels by symbol.
    mutating func add(symbolsOf labels: HeadLabels) throws(FileError) {
        for first in stride(from: 0, to: labels.symbolCount, by: CheckpointFormat.symbolsPerRecord) {
            begin(.symbols)
            buffer.appendVarint(UInt64(first))
            for symbol in first..<min(labels.symbolCount, first + CheckpointFormat.symbolsPerRecord) {
                labels.withText(of: UInt32(symbol)) { buffer.appendLengthPrefixed($0) }
            }
            try finish()
        }
    }

    /// Writes series in one record, each with the place of its newest chunk in a file.
    mutating func add(
        _ series: ArraySlice<(frozen: HeadSamples.Frozen, chain: ChunkLocation)>, tails: [UInt8], labels: HeadLabels
    ) throws(FileError) {
        guard !series.isEmpty else { return }
        begin(.series)
        buffer.appendVarint(UInt64(series.count))
        for (frozen, chain) in series {
            let entry = frozen.series
            buffer.appendVarint(UInt64(frozen.slot))
            buffer.appendVarint(UInt64(entry.generation))
            labels.appendSymbols(of: frozen.slot, to: &buffer)
            buffer.append((entry.lastTime > .min ? 1 : 0) | (entry.isHistogram ? 2 : 0))
            guard entry.lastTime > .min else { continue }
            buffer.appendSignedVarint(entry.lastTime)
            buffer.appendSignedVarint(entry.lastTime &- entry.firstTime)
            buffer.appendVarint(chain.rawValue)
            buffer.append(entry.tail.count)
            guard entry.tail.count > 0 else { continue }
            buffer.append(entry.tail.exponent)
            buffer.appendSignedVarint(Int64(entry.tail.lastDelta))
            buffer.appendLittleEndian(entry.tail.lastValue)
            buffer.appendVarint(UInt64(frozen.tail.count))
            buffer.append(tails.span.extracting(frozen.tail))
        }
        seriesCount += series.count
        try finish()
    }

    /// Writes late samples of series that the checkpoint has.
    mutating func add(_ late: LateSamples, of names: HeadIndex.Names) throws(FileError) {
        var encoded = ByteWriter()
        for (slot, entry) in late.series where names.has(slot, generation: entry.generation) {
            begin(.late)
            buffer.appendVarint(UInt64(slot))
            buffer.appendVarint(UInt64(entry.generation))
            buffer.appendVarint(UInt64(entry.samples.count))
            var previous: Int64 = 0
            for sample in entry.samples {
                buffer.appendSignedVarint(sample.time &- previous)
                previous = sample.time
                if sample.histogram == LateSamples.Sample.noHistogram {
                    buffer.append(0)
                    buffer.appendLittleEndian(sample.value.bitPattern)
                } else {
                    buffer.append(1)
                    encoded.bytes.removeAll(keepingCapacity: true)
                    WALHistogram.append(entry.histograms[Int(sample.histogram)], to: &encoded)
                    buffer.appendLengthPrefixed(encoded.bytes.span)
                }
            }
            try finish()
        }
    }

    /// Writes exemplars, the oldest first.
    mutating func add(_ exemplars: ExemplarRing) throws(FileError) {
        var records = WALRecordWriter()
        var pending: [(SeriesReference, StoredExemplar)] = []
        for index in 0..<exemplars.count {
            pending.append(exemplars.entry(index))
            guard pending.count == CheckpointFormat.exemplarsPerRecord || index == exemplars.count - 1 else { continue }
            records.reset()
            records.beginExemplars(count: pending.count)
            for (reference, exemplar) in pending {
                records.appendExemplar(slot: reference.slot, generation: reference.generation, exemplar: exemplar)
            }
            records.finish()
            buffer.append(records.bytes)
            pending.removeAll(keepingCapacity: true)
            try flushIfLarge()
        }
    }

    /// Writes which chunk files the chains lead through, and the number of the next one: numbers are never used again.
    mutating func add(_ files: ChunkFiles, nextNumber: UInt32) throws(FileError) {
        begin(.files)
        buffer.appendVarint(UInt64(nextNumber))
        let facts = files.facts
        buffer.appendVarint(UInt64(facts.count))
        for file in facts {
            buffer.appendVarint(UInt64(file.number))
            buffer.appendVarint(UInt64(file.length))
            buffer.appendVarint(UInt64(file.chunkCount))
            buffer.appendSignedVarint(file.maximumTime)
        }
        try finish()
    }

    /// Ends the checkpoint, syncs it and gives it its name.
    mutating func commit() throws(FileError) {
        begin(.end)
        buffer.appendVarint(UInt64(seriesCount))
        try finish()
        try flush()
        try file.synchronize()
        try Folder.rename(path + ".tmp", to: path)
    }

    /// Removes what was written so far.
    func abandon() {
        // What cannot be removed now is removed when the store is opened.
        do throws(FileError) { try Folder.removeFile(path + ".tmp") } catch {}
    }

    private mutating func begin(_ type: CheckpointFormat.RecordType) {
        recordStart = buffer.count
        buffer.appendLittleEndian(WALFormat.marker)
        buffer.appendLittleEndian(UInt64(0))
        buffer.append(type.rawValue)
    }

    private mutating func finish() throws(FileError) {
        WALRecordWriter.close(&buffer, from: recordStart)
        try flushIfLarge()
    }

    private mutating func flushIfLarge() throws(FileError) {
        if buffer.count >= 1 << 20 { try flush() }
    }

    private mutating func flush() throws(FileError) {
        let bytes = buffer.bytes
        try file.write(bytes.span, at: offset)
        offset += bytes.count
        buffer.bytes.removeAll(keepingCapacity: true)
    }
}
