import ApusBytes

/// The form of the head's chunk files; `docs/formats/head.md`.
enum ChunkFormat {
    static let magic: StaticString = "APUSHCK\0"
    static let version: UInt32 = 1
    static let headerLength = NumberedHeader.length
    /// Length and checksum before a chunk's body.
    static let frameLength = 8
    /// A file does not grow beyond this.
    static let maximumFileLength = 64 << 20
    /// What a chunk takes beside its columns, at most.
    static let maximumStatementLength = 80
    /// A body is never longer: a chunk has few samples, but histograms are large.
    static let maximumBodyLength = 16 << 20

    static func name(_ number: UInt32) -> String { FileNumber.name(UInt64(number), ending: ".chunks") }

    /// The header of a file.
    static func header(number: UInt32) -> [UInt8] {
        NumberedHeader(magic: magic, version: version, number: UInt64(number)).encoded()
    }
}

/// What a chunk of a file states about itself, and where its columns lie in the file.
struct StoredChunk {
    var slot: UInt32
    var generation: UInt32
    var minimumTime: Int64
    var maximumTime: Int64
    var count: Int
    /// The chunk of the same series before this one.
    var previous: ChunkLocation
    var timestamps: Range<Int>
    var values: Range<Int>

    /// Appends a chunk with its frame.
    static func append(
        _ chunk: SealedChunk, slot: UInt32, generation: UInt32, after previous: ChunkLocation,
        to writer: inout ByteWriter
    ) {
        let start = writer.count
        writer.appendLittleEndian(UInt64(0))
        writer.appendVarint(UInt64(slot))
        writer.appendVarint(UInt64(generation))
        writer.appendVarint(previous.rawValue)
        writer.appendSignedVarint(chunk.minimumTime)
        writer.appendVarint(UInt64(bitPattern: chunk.maximumTime &- chunk.minimumTime))
        writer.appendVarint(UInt64(chunk.count))
        writer.appendVarint(UInt64(chunk.timestampLength))
        writer.append(chunk.bytes)
        let body = (start + ChunkFormat.frameLength)..<writer.count
        let checksum = CRC32C.checksum(writer.bytes.span.extracting(body))
        writer.overwriteLittleEndian(UInt32(truncatingIfNeeded: body.count), at: start)
        writer.overwriteLittleEndian(checksum, at: start + 4)
    }

    /// Reads the chunk at an offset of a file's bytes; `nil` when there is none whose checksum is right.
    init?(_ bytes: RawSpan, at offset: Int) {
        guard offset >= ChunkFormat.headerLength, offset <= bytes.byteCount - ChunkFormat.frameLength else {
            return nil
        }
        let length = Int(
            UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)))
        let stated = UInt32(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + 4, as: UInt32.self))
        let start = offset + ChunkFormat.frameLength
        guard length <= ChunkFormat.maximumBodyLength, length <= bytes.byteCount - start else { return nil }
        let body = bytes.extracting(start..<(start + length))
        guard CRC32C.checksum(body) == stated else { return nil }
        var reader = ByteReader(body)
        do throws(ByteError) {
            slot = UInt32(truncatingIfNeeded: try reader.readVarint())
            generation = UInt32(truncatingIfNeeded: try reader.readVarint())
            previous = ChunkLocation(rawValue: try reader.readVarint())
            minimumTime = try reader.readSignedVarint()
            maximumTime = minimumTime &+ Int64(bitPattern: try reader.readVarint())
            count = Int(truncatingIfNeeded: try reader.readVarint() & 0xFFFF_FFFF)
            let timestampLength = try reader.readCount(limit: reader.remaining)
            timestamps = (start + reader.offset)..<(start + reader.offset + timestampLength)
            values = timestamps.upperBound..<(start + length)
        } catch {
            return nil
        }
    }
}
