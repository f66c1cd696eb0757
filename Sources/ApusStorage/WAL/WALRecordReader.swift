import ApusBytes
import ApusModel

/// Why a record with a correct checksum could not be used.
enum WALRecordError: Error, Equatable {
    case malformed(ByteError)
    case unknownType(UInt8)
    case invalidLabels
    case invalidHistogram(String)
    case slotOutOfRange(UInt64)

    var reason: String {
        switch self {
        case .malformed(let error): "malformed: \(error)"
        case .unknownType(let type): "record type \(type) is not one that this version knows"
        case .invalidLabels: "a label set is not well-formed"
        case .invalidHistogram(let text): "a histogram is not well-formed: \(text)"
        case .slotOutOfRange(let slot): "slot \(slot) is out of range"
        }
    }
}

/// Something that takes what records hold.
protocol WALVisitor: ~Copyable {
    /// Takes a series.
    mutating func visitSeries(slot: UInt32, generation: UInt32, labels: [UInt8]) throws(WALRecordError)
    /// Takes the samples of one record, as columns.
    mutating func visitSamples(_ samples: borrowing WALSamples)
    /// Takes one exemplar.
    mutating func visitExemplar(slot: UInt32, generation: UInt32, exemplar: StoredExemplar)
}

/// The samples of one record, all floats or all histograms; the memory is reused.
struct WALSamples {
    var slots: [UInt32] = []
    var generations: [UInt32] = []
    var timestamps: [Int64] = []
    /// The bits of the floats; those of nothing where histograms are.
    var values: [UInt64] = []
    /// Whether they were older than the newest samples of their series.
    var areLate = false
    /// The histograms, as many as samples, or empty.
    var histograms: [NativeHistogram] = []

    mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        generations.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }
}

/// Takes the bodies of records apart.
struct WALRecordReader {
    private var samples = WALSamples()
    /// Batches do not hold batches.
    private var isInBatch = false

