import ApusBytes

/// Why a record with a correct checksum could not be used.
enum WALRecordError: Error, Equatable {
    case malformed(ByteError)
    case unknownType(UInt8)
    case invalidLabels
    case slotOutOfRange(UInt64)

    var reason: String {
        switch self {
        case .malformed(let error): "malformed: \(error)"
        case .unknownType(let type): "record type \(type) is not one that this version knows"
        case .invalidLabels: "a label set is not well-formed"
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
}

/// The samples of one record; the memory is reused.
struct WALSamples {
    var slots: [UInt32] = []
    var generations: [UInt32] = []
    var timestamps: [Int64] = []
    var values: [UInt64] = []

    mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        generations.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

/// Takes the bodies of records apart.
struct WALRecordReader {
    private var samples = WALSamples()

    /// Gives what a body holds to `visitor`.
    mutating func read(_ body: RawSpan, _ visitor: inout some WALVisitor & ~Copyable) throws(WALRecordError) {
        var reader = ByteReader(body)
        let type: UInt8
        do throws(ByteError) { type = try reader.readByte() } catch { throw .malformed(error) }
        switch WALFormat.RecordType(rawValue: type) {
        case .series: try readSeries(&reader, &visitor)
        case .samples:
            do throws(ByteError) { try readSamples(&reader) } catch { throw .malformed(error) }
            visitor.visitSamples(samples)
        case nil: throw .unknownType(type)
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
    private mutating func readSamples(_ reader: inout ByteReader) throws(ByteError) {
        samples.removeAll()
        let timestamp = try reader.readSignedVarint()
        let hasTimestamps = try reader.readByte() & 1 != 0
        // A sample takes at least nine bytes.
        let count = try reader.readCount(limit: reader.remaining / 9)
        var slot: Int64 = 0
        var generation: UInt32 = 0
        for _ in 0..<count {
            let step = try reader.readVarint()
            if step & 1 != 0 { generation = UInt32(truncatingIfNeeded: try reader.readVarint()) }
            let zigzag = step >> 1
            slot &+= Int64(bitPattern: zigzag >> 1) ^ (0 &- Int64(bitPattern: zigzag & 1))
            samples.slots.append(UInt32(truncatingIfNeeded: slot))
            samples.generations.append(generation)
            samples.timestamps.append(hasTimestamps ? timestamp &+ (try reader.readSignedVarint()) : timestamp)
            samples.values.append(try reader.readLittleEndian(UInt64.self))
        }
    }
}
