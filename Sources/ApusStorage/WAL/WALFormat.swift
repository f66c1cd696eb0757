import ApusBytes

/// The constants of the log's files; the form is `docs/formats/wal.md`.
enum WALFormat {
    static let magic: StaticString = "APUSWAL\0"
    static let version: UInt32 = 1
    static let headerLength = 24
    static let marker: UInt32 = 0x52A9_5741
    /// Marker, length and checksum.
    static let recordHeaderLength = 12
    static let maximumBodyLength = 1 << 28
    /// So many samples at their longest stay below the greatest length of a body.
    static let maximumSamplesPerRecord = 4_000_000
    /// So many histograms at their longest stay below it.
    static let maximumHistogramsPerRecord = 128
    /// So many exemplars at their longest stay below it.
    static let maximumExemplarsPerRecord = 100_000
    /// The length before each part of a batch.
    static let partHeaderLength = 4
    /// Batches are split here: one more part fits the greatest length of a body.
    static let batchBodyLength = 1 << 24
    /// Series records are split here, so that readers need little memory.
    static let seriesBodyLength = 1 << 20

    /// The first byte of a record's body.
    enum RecordType: UInt8 {
        case series = 1
        case samples = 2
        case histograms = 3
        case exemplars = 4
        case batch = 5
    }

    /// The header of a segment or checkpoint.
    static func header(number: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: headerLength)
        writer.append(magic)
        writer.appendLittleEndian(version)
        writer.appendLittleEndian(number)
        let bytes = writer.bytes
        writer.appendLittleEndian(CRC32C.checksum(bytes.span))
        return writer.bytes
    }

    /// The version that a header states, or `nil` when the header is damaged.
    static func version(ofHeader bytes: RawSpan) -> UInt32? {
        guard bytes.byteCount >= headerLength else { return nil }
        let stated = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 20, as: UInt32.self)
        guard CRC32C.checksum(bytes.extracting(0..<20)) == UInt32(littleEndian: stated) else { return nil }
        let isOurs = unsafe bytes.extracting(0..<8).withUnsafeBytes { unsafe $0.elementsEqual(magicBytes) }
        guard isOurs else { return nil }
        return UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 8, as: UInt32.self))
    }

    static func segmentName(_ number: UInt64) -> String { padded(number) + ".segment" }
    static func checkpointName(_ number: UInt64) -> String { padded(number) + ".checkpoint" }

    /// The number in a file's name, when it ends in `ending`.
    static func number(of name: String, ending: String) -> UInt64? {
        name.hasSuffix(ending) ? UInt64(name.dropLast(ending.utf8.count)) : nil
    }

    private static let magicBytes: [UInt8] = Array("APUSWAL\0".utf8)

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
    }
}
