import ApusBytes
import ApusModel

/// Builds the records of one write to the log; keeps its memory from write to write.
struct WALRecordWriter {
    private(set) var writer = ByteWriter(capacity: 1 << 16)
    private var recordStart = 0
    /// Where the batch begins that the records are part of.
    private var batchStart: Int?
    private var place = WALSeriesPlace()
    private var previousTimestamp: Int64 = 0

    /// What was built so far.
    var bytes: [UInt8] { writer.bytes }

    /// Forgets what was built; memory beyond a megabyte is given back.
    mutating func reset() {
        writer.bytes.removeAll(keepingCapacity: writer.bytes.capacity <= 1 << 20)
        batchStart = nil
    }

    /// Begins a record that holds those begun after it, so that all of them or none are read.
    mutating func beginBatch() {
        begin(.batch)
        batchStart = recordStart
    }

    /// Ends the record that `beginBatch` began, if any.
    mutating func finishBatch() {
        guard let start = batchStart else { return }
        batchStart = nil
        recordStart = start
        finish()
    }

    /// Begins a record of samples, floats or histograms, with a common time, or with one relative to it per sample.
    mutating func beginSamples(
        _ type: WALFormat.RecordType = .samples, timestamp: Int64, count: Int, hasTimestamps: Bool
    ) {
        begin(type)
        writer.appendSignedVarint(timestamp)
        writer.append(hasTimestamps ? 1 : 0)
        writer.appendVarint(UInt64(count))
        place = WALSeriesPlace()
    }

    /// Appends one sample; `offset` is its time after the common one, `nil` when the record has only that.
    @inline(__always)
    mutating func appendSample(slot: UInt32, generation: UInt32, offset: Int64?, value: UInt64) {
        place.append(slot: slot, generation: generation, to: &writer)
        if let offset { writer.appendSignedVarint(offset) }
        writer.appendLittleEndian(value)
    }

    /// Appends one float of a record of packed ones; `offset` is its time after the common one, `nil` when the record has only that.
    @inline(__always)
    mutating func appendPacked(slot: UInt32, generation: UInt32, offset: Int64?, value: UInt64) {
        // Whole numbers and short fractions end in zeros.
        let length = 8 &- value.trailingZeroBitCount / 8
        let head = UInt8(truncatingIfNeeded: length)
        let isNext = place.goOn(to: slot, generation: generation)
        // Room for all of it is made once: the most are 1 + 5 + 5 + 10 + 8 bytes.
        writer.bytes.append(addingCapacity: 32) { output in
            output.append(isNext ? head : head | 0x10)
            if !isNext {
                let (step, newGeneration) = place.advance(to: slot, generation: generation)
                output.appendVarint(step)
                if let newGeneration { output.appendVarint(UInt64(newGeneration)) }
            }
            if let offset { output.appendVarint(UInt64(bitPattern: (offset &<< 1) ^ (offset &>> 63))) }
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                // There is room for all eight; the next to be appended overwrites what is beyond the length.
                unsafe UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: value.bigEndian, toByteOffset: initialized, as: UInt64.self)
                initialized &+= length
            }
        }
    }

    /// Appends one histogram, encoded by `WALHistogram`.
    mutating func appendHistogram(slot: UInt32, generation: UInt32, offset: Int64?, encoded: Span<UInt8>) {
        place.append(slot: slot, generation: generation, to: &writer)
        if let offset { writer.appendSignedVarint(offset) }
        writer.append(encoded)
    }

    /// Begins a record of exemplars.
    mutating func beginExemplars(count: Int) {
        begin(.exemplars)
        writer.appendVarint(UInt64(count))
        place = WALSeriesPlace()
        previousTimestamp = 0
    }

    /// Appends one exemplar.
    mutating func appendExemplar(slot: UInt32, generation: UInt32, exemplar: borrowing StoredExemplar) {
        place.append(slot: slot, generation: generation, to: &writer)
        writer.append(exemplar.hasOwnTime ? 1 : 0)
        writer.appendSignedVarint(exemplar.timestamp &- previousTimestamp)
        previousTimestamp = exemplar.timestamp
        writer.appendLittleEndian(exemplar.value.bitPattern)
        writer.appendLengthPrefixed(exemplar.labels.run.span)
    }

    /// Appends one new series, in a record begun when needed.
    mutating func appendSeries(slot: UInt32, generation: UInt32, labels: Span<UInt8>) {
        if recordStart == 0, writer.count == 0 {
            begin(.series)
        } else if writer.count - recordStart > WALFormat.seriesBodyLength {
            finish()
            begin(.series)
        }
        writer.appendVarint(UInt64(slot))
        writer.appendVarint(UInt64(generation))
        writer.appendLengthPrefixed(labels)
    }

    /// Fills in the length and checksum of the record that was begun last.
    mutating func finish() {
        let start = recordStart
        recordStart = 0
        if let batch = batchStart {
            writer.overwriteLittleEndian(UInt32(writer.count - start - WALFormat.partHeaderLength), at: start)
            // A batch that large is read in several pieces, or not at all.
            if writer.count - batch > WALFormat.batchBodyLength {
                finishBatch()
                beginBatch()
            }
            return
        }
        Self.close(&writer, from: start)
    }

    /// Fills in the length and the checksum, which is of both length and body, of the record from a position to the end.
    static func close(_ writer: inout ByteWriter, from start: Int) {
        let length = UInt32(truncatingIfNeeded: writer.count - start - WALFormat.recordHeaderLength)
        writer.overwriteLittleEndian(length, at: start + 4)
        let checksum = checksum(writer.bytes.span.extracting(start..<writer.count))
        writer.overwriteLittleEndian(checksum, at: start + 8)
    }

    private static func checksum(_ record: Span<UInt8>) -> UInt32 {
        let length = CRC32C.checksum(record.extracting(4..<8))
        return CRC32C.checksum(record.extracting(WALFormat.recordHeaderLength..<record.count), continuing: length)
    }

    private mutating func begin(_ type: WALFormat.RecordType) {
        recordStart = writer.count
        if batchStart == nil {
            writer.appendLittleEndian(WALFormat.marker)
            writer.appendLittleEndian(UInt64(0))
        } else {
            writer.appendLittleEndian(UInt32(0))
        }
        writer.append(type.rawValue)
    }
}