    /// Gives what a body holds to `visitor`.
    mutating func read(_ body: RawSpan, _ visitor: inout some WALVisitor & ~Copyable) throws(WALRecordError) {
        var reader = ByteReader(body)
        let type: UInt8
        do throws(ByteError) { type = try reader.readByte() } catch { throw .malformed(error) }
        switch WALFormat.RecordType(rawValue: type) {
        case .series: try readSeries(&reader, &visitor)
        case .samples, .lateSamples:
            try readSamples(&reader, areHistograms: false)
            samples.areLate = type == WALFormat.RecordType.lateSamples.rawValue
            visitor.visitSamples(samples)
        case .packedSamples:
            try readPackedSamples(&reader)
            samples.areLate = false
            visitor.visitSamples(samples)
        case .histograms, .lateHistograms:
            try readSamples(&reader, areHistograms: true)
            samples.areLate = type == WALFormat.RecordType.lateHistograms.rawValue
            visitor.visitSamples(samples)
        case .exemplars: try readExemplars(&reader, &visitor)
        case .batch: try readBatch(&reader, &visitor)
        case nil: throw .unknownType(type)
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readBatch(
        _ reader: inout ByteReader, _ visitor: inout some WALVisitor & ~Copyable
    ) throws(WALRecordError) {
        guard !isInBatch else { throw .unknownType(WALFormat.RecordType.batch.rawValue) }
        isInBatch = true
        defer { isInBatch = false }
        while !reader.isAtEnd {
            let body: RawSpan
            do throws(ByteError) {
                let length = try reader.readLittleEndian(UInt32.self)
                body = try reader.readBytes(Int(length))
            } catch {
                throw .malformed(error)
            }
            try read(body, &visitor)
        }
    }

    @_lifetime(reader: copy reader)
    private func readSeries(
        _ reader: inout ByteReader, _ visitor: inout some WALVisitor & ~Copyable
    ) throws(WALRecordError) {
        while !reader.isAtEnd {
            let slot: UInt64
            let generation: UInt64
            let labels: [UInt8]
            do throws(ByteError) {
                slot = try reader.readVarint()
                generation = try reader.readVarint()
                labels = unsafe try reader.readLengthPrefixed().withUnsafeBytes { unsafe Array($0) }
            } catch {
                throw .malformed(error)
            }
            guard let narrowSlot = UInt32(exactly: slot), let narrowGeneration = UInt32(exactly: generation) else {
                throw .slotOutOfRange(slot)
            }
            try visitor.visitSeries(slot: narrowSlot, generation: narrowGeneration, labels: labels)
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readSamples(_ reader: inout ByteReader, areHistograms: Bool) throws(WALRecordError) {
        samples.removeAll()
        let timestamp: Int64
        let hasTimestamps: Bool
        let count: Int
        do throws(ByteError) {
            timestamp = try reader.readSignedVarint()
            hasTimestamps = try reader.readByte() & 1 != 0
            // A sample takes at least nine bytes, a histogram more.
            count = try reader.readCount(limit: reader.remaining / 9)
        } catch {
            throw .malformed(error)
        }
        var place = WALSeriesPlace()
        for _ in 0..<count {
            do throws(ByteError) {
                try place.advance(&reader)
                samples.timestamps.append(hasTimestamps ? timestamp &+ (try reader.readSignedVarint()) : timestamp)
                samples.values.append(areHistograms ? 0 : try reader.readLittleEndian(UInt64.self))
            } catch {
                throw .malformed(error)
            }
            samples.slots.append(UInt32(truncatingIfNeeded: place.slot))
            samples.generations.append(place.generation)
            if areHistograms { samples.histograms.append(try WALHistogram.read(from: &reader)) }
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readPackedSamples(_ reader: inout ByteReader) throws(WALRecordError) {
        samples.removeAll()
        do throws(ByteError) {
            let timestamp = try reader.readSignedVarint()
            let hasTimestamps = try reader.readByte() & 1 != 0
            var place = WALSeriesPlace()
            // A sample takes at least one byte.
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
                let head = try reader.readByte()
                if head & 0x10 != 0 { try place.advance(&reader) } else { place.advanceByOne() }
                samples.timestamps.append(hasTimestamps ? timestamp &+ (try reader.readSignedVarint()) : timestamp)
                let length = Int(head & 0xF)
                guard length <= 8 else { throw .lengthOutOfRange(offset: reader.offset, length: UInt64(length)) }
                var bits: UInt64 = 0
                for index in 0..<length { bits |= UInt64(try reader.readByte()) << UInt64(56 - 8 * index) }
                samples.values.append(bits)
                samples.slots.append(UInt32(truncatingIfNeeded: place.slot))
                samples.generations.append(place.generation)
            }
        } catch {
            throw .malformed(error)
        }
    }

    @_lifetime(reader: copy reader)
    private func readExemplars(
        _ reader: inout ByteReader, _ visitor: inout some WALVisitor & ~Copyable
    ) throws(WALRecordError) {
        var place = WALSeriesPlace()
        var timestamp: Int64 = 0
        do throws(ByteError) {
            // An exemplar takes at least twelve bytes.
            for _ in 0..<(try reader.readCount(limit: reader.remaining / 12)) {
                try place.advance(&reader)
                let hasOwnTime = try reader.readByte() & 1 != 0
                timestamp &+= try reader.readSignedVarint()
                let value = Double(bitPattern: try reader.readLittleEndian())
                let run = unsafe try reader.readLengthPrefixed().withUnsafeBytes { unsafe Array($0) }
                guard let labels = LabelSet(validating: run) else { continue }
                visitor.visitExemplar(
                    slot: UInt32(truncatingIfNeeded: place.slot), generation: place.generation,
                    exemplar: StoredExemplar(
                        labels: labels, value: value, timestamp: timestamp, hasOwnTime: hasOwnTime))
            }
        } catch {
            throw .malformed(error)
        }
    }
}

/// The series of a sample or exemplar, written relative to that of the one before.
struct WALSeriesPlace {
    private(set) var slot: Int64 = 0
    private(set) var generation: UInt32 = 0

    /// Reads the next.
    @inline(__always)
    @_lifetime(reader: copy reader)
    mutating func advance(_ reader: inout ByteReader) throws(ByteError) {
        let step = try reader.readVarint()
        if step & 1 != 0 { generation = UInt32(truncatingIfNeeded: try reader.readVarint()) }
        let zigzag = step >> 1
        slot &+= Int64(bitPattern: zigzag >> 1) ^ (0 &- Int64(bitPattern: zigzag & 1))
    }

    /// Whether a series is the one in the slot after, of the same generation; goes on to it if it is.
    @inline(__always)
    mutating func goOn(to next: UInt32, generation nextGeneration: UInt32) -> Bool {
        guard Int64(next) == slot &+ 1, nextGeneration == generation else { return false }
        slot &+= 1
        return true
    }

    /// Goes on to the next slot.
    @inline(__always)
    mutating func advanceByOne() { slot &+= 1 }

    /// Writes the next.
    @inline(__always)
    mutating func append(slot next: UInt32, generation nextGeneration: UInt32, to writer: inout ByteWriter) {
        let (step, newGeneration) = advance(to: next, generation: nextGeneration)
        writer.appendVarint(step)
        if let newGeneration { writer.appendVarint(UInt64(newGeneration)) }
    }

    /// Goes on to a series and gives the step to it, and its generation where that is another one.
    @inline(__always)
    mutating func advance(to next: UInt32, generation nextGeneration: UInt32) -> (step: UInt64, generation: UInt32?) {
        let step = Int64(next) &- slot
        slot = Int64(next)
        let zigzag = UInt64(bitPattern: (step &<< 1) ^ (step &>> 63))
        guard nextGeneration != generation else { return (zigzag &<< 1, nil) }
        generation = nextGeneration
        return (zigzag &<< 1 | 1, nextGeneration)
    }
}
